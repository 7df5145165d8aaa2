"""Answers as results count them, against the same rule in plain Python, and one step at a time."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import AttributeChange, ExchangeRate, Plan, Product, Workspace
from metrics.surveys import scales
from metrics.surveys.models import (
    Answer,
    CountedAnswer,
    Invitation,
    Question,
    Response,
    Span,
    Survey,
    SurveyCount,
    Theme,
    ThemeFigure,
    Wave,
)
from metrics.surveys.queries import results
from metrics.surveys.queries.choices import question_results
from metrics.surveys.queries.lists import progress, wave_rows
from metrics.surveys.queries.results import Source
from metrics.surveys.rollup import UNFOLDED, has_work, roll_up_results
from tests.surveys.answers import NOW, a_contact, a_survey, an_account, answer, day

NPS = Source.all(scales.NPS)


def rolled_up() -> None:
    while roll_up_results(NOW):
        pass


def counts(source: Source, **period: Any) -> dict[int, int]:
    return dict(results.tally(source, **period).counts)


def test_a_period_counts_each_contact_once_with_the_latest_answer(scoped: Workspace) -> None:
    survey, account = a_survey(), an_account("acme")
    anna, ben = a_contact(account, "anna"), a_contact(account, "ben")
    answer(survey, 3, contact=anna, at=day("2026-01-05"))
    answer(survey, 9, contact=anna, at=day("2026-01-20"))
    answer(survey, 10, contact=anna, at=day("2026-02-02"))
    answer(survey, 7, contact=ben, at=day("2026-01-09"))
    answer(survey, 0, at=day("2026-01-09"))
    answer(survey, 0, at=day("2026-01-10"))
    rolled_up()
    mine = Source(survey.pk, scales.NPS)
    january = dt.date(2026, 1, 1)
    assert counts(mine, span=Span.MONTH, starts_on=january) == {9: 1, 7: 1, 0: 2}
    assert counts(mine, span=Span.MONTH, starts_on=dt.date(2026, 2, 1)) == {10: 1}
    # the last quarter of a fiscal year that begins in April
    assert counts(mine, span=Span.QUARTER, starts_on=january) == {10: 1, 7: 1, 0: 2}
    assert counts(mine, span=Span.YEAR, starts_on=dt.date(2025, 4, 1)) == {10: 1, 7: 1, 0: 2}
    assert counts(mine) == {10: 1, 7: 1, 0: 2}


def test_the_day_is_the_workspaces(scoped: Workspace) -> None:
    survey = a_survey()
    answer(survey, 9, at=dt.datetime(2026, 1, 31, 16, tzinfo=dt.UTC))
    rolled_up()
    assert counts(NPS, span=Span.MONTH, starts_on=dt.date(2026, 2, 1)) == {9: 1}


def test_all_surveys_of_a_kind_count_a_person_once(scoped: Workspace) -> None:
    first, second, other = a_survey(), a_survey(), a_survey("csat")
    anna = a_contact(an_account("acme"), "anna")
    answer(first, 2, contact=anna, at=day("2026-01-05"))
    answer(second, 9, contact=anna, at=day("2026-01-06"))
    answer(other, 1, contact=anna, at=day("2026-01-07"))
    rolled_up()
    assert counts(Source(first.pk, scales.NPS)) == {2: 1}
    assert counts(NPS) == {9: 1}
    assert counts(Source.all(scales.CSAT)) == {1: 1}
    assert [scale.kind for scale in results.scales_in_use()] == ["nps", "csat"]


def test_the_two_scales_of_effort_are_kept_apart(scoped: Workspace) -> None:
    five, seven = a_survey("ces"), a_survey("ces", ces_scale=7)
    answer(five, 1)
    answer(seven, 7)
    rolled_up()
    assert counts(Source.all(scales.CES5)) == {1: 1}
    assert counts(Source.all(scales.CES7)) == {7: 1}


def test_suspected_robots_count_nowhere_and_an_answer_set_free_counts(scoped: Workspace) -> None:
    survey = a_survey()
    robot = answer(survey, 0, is_suspected_robot=True, comment="buy now")
    rolled_up()
    assert counts(NPS) == {}
    assert results.suspected_robots(survey) == 1
    Response.objects.filter(pk=robot.pk).update(is_suspected_robot=False)
    mark(robot)
    assert counts(NPS) == {0: 1}
    Response.objects.filter(pk=robot.pk).update(is_suspected_robot=True)
    mark(robot)
    assert counts(NPS) == {}
    assert not CountedAnswer.objects.exists()


def mark(response: Response) -> None:
    from metrics.surveys.actions.marks import mark_results

    mark_results([response.pk])
    assert has_work()
    rolled_up()
    assert not has_work()


def test_a_changed_answer_moves_and_does_not_add(scoped: Workspace) -> None:
    survey = a_survey()
    found = answer(survey, 3, comment="Slow")
    rolled_up()
    Response.objects.filter(pk=found.pk).update(score=8, comment="")
    mark(found)
    assert counts(NPS) == {8: 1}
    assert CountedAnswer.objects.get().search_text == ""


def test_an_answer_that_gets_its_contact_joins_that_persons_others(scoped: Workspace) -> None:
    survey, anna = a_survey(), a_contact(an_account("acme"), "anna")
    answer(survey, 4, contact=anna, at=day("2026-01-05"))
    nobody = answer(survey, 10, at=day("2026-01-06"), respondent="ff")
    rolled_up()
    assert counts(NPS) == {4: 1, 10: 1}
    Response.objects.filter(pk=nobody.pk).update(contact=anna)
    mark(nobody)
    assert counts(NPS) == {10: 1}


def test_a_browser_is_one_person_and_answers_without_grade_hide_none(scoped: Workspace) -> None:
    survey = a_survey()
    answer(survey, 2, respondent="ff", at=day("2026-01-05"))
    answer(survey, 9, respondent="ff", at=day("2026-01-06"))
    answer(survey, None, respondent="ff", at=day("2026-01-07"), comment="Only words")
    rolled_up()
    assert counts(NPS) == {9: 1}
    hearing = a_survey("hearing")
    answer(hearing, None)
    answer(hearing, None)
    rolled_up()
    assert results.hearing_count(hearing) == 2


def test_cuts_use_the_attributes_at_the_answer(scoped: Workspace, cast: Any) -> None:
    survey = a_survey()
    account = an_account("acme", segment="enterprise", owner=cast["csm"])
    anna = a_contact(account, "anna")
    for attribute, old, new, when in (
        ("segment", "", "small", day("2025-06-01")),
        ("segment", "small", "enterprise", day("2026-02-01")),
    ):
        AttributeChange.objects.create(
            account=account, attribute=attribute, old_value=old, new_value=new,
            happened_at=when, known_at=when,
        )  # fmt: skip
    answer(survey, 3, contact=anna, at=day("2026-01-05"), touchpoint="onboarding", channel="mail")
    answer(survey, 9, contact=anna, at=day("2026-02-05"))
    answer(survey, 5, contact=a_contact(account, "ben"), at=day("2024-01-05"))
    rolled_up()
    january = {"span": Span.MONTH, "starts_on": dt.date(2026, 1, 1)}

    def by(dimension: str, **period: Any) -> dict[str, dict[int, int]]:
        return {p.value: dict(p.tally.counts) for p in results.cut(NPS, dimension, **period)}

    assert by("segment", **january) == {"small": {3: 1}}
    assert by("segment") == {"enterprise": {9: 1}, "small": {5: 1}}
    assert by("touchpoint", **january) == {"onboarding": {3: 1}}
    assert by("channel", **january) == {"mail": {3: 1}}
    assert by("owner") == {str(cast["csm"].pk): {9: 1, 5: 1}}
    names = results.value_names("owner", list(by("owner")))
    assert names == {str(cast["csm"].pk): str(cast["csm"].user)}
    with pytest.raises(ValueError, match="cut by"):
        results.cut(NPS, "shoe size")


def test_a_trend_has_its_gaps_and_their_intervals(scoped: Workspace) -> None:
    survey = a_survey()
    for score, when in ((9, "2025-11-03"), (2, "2026-01-03"), (10, "2026-01-04")):
        answer(survey, score, at=day(when))
    rolled_up()
    found = results.trend(NPS, Span.MONTH)
    months = [period.starts_on.isoformat() for period in found]
    assert months == ["2025-11-01", "2025-12-01", "2026-01-01"]
    assert [period.tally.n for period in found] == [1, 0, 2]
    first, empty, last = (period.tally.figure for period in found)
    assert first is not None
    assert (first.value, empty) == (100, None)
    assert last is not None
    assert last.low < last.value == 0 < last.high


def test_the_response_rate_is_answers_of_delivered(scoped: Workspace) -> None:
    survey, account = a_survey(), an_account("acme")
    for number, (state, sent, answered) in enumerate(
        [("answered", True, True), ("sent", True, False), ("bounced", True, False),
         ("queued", False, False), ("suppressed", False, False), ("expired", True, False)]
    ):  # fmt: skip
        Invitation.objects.create(
            survey=survey, contact=a_contact(account, f"c{number}"), account=account,
            language="en", state=state, created_at=NOW, due_at=NOW, expires_at=NOW,
            sent_at=day("2026-02-10") if sent else None,
            answered_at=day("2026-03-01") if answered else None,
        )  # fmt: skip
    found = results.deliveries([survey.pk])
    assert (found.delivered, found.answered) == (3, 1)
    assert found.rate is not None
    assert found.rate.value == pytest.approx(1 / 3)
    assert results.deliveries([survey.pk], since=dt.date(2026, 3, 1)).rate is None


def asks(survey: Survey, kind: str, key: str, *options: str) -> Question:
    return Question.objects.create(
        survey=survey, key=key, position=9, kind=kind, text_en=key,
        options=[{"key": option, "en": option.title(), "ja": ""} for option in options],
    )  # fmt: skip


def shares(survey: Survey, **period: Any) -> dict[str, dict[str, int]]:
    return {
        result.question.key: {"": result.n} | {c.label: c.n for c in result.choices if c.n}
        for result in question_results(survey, "en", **period)
    }


def test_choices_and_ratings_are_counted_by_question_once_per_person(scoped: Workspace) -> None:
    survey = a_survey("hearing")
    why = asks(survey, "single", "why", "price", "speed")
    used = asks(survey, "multiple", "used", "app", "api", "mail")
    value, silent = asks(survey, "rating", "value"), asks(survey, "single", "silent", "yes")
    anna = a_contact(an_account("acme"), "anna")
    first = answer(survey, None, contact=anna, at=day("2026-01-05"))
    Answer.objects.create(response=first, question=why, choices=["price"])
    Answer.objects.create(response=first, question=used, choices=["app", "api"])
    second = answer(survey, None, contact=anna, at=day("2026-02-05"))
    Answer.objects.create(response=second, question=why, choices=["speed"])
    Answer.objects.create(response=second, question=value, number=4)
    other = answer(survey, None, at=day("2026-02-06"))
    Answer.objects.create(response=other, question=used, choices=["api"])
    Answer.objects.create(response=other, question=value, number=1)
    rolled_up()
    now = {"why": {"": 1, "Speed": 1}, "used": {"": 1, "Api": 1},
           "value": {"": 2, "1": 1, "4": 1}, "silent": {"": 0}}  # fmt: skip
    assert shares(survey) == now
    assert shares(survey, span=Span.MONTH, starts_on=dt.date(2026, 1, 1)) == {
        "why": {"": 1, "Price": 1}, "used": {"": 1, "App": 1, "Api": 1}, "value": {"": 0},
        "silent": {"": 0},
    }  # fmt: skip
    found = {result.question.key: result for result in question_results(survey, "en")}
    assert found["value"].mean is not None
    assert found["value"].mean.value == 2.5
    (price, speed) = found["why"].choices
    assert (price.n, price.share.value, speed.share.value) == (0, 0, 1)
    assert price.share.high > 0
    assert found["silent"].choices[0].share is None
    # what was chosen is taken back with the answer it was given in
    Answer.objects.filter(response=other).delete()
    Answer.objects.create(response=other, question=why, choices=["price"])
    mark(other)
    assert shares(survey) == {
        "why": {"": 2, "Price": 1, "Speed": 1}, "used": {"": 0}, "value": {"": 1, "4": 1},
        "silent": {"": 0},
    }  # fmt: skip
    assert silent.pk in {result.question.pk for result in question_results(survey, "ja")}


def letters(survey: Survey) -> dict[str, int]:
    found = progress([survey])[survey.pk]
    names = ("invited", "waiting", "delivered", "bounced", "suppressed", "answered", "responses")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def test_letters_are_counted_as_they_change_whoever_changes_them(scoped: Workspace) -> None:
    survey, account = a_survey(), an_account("acme")
    wave = Wave.objects.create(survey=survey, number=1, started_at=NOW, built_at=NOW)
    people = [a_contact(account, f"c{n}") for n in range(4)]
    Invitation.objects.bulk_create(
        Invitation(
            survey=survey, wave=wave, contact=contact, account=account, language="en",
            created_at=NOW, due_at=NOW, expires_at=NOW,
        )
        for contact in people
    )  # fmt: skip
    assert letters(survey) == {"invited": 4, "waiting": 4}
    Invitation.objects.update(state="sent", sent_at=day("2026-02-10"))
    assert letters(survey) == {"invited": 4, "delivered": 4}
    one, two, three, _four = Invitation.objects.order_by("id")
    Invitation.objects.filter(pk=one.pk).update(state="bounced")
    Invitation.objects.filter(pk=two.pk).update(state="answered", answered_at=NOW)
    Invitation.objects.filter(pk=three.pk).delete()
    # nothing that counts has changed
    Invitation.objects.filter(pk=two.pk).update(reminders_sent=1)
    counted = {"invited": 3, "delivered": 2, "bounced": 1, "answered": 1}
    assert letters(survey) == counted
    (row,) = wave_rows(survey)
    assert (row.progress.invited, row.progress.answered) == (3, 1)
    february = results.deliveries([survey.pk], since=dt.date(2026, 2, 1), until=dt.date(2026, 3, 1))
    assert (february.delivered, february.answered) == (2, 1)
    answer(survey, 9)
    answer(survey, 9, is_suspected_robot=True)
    rolled_up()
    assert letters(survey) == {**counted, "responses": 1}
    assert progress([survey])[survey.pk].last_answer_at == NOW


def test_counts_are_folded_into_one_row_each(scoped: Workspace) -> None:
    survey, account = a_survey(), an_account("acme")
    for number in range(UNFOLDED + 1):
        Invitation.objects.create(
            survey=survey, contact=a_contact(account, f"c{number}"), account=account,
            language="en", created_at=NOW, due_at=NOW, expires_at=NOW,
        )  # fmt: skip
    before = letters(survey)
    assert before == {"invited": UNFOLDED + 1, "waiting": UNFOLDED + 1}
    assert has_work()
    rolled_up()
    assert not has_work()
    assert letters(survey) == before
    assert SurveyCount.objects.count() == 1


def test_another_calendar_has_everything_counted_again(scoped: Workspace) -> None:
    survey, account = a_survey(), an_account("acme")
    late = dt.datetime(2026, 1, 31, 16, tzinfo=dt.UTC)
    anna = a_contact(account, "anna")
    answer(survey, 9, contact=anna, at=late, comment="slow")
    answer(survey, 2, contact=anna, at=day("2026-02-03"))
    theme = Theme.objects.create(name="Speed", factor="hygiene", keywords=["slow"], created_at=NOW)
    Invitation.objects.create(
        survey=survey, contact=anna, account=account, language="en", state="sent", sent_at=late,
        created_at=NOW, due_at=NOW, expires_at=NOW,
    )  # fmt: skip
    rolled_up()
    january, february = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    assert counts(NPS, span=Span.MONTH, starts_on=february) == {2: 1}
    assert counts(NPS, span=Span.YEAR, starts_on=dt.date(2025, 4, 1)) == {2: 1}
    assert not has_work()
    Workspace.objects.filter(pk=scoped.pk).update(
        timezone="Europe/London", fiscal_year_start_month=2
    )
    assert has_work()
    # counted in two turns, with an answer changed between them
    roll_up_results(NOW, at_once=1)
    Response.objects.filter(happened_at=late).update(score=8)
    mark(Response.objects.get(happened_at=late))
    assert counts(NPS, span=Span.MONTH, starts_on=january) == {8: 1}
    assert counts(NPS, span=Span.MONTH, starts_on=february) == {2: 1}
    assert counts(NPS, span=Span.YEAR, starts_on=dt.date(2025, 2, 1)) == {8: 1}
    assert counts(NPS, span=Span.YEAR, starts_on=february) == {2: 1}
    assert counts(NPS, span=Span.YEAR, starts_on=dt.date(2025, 4, 1)) == {}
    assert counts(NPS) == {2: 1}
    assert letters(survey) == {"invited": 1, "delivered": 1, "responses": 2}
    assert results.deliveries([survey.pk], since=january, until=february).delivered == 1
    figures = ThemeFigure.objects.filter(theme=theme, comments__gt=0)
    assert [(figure.month, figure.comments) for figure in figures] == [(january, 1)]


def test_the_dearest_plan_is_found_at_the_rates_of_the_day(scoped: Workspace, cast: Any) -> None:
    """25,000 yen are more than 200 dollars until a dollar is worth 150 of them."""
    account, product = an_account("acme"), Product.objects.create(code="suite", name="Suite")
    plans = {code: Plan.objects.create(product=product, code=code, name=code) for code in "jd"}
    for code, currency, price in (("j", "JPY", 25_000), ("d", "USD", 200)):
        start_subscription(
            actor=Actor.of(cast["admin"]), now=NOW, account=account, external_id=code,
            product=product, plan=plans[code], starts_on=dt.date(2025, 1, 1), term_months=36,
            seats=1, unit_price=Decimal(price), currency=currency,
        )  # fmt: skip
    for since, rate in ((dt.date(2025, 1, 1), 110), (dt.date(2026, 1, 1), 150)):
        ExchangeRate.objects.create(currency="USD", valid_from=since, rate=rate)
    survey = a_survey()
    answer(survey, 1, contact=a_contact(account, "anna"), at=day("2025-12-31"))
    answer(survey, 2, contact=a_contact(account, "ben"), at=day("2026-01-01"))
    rolled_up()
    assert {part.value: dict(part.tally.counts) for part in results.cut(NPS, "plan")} == {
        str(plans["j"].pk): {1: 1}, str(plans["d"].pk): {2: 1},
    }  # fmt: skip
