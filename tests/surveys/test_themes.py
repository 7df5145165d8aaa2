"""Themes: put on by words in two languages, confirmed and taken off by hand, counted by month."""

import datetime as dt
from typing import Any

import pytest

from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import Product, Workspace
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.themes import (
    create_default_themes,
    create_theme,
    put_theme,
    take_theme_off,
    update_theme,
)
from metrics.surveys.models import Response, ResponseTheme, Theme
from metrics.surveys.queries.themes import suggestions, theme_rows
from metrics.surveys.rollup import count_reach, has_work, roll_up_results
from metrics.surveys.theme_rules import keywords_of, pattern, terms
from tests.surveys.answers import NOW, a_contact, a_survey, an_account, answer, day

TODAY = dt.date(2026, 3, 3)
ACTOR = Actor.system("tests")


def rolled_up() -> None:
    while roll_up_results(NOW) or has_work():
        pass


def theme(name: str, keywords: str, **fields: Any) -> Theme:
    fields = {"factor": "hygiene", "driver": "product_quality", **fields}
    return create_theme(actor=ACTOR, now=NOW, name=name, keywords=keywords, **fields)


def on(response: Response) -> set[str]:
    tags = ResponseTheme.objects.filter(response=response, is_removed=False)
    return set(tags.values_list("theme__name", flat=True))


def test_words_are_found_whatever_their_spelling() -> None:
    import re

    from accounts.folding import fold

    found = re.compile(pattern(["app", "おもい", "c++", "1.5"]))
    for text in ("Your APP crashed", "ｱﾌﾟﾘがおもい", "オモイです", "written in C++", "version 1.5"):
        assert found.search(fold(text)), text
    for text in ("I am happy", "version 125", "snapp"):
        assert not found.search(fold(text)), text
    assert keywords_of("遅い、Slow, slow\n\nＳＬＯＷ; lag\x00") == ["遅イ", "slow", "lag"]
    assert pattern([]) == ""


def test_comments_are_tagged_on_arrival_and_edited_ones_again(scoped: Workspace) -> None:
    theme("Speed", "slow, 遅い")
    theme("Price", "expensive, 高い")
    rolled_up()
    survey = a_survey()
    english = answer(survey, 2, comment="So SLOW, and expensive")
    japanese = answer(survey, 3, comment="画面がおそい。とても遅いです")
    neither = answer(survey, 9, comment="Great")
    rolled_up()
    assert (on(english), on(japanese), on(neither)) == ({"Speed", "Price"}, {"Speed"}, set())
    Response.objects.filter(pk=english.pk).update(comment="Only expensive now")
    from metrics.surveys.actions.marks import mark_results

    mark_results([english.pk])
    rolled_up()
    assert on(english) == {"Price"}


def test_new_keywords_look_through_the_past_and_hands_have_the_last_word(
    scoped: Workspace, cast: Any
) -> None:
    survey = a_survey()
    slow = answer(survey, 2, comment="slow")
    laggy = answer(survey, 2, comment="laggy")
    rolled_up()
    speed = theme("Speed", "slow")
    rolled_up()
    assert (on(slow), on(laggy)) == ({"Speed"}, set())
    who = Actor.of(cast["agent"])
    take_theme_off(actor=who, now=NOW, response=slow, theme=speed)
    put_theme(actor=who, now=NOW, response=laggy, theme=speed)
    changed = {"name": "Speed", "factor": "hygiene", "driver": "support"}
    update_theme(actor=ACTOR, now=NOW, theme=speed, keywords="slow, quick", **changed)
    rolled_up()
    assert (on(slow), on(laggy)) == (set(), {"Speed"})
    put_theme(actor=who, now=NOW, response=slow, theme=speed)
    assert on(slow) == {"Speed"}
    assert ResponseTheme.objects.get(response=slow).tagged_by == cast["agent"]


def test_counts_by_month_follow_every_change(scoped: Workspace) -> None:
    speed = theme("Speed", "slow")
    rolled_up()
    survey = a_survey()
    for score, when in ((2, "2026-01-31"), (8, "2026-02-01"), (9, "2026-02-02")):
        last = answer(survey, score, comment="slow", at=day(when))
    answer(a_survey("hearing"), None, comment="slow", at=day("2026-02-03"))
    rolled_up()
    row = theme_rows(months=2, today=TODAY)[0]
    assert (row.comments, row.good, row.middle, row.bad) == (3, 1, 2, 0)
    assert theme_rows(months=3, today=TODAY)[0].bad == 1
    assert theme_rows(months=1, today=TODAY)[0].comments == 0
    take_theme_off(actor=ACTOR, now=NOW, response=last, theme=speed)
    assert theme_rows(months=2, today=TODAY)[0].good == 0
    update_theme(
        actor=ACTOR, now=NOW, theme=speed, name="Speed", factor="hygiene", driver="support",
        keywords="slow", is_archived=True,
    )  # fmt: skip
    rolled_up()
    assert theme_rows(months=36, today=TODAY)[0].comments == 0


