"""Whom a wave asks, and when."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection

from accounts.actions.budget import update_budget
from accounts.actors import Actor
from accounts.models import Contact, ContactReservation, OutgoingMail, Workspace
from cs_platform.core.errors import DomainError
from metrics.surveys.actions import sending
from metrics.surveys.actions.response_upserts import upsert_responses
from metrics.surveys.actions.surveys import (
    close_survey,
    create_survey,
    delete_draft,
    pause_survey,
    publish_survey,
    resume_survey,
    update_survey,
)
from metrics.surveys.actions.waves import build_wave, start_due_waves, start_wave
from metrics.surveys.audience import Audience
from metrics.surveys.models import Invitation, Response, Survey, Wave
from metrics.surveys.queries.audience import preview
from tests.surveys.people import NOW, SYSTEM, make_account, make_contact, make_survey

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.usefixtures("scoped")


def _run_wave(survey: Survey, now: dt.datetime = NOW, chunk: int = 3) -> Wave:
    (wave,) = start_due_waves(now=now)
    while build_wave(now=now, wave=wave, chunk=chunk):
        pass
    wave.refresh_from_db()
    assert wave.survey_id == survey.pk
    return wave


def _people(count: int) -> list[Contact]:
    return [make_contact() for _n in range(count)]


def test_everybody_reachable_is_asked_once_in_however_many_chunks() -> None:
    people = _people(7)
    wave = _run_wave(make_survey())
    assert wave.number == 1
    assert (wave.population, wave.audience_size, wave.excluded) == (7, 7, {})
    assert Counter(Invitation.objects.values_list("contact_id", flat=True)) == Counter(
        person.pk for person in people
    )
    assert not build_wave(now=NOW, wave=wave)
    assert Invitation.objects.count() == 7


def test_reasons_to_leave_people_out_are_counted_and_previewed_alike() -> None:
    make_contact(email="")
    make_contact(left_on=dt.date(2026, 3, 1))
    make_contact(consent="refused")
    make_contact(email="Twice@customer.example")
    make_contact(email="twice@Customer.example")
    recent = make_contact()
    ContactReservation.objects.create(
        contact=recent,
        account=recent.account,
        address=recent.email,
        kind="playbook",
        topic="elsewhere",
        at=NOW - 3 * DAY,
        made_at=NOW,
    )
    full = make_account()
    update_budget(actor=SYSTEM, now=NOW, days_between=14, account_most=2)
    for _n in range(3):
        make_contact(full)
    survey = make_survey()
    # refused at another account, in another spelling
    make_contact(email="No@customer.example", consent="refused")
    make_contact(email="no@customer.example")
    expected = {
        "no_address": 1,
        "left": 1,
        "refused": 3,
        "same_person": 1,
        "too_soon": 1,
        "account_full": 1,
    }
    seen = preview(survey, now=NOW)
    assert seen.reasons == expected
    assert (seen.population, seen.invited) == (11, 3)
    assert {group.reason: len(group.examples) for group in seen.excluded} == expected
    wave = _run_wave(survey)
    assert wave.excluded == expected
    assert (wave.population, wave.audience_size) == (11, 3)
    assert {person.pk for person in seen.invited_examples} == set(
        Invitation.objects.values_list("contact_id", flat=True)
    )


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        ({}, {"a", "b", "c", "d"}),
        ({"segments": ["enterprise"]}, {"a", "b"}),
        ({"segments": ["enterprise", "startup"], "stages": ["value"]}, {"b", "d"}),
        ({"roles": ["champion"]}, {"a", "c"}),
        ({"roles": ["champion", "decision_maker"]}, {"a", "b", "c"}),
        ({"tiers": ["gold"]}, {"c"}),
    ],
)
def test_filters(audience: dict[str, list[str]], names: set[str]) -> None:
    big, small = ({"segment": "enterprise"}, {"segment": "startup"})
    make_contact(make_account(**big, stage="adoption"), name="a", is_champion=True)
    make_contact(make_account(**big, stage="value"), name="b", is_decision_maker=True)
    make_contact(make_account(**small, stage="adoption", tier="gold"), name="c", is_champion=True)
    make_contact(make_account(**small, stage="value"), name="d")
    survey = make_survey(audience=audience)
    assert {person.name for person in preview(survey, now=NOW).invited_examples} == names
    _run_wave(survey)
    assert set(Invitation.objects.values_list("contact__name", flat=True)) == names


def test_a_sample_is_the_same_for_its_seed_and_another_for_another_wave() -> None:
    _people(60)
    survey = make_survey(audience={"sample_size": 20, "seed": 5}, recurrence_months=1)
    assert preview(survey, now=NOW).invited == 20
    assert preview(survey, now=NOW).reasons == {"not_sampled": 40}
    first = {p.pk for p in preview(survey, now=NOW).invited_examples}
    wave = _run_wave(survey, chunk=7)
    asked = set(wave.invitations.values_list("contact_id", flat=True))
    assert (wave.audience_size, wave.excluded) == (20, {"not_sampled": 40})
    assert first < asked
    update_budget(actor=SYSTEM, now=NOW, days_between=0, account_most=None)
    later = _run_wave(survey, NOW + 40 * DAY)
    again = set(later.invitations.values_list("contact_id", flat=True))
    assert len(again) == 20
    assert again != asked


def test_a_share_holds_the_smaller_share() -> None:
    ids = range(1, 2001)
    draws = {pk: Audience.draw("3:1", pk) for pk in ids}
    smaller = {pk for pk in ids if draws[pk] <= Audience.draw("3:1", 7)}
    larger = {pk for pk in ids if draws[pk] <= Audience.draw("3:1", 7) * 2}
    assert smaller <= larger
    people = _people(200)
    survey = make_survey(audience={"sample_share": 0.25})
    invited = preview(survey, now=NOW).invited
    assert 30 <= invited <= 70
    assert _run_wave(survey, chunk=50).audience_size == invited
    assert len(people) == 200


def test_letters_wait_for_the_hours_of_the_person() -> None:
    tokyo = make_contact(make_account(country="JP"))
    berlin = make_contact(make_account(country="DE"))
    own = make_contact(make_account(country="JP"), timezone="America/New_York")
    nowhere = make_contact(make_account())
    _run_wave(make_survey())
    due = dict(Invitation.objects.values_list("contact_id", "due_at"))
    assert due[tokyo.pk] == due[nowhere.pk] == NOW  # 10:00 in Tokyo, the workspace's zone
    assert due[berlin.pk] == dt.datetime(2026, 3, 4, 8, 0, tzinfo=dt.UTC)  # 9:00 in Berlin
    assert due[own.pk] == dt.datetime(2026, 3, 4, 14, 0, tzinfo=dt.UTC)  # 9:00 in New York


def test_letters_are_written_in_the_language_of_the_person() -> None:
    at_home, abroad = make_account(country="JP"), make_account(country="US")
    for account, language in ((at_home, ""), (at_home, "en"), (abroad, ""), (abroad, "ja")):
        make_contact(account, language=language)
    survey = make_survey()
    _run_wave(survey)
    spoken = Invitation.objects.order_by("contact_id").values_list("language", flat=True)
    assert list(spoken) == ["ja", "en", "en", "ja"]


def test_a_letter_whose_window_has_closed_waits_for_the_next() -> None:
    contact = make_contact()
    _run_wave(make_survey())
    late = NOW + dt.timedelta(hours=9)  # 19:00 in Tokyo
    assert sending.send_due(now=late) == 1
    assert OutgoingMail.objects.count() == 0
    invitation = Invitation.objects.get(contact=contact)
    assert invitation.due_at == dt.datetime(2026, 3, 5, 0, 0, tzinfo=dt.UTC)  # 9:00 on Thursday
    assert ContactReservation.objects.get().at == invitation.due_at
    assert sending.send_due(now=late) == 0
    assert sending.send_due(now=invitation.due_at) == 1
    assert OutgoingMail.objects.count() == 1
    assert sending.send_due(now=invitation.due_at) == 0


def test_of_the_waves_a_stopped_scheduler_missed_one_is_made_up_for() -> None:
    make_contact()
    update_budget(actor=SYSTEM, now=NOW, days_between=0, account_most=None)
    survey = make_survey(recurrence_months=3)
    _run_wave(survey)
    survey.refresh_from_db()
    assert survey.next_wave_at == dt.datetime(2026, 6, 4, 1, 0, tzinfo=dt.UTC)
    assert start_due_waves(now=survey.next_wave_at - dt.timedelta(seconds=1)) == []
    # a year without workers: one wave, then the next turn
    late = dt.datetime(2027, 3, 10, tzinfo=dt.UTC)
    wave = _run_wave(survey, late)
    survey.refresh_from_db()
    assert wave.number == 2
    assert survey.next_wave_at == dt.datetime(2027, 6, 4, 1, 0, tzinfo=dt.UTC)
    assert start_due_waves(now=late) == []


def test_a_survey_begins_when_it_is_to_begin() -> None:
    make_contact()
    survey = make_survey(starts_at=NOW + 2 * DAY)
    assert start_due_waves(now=NOW + DAY) == []
    assert _run_wave(survey, NOW + 2 * DAY).audience_size == 1


def test_pausing_holds_everything_up_and_closing_ends_it() -> None:
    _people(5)
    survey = make_survey()
    (wave,) = start_due_waves(now=NOW)
    assert build_wave(now=NOW, wave=wave, chunk=2)
    pause_survey(actor=SYSTEM, now=NOW, survey=survey)
    assert not build_wave(now=NOW, wave=wave, chunk=2)
    assert sending.send_due(now=NOW) == 0
    assert Invitation.objects.count() == 2
    resume_survey(actor=SYSTEM, now=NOW, survey=survey)
    assert build_wave(now=NOW, wave=wave, chunk=2)
    sending.send_due(now=NOW, chunk=1)
    close_survey(actor=SYSTEM, now=NOW, survey=survey)
    assert not build_wave(now=NOW, wave=wave, chunk=2)
    assert sending.expire_due(now=NOW) == 3
    # one letter is on its way; the others give back what they had reserved
    assert Counter(Invitation.objects.values_list("state", "reason")) == {
        ("queued", ""): 1,
        ("suppressed", "closed"): 3,
    }
    assert ContactReservation.objects.filter(released_at=None).count() == 1
    with pytest.raises(DomainError, match="closed"):
        publish_survey(actor=SYSTEM, now=NOW, survey=survey)


def test_a_survey_closes_on_its_day() -> None:
    survey = make_survey(closes_at=NOW + DAY)
    assert sending.close_due(now=NOW) == 0
    assert sending.has_work(NOW + DAY)
    assert sending.close_due(now=NOW + DAY) == 1
    survey.refresh_from_db()
    assert survey.state == "closed"


def test_two_waves_at_once_are_refused() -> None:
    make_contact()
    survey = make_survey()
    start_wave(now=NOW, survey=survey)
    with pytest.raises(DomainError) as caught:
        start_wave(now=NOW, survey=survey)
    assert caught.value.code == "wave_being_built"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"window_from": 18, "window_to": 9}, "empty_window", "window_to"),
        ({"window_days": []}, "required", "window_days"),
        ({"window_days": [8]}, "out_of_range", "window_days"),
        ({"audience": {"segments": ["gigantic"]}}, "unknown_choice", "audience.segments"),
        (
            {"audience": {"sample_size": 3, "sample_share": 0.5}},
            "two_samples",
            "audience.sample_size",
        ),
        ({"audience": {"sample_share": 1.5}}, "out_of_range", "audience.sample_share"),
        ({"audience": {"colour": 1}}, "unknown_field", "audience.colour"),
        ({"audience": [1]}, "wrong_type", "audience"),
        ({"languages": ["fr"]}, "unknown_choice", "languages"),
        ({"brand_colour": "red"}, "not_a_colour", "brand_colour"),
        ({"name": "a\0b"}, "nul_character", "name"),
        ({"recurrence_months": 0}, "out_of_range", "recurrence_months"),
        (
            {"starts_at": NOW + 2 * DAY, "closes_at": NOW + DAY},
            "closes_early",
            "closes_at",
        ),
        ({"colour": 1}, "unknown_field", "colour"),
    ],
)
def test_bad_settings_say_what_and_where(fields: dict[str, object], code: str, field: str) -> None:
    survey = create_survey(actor=SYSTEM, now=NOW, kind="csat", name="s")
    with pytest.raises(DomainError) as caught:
        update_survey(actor=SYSTEM, now=NOW, survey=survey, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)
    survey.refresh_from_db()
    assert survey.name == "s"


def test_a_draft_that_holds_imported_answers_is_not_thrown_away() -> None:
    survey = create_survey(actor=SYSTEM, now=NOW, kind="nps", name="s")
    item = {"external_id": "a", "survey_id": survey.pk, "score": 9}
    (result,) = upsert_responses(actor=SYSTEM, now=NOW, items=[item], is_historical=True)
    assert result.outcome == "created"
    with pytest.raises(DomainError) as caught:
        delete_draft(actor=SYSTEM, now=NOW, survey=survey)
    assert caught.value.code == "has_answers"
    assert Response.objects.get().survey == survey


def test_the_scale_is_fixed_once_published() -> None:
    survey = create_survey(actor=SYSTEM, now=NOW, kind="ces", name="s")
    survey = update_survey(actor=SYSTEM, now=NOW, survey=survey, ces_scale=7)
    assert survey.is_high_good
    assert "easy" in survey.questions.get(key="score").text_en
    publish_survey(actor=SYSTEM, now=NOW, survey=survey)
    with pytest.raises(DomainError) as caught:
        update_survey(actor=SYSTEM, now=NOW, survey=survey, ces_scale=5)
    assert caught.value.code == "fixed_once_published"


def test_chunks_take_as_many_queries_however_many_people(
    django_assert_max_num_queries, workspace: Workspace
) -> None:
    _people(300)
    make_survey()
    (wave,) = start_due_waves(now=NOW)
    with django_assert_max_num_queries(20):
        build_wave(now=NOW, wave=wave, chunk=1000)
    with django_assert_max_num_queries(20):
        assert sending.send_due(now=NOW, chunk=1000) == 300
    assert OutgoingMail.objects.count() == 300
    assert connection.in_atomic_block


def test_actors_are_named_in_the_audit_log(cast) -> None:
    from accounts.models import AuditEntry

    survey = create_survey(actor=Actor.of(cast["manager"]), now=NOW, kind="nps", name="s")
    assert survey.created_by == cast["manager"]
    assert AuditEntry.objects.get(action="survey_created").actor == cast["manager"].user
