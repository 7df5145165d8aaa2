"""The team's figures, by hand."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Workspace
from cs_platform.dashboards.queries.overview import median
from tests.cast import Cast
from tests.dashboards.conftest import Book, text_of


@pytest.fixture
def team(book: Book, cast: Cast) -> Book:
    """Four scored accounts: 30 (was 75), 60, 80 (was 65), and one without a score."""
    book.account(
        "A", score=30, mrr=100, owner=cast["csm"], segment="small", days={-7: 75},
        expected_loss=Decimal(540), renewal_on=book.today.replace(day=1) + dt.timedelta(days=40),
    )  # fmt: skip
    book.account(
        "B", score=60, mrr=200, owner=cast["csm"], expected_loss=Decimal(240), days={-7: 60}
    )
    book.account("C", score=80, mrr=1000, owner=cast["manager"], days={-7: 65})
    book.account("D", score=None, mrr=10)
    return book


def test_key_figures(team: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    answer = get("viewer", url("overview"))
    text_of(answer)
    totals = answer.context["totals"]
    assert (totals.accounts, totals.at_risk, totals.with_score) == (4, 2, 3)
    assert totals.arr == Decimal(12 * 1310)
    assert totals.arr_at_risk == Decimal(12 * 300)
    assert totals.expected_loss == Decimal(780)
    assert totals.mean_score == pytest.approx(170 / 3)
    assert totals.median_score == 60
    assert totals.coverage == pytest.approx(0.9)
    # a week ago three were scored: 75, 60, 65; two of them at risk
    assert answer.context["change"]["accounts"] == "+1"
    assert answer.context["change"]["at_risk"] == "0"
    assert answer.context["change"]["median"] == "−5.0"


def test_bands_movement_and_groups(
    team: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    context = get("viewer", url("overview")).context
    assert dict(context["bands"]) == {"green": 1, "yellow": 1, "red": 1, "": 1}
    moves = context["moves"]
    counted = {
        (row["band"], column): cell["move"].accounts
        for row in moves["rows"]
        for column, cell in zip(moves["columns"], row["cells"], strict=True)
        if cell["move"]
    }
    assert counted == {("green", "red"): 1, ("yellow", "yellow"): 1, ("yellow", "green"): 1}
    assert (moves["worse"], moves["better"], moves["n"]) == (1, 1, 3)
    assert context["by_owner"].rows == [["Csm of " + team.workspace.slug, 2, 3600.0, 780.0]]
    assert [row[1:] for row in context["by_segment"].rows] == [
        [1, 1200.0, 540.0],
        [1, 2400.0, 240.0],
    ]
    assert [row[1:] for row in context["renewals"].rows] == [[1200.0, 0.0, 0.0, 0.0]]
    workload = {row["label"]: row["accounts"] for row in context["workload"]}
    assert workload["No owner"] == 1


def test_as_of_a_past_day(team: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    answer = get("viewer", f"{url('overview')}?as_of={team.on(-5):%Y-%m-%d}")
    assert "with what was known then" in text_of(answer)
    assert answer.context["day"] == team.on(-7)
    assert answer.context["totals"].accounts == 3
    assert answer.context["workload"] is None
    before = get("viewer", url("overview") + "?as_of=2001-01-01")
    assert "No scores for this day" in text_of(before)


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "9999-01-01", "%00"])
def test_what_is_no_day(
    team: Book, get: Callable[..., Any], url: Callable[..., str], text: str
) -> None:
    answer = get("viewer", f"{url('overview')}?as_of={text}")
    assert answer.context["problem"] in text_of(answer).replace("&#x27;", "'")
    assert answer.context["problem"]
    assert answer.context["totals"].accounts == 4


def test_queries(team: Book, client_as: Callable[..., Client], url: Callable[..., str]) -> None:
    client = client_as("manager")
    text_of(client.get(url("overview")))
    with CaptureQueriesContext(connection) as captured:
        text_of(client.get(url("overview")))
    assert len(captured) == 12
    assert not any("scoreday" in query["sql"] for query in captured)


def test_the_median_of_counted_values() -> None:
    assert median([]) is None
    assert median([(10, 1)]) == 10
    assert median([(10, 1), (20, 1)]) == 15
    assert median([(10, 3), (20, 1)]) == 10
    assert median([(10, 2), (20, 2), (90, 1)]) == 20


def test_borders_language_and_emptiness(
    book: Book, get: Callable[..., Any], url: Callable[..., str], rival_workspace: Workspace
) -> None:
    Book(rival_workspace).account("Theirs", score=10, mrr=5)
    assert "No scores for this day" in text_of(get("owner", url("overview")))
    book.account("A", score=30, mrr=100)
    japanese = text_of(get("owner", url("overview"), **{"Accept-Language": "ja"}))
    for word in ("予想損失", "データ充足率", "CSM別の業務量", "1週間前からの変化"):
        assert word in japanese