def test_the_accounts_that_name_a_theme_and_what_they_pay(scoped: Workspace) -> None:
    speed, price = theme("Speed", "slow"), theme("Price", "expensive")
    survey = a_survey()
    kita, minami, foreign = (an_account(name) for name in ("Kita", "Minami", "Foreign"))
    product = Product.objects.create(code="suite", name="Suite")
    for account, amount, currency in ((kita, 100, "JPY"), (minami, 30, "JPY"), (foreign, 5, "CHF")):
        start_subscription(
            actor=ACTOR, now=NOW, account=account, external_id=account.name, product=product,
            starts_on=dt.date(2025, 6, 1), unit_price=amount, seats=1, currency=currency,
            billing_months=1, term_months=12,
        )  # fmt: skip
    for account, when, text in (
        (kita, "2026-03-01", "slow, and slow again"), (kita, "2026-02-01", "slow"),
        (minami, "2025-12-31", "slow and expensive"), (foreign, "2026-01-01", "slow"),
    ):  # fmt: skip
        answer(
            survey, 2, comment=text, at=day(when), contact=a_contact(account, f"{account}{when}")
        )
    answer(survey, 2, comment="slow", at=day("2026-03-01"))
    rolled_up()
    count_reach([speed.pk, price.pk], NOW)

    def reach(months: int) -> dict[str, tuple[int, int, int]]:
        rows = theme_rows(months=months, today=TODAY)
        return {
            row.theme.name: (row.accounts, int(row.arr), row.reach.unpriced if row.reach else -1)
            for row in rows
        }

    assert reach(3) == {"Speed": (2, 1200, 1), "Price": (0, 0, 0)}
    assert reach(12) == {"Speed": (3, 1560, 1), "Price": (1, 360, 0)}
    assert [row.theme.name for row in theme_rows(months=3, today=TODAY, sort="arr")] == [
        "Price", "Speed",
    ]  # fmt: skip
    # counted when a theme is new, and by the hour; not at each answer
    assert theme_rows(months=3, today=TODAY, sort="-accounts")[0].theme == speed


def test_frequent_words_without_a_theme_are_suggested(scoped: Workspace) -> None:
    survey = a_survey()
    for n in range(4):
        answer(survey, 5, comment=f"請求書の送付先がダッシュボードで変更できない {n}")
        answer(survey, 5, comment="The invoice export is the weak spot")
    rolled_up()
    words = {one.word: one.comments for one in suggestions()}
    assert words.items() >= {"請求書": 4, "ダッシュボード": 4, "invoice": 4, "export": 4}.items()
    assert "the" not in words
    theme("Invoices", "請求書, invoice")
    rolled_up()
    assert suggestions() == []
    assert "変更" in terms("変更できない")


def test_the_default_themes_are_there_once_and_speak_both_languages(scoped: Workspace) -> None:
    made = create_default_themes(actor=ACTOR, now=NOW)
    assert len(made) == 11
    assert list(create_default_themes(actor=ACTOR, now=NOW)) == []
    assert {one.factor for one in made} == {"hygiene", "motivator"}
    assert {one.driver for one in made} == {"product_quality", "support", "price_value"}
    survey = a_survey()
    said = {
        "サポートの返信が遅いです": "Slow replies",
        "The refund took months": "Billing and refunds",
        "とても使いやすい": "Ease of use",
        "料金が高い": "Price",
    }
    rows = {text: answer(survey, 5, comment=text) for text in said}
    rolled_up()
    for text, name in said.items():
        assert name in on(rows[text]), text


@pytest.mark.parametrize(
    ("name", "keywords", "code"),
    [
        (" ", "a", "name_required"),
        ("Speed", "a", "name_taken"),
        ("x", "y" * 101, "keyword_too_long"),
        ("x", ",".join(f"w{n}" for n in range(201)), "too_many_keywords"),
    ],
)
def test_bad_themes_are_refused(scoped: Workspace, name: str, keywords: str, code: str) -> None:
    theme("Speed", "slow")
    with pytest.raises(DomainError) as refused:
        theme(name, keywords)
    assert refused.value.code == code
