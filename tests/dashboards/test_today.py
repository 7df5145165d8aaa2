"""Today: one person's day, or the team's."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Task, Workspace
from cs_platform.core import tenancy
from health.models import AccountCurrent
from tests.cast import Cast
from tests.dashboards.conftest import Book, text_of


@pytest.fixture
def day(book: Book, cast: Cast) -> Book:
    csm = cast["csm"]
    mine = book.account(
        "Mine", score=30, mrr=100, owner=csm, expected_loss=Decimal(600), churn_probability=0.5,
        urgency_on=book.on(5), notice_deadline_on=book.on(5),
    )  # fmt: skip
    book.account("Others", score=20, mrr=100, owner=cast["manager"], expected_loss=Decimal(900))
    fallen = book.account("Fallen", score=60, mrr=10, owner=csm, expected_loss=Decimal(1))
    risen = book.account("Risen", score=75, mrr=10, owner=csm)
    far = book.account("Far", score=90, mrr=10, owner=csm, urgency_on=book.on(31))
    with tenancy.scope(book.workspace.pk):
        for account, yesterday, week, bands in (
            (fallen, 71, 71, ("green", "green")),
            (risen, 75, 69, ("green", "yellow")),
            (far, 95, 95, ("green", "green")),
        ):
            row = AccountCurrent.objects.get(account=account)
            row.spark = [None] * 23 + [week] * 6 + [yesterday, int(row.score)]
            row.band_1d, row.band_7d = bands
            row.save()
        for title, owner, due, done in (
            ("Late", csm, -2, False), ("Now", csm, 0, False), ("Soon", csm, 7, False),
            ("Later", csm, 8, False), ("Done", csm, -1, True),
            ("Theirs", cast["manager"], 0, False),
        ):  # fmt: skip
            Task.objects.create(
                title=title, owner=owner, due_on=book.on(due), account=mine, created_at=book.now,
                done_at=book.now if done else None,
            )  # fmt: skip
    return book


def test_my_day(day: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    answer = get("csm", url("today"))
    text = text_of(answer)
    context = answer.context
    assert context["is_mine"]
    assert [row.current.name for row in context["needs"]] == ["Mine", "Fallen"]
    assert [task.title for task in context["tasks"]] == ["Late", "Now", "Soon"]
    assert context["counts"] == {"deadlines": 1, "due": 2, "overdue": 1}
    assert [row.name for row in context["deadlines"]] == ["Mine"]
    assert [(row["name"], row["old_band"], row["band"]) for row in context["changed"]] == [
        ("Fallen", "green", "yellow")
    ]
    assert [(row["name"], row["change"]) for row in context["recovered"]] == [("Risen", 6)]
    assert "notice deadline" in text
    assert "/finish/" in text
    assert f'/renewals/?owner={context["list_owner"]}&amp;window=90"' in text


def test_the_teams_day(day: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    for answer in (get("csm", url("today") + "?scope=team"), get("admin", url("today"))):
        assert [row.current.name for row in answer.context["needs"]][:2] == ["Others", "Mine"]
        assert [task.title for task in answer.context["tasks"]] == ["Late", "Now", "Theirs", "Soon"]
        assert not answer.context["is_mine"]


def test_queries(day: Book, client_as: Callable[..., Client], url: Callable[..., str]) -> None:
    client = client_as("csm")
    client.get(url("today"))
    with CaptureQueriesContext(connection) as captured:
        text_of(client.get(url("today")))
    # every statement, the transaction's own among them
    assert len(captured) <= 20, "\n".join(query["sql"][:120] for query in captured)


@pytest.mark.parametrize(
    ("hour", "greeting"), [(9, "Good morning"), (14, "Hello"), (20, "Good evening")]
)
def test_the_greeting_follows_the_workspaces_clock(
    day: Book,
    get: Callable[..., Any],
    url: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    greeting: str,
) -> None:
    # Tokyo is nine hours ahead, all the year
    moment = dt.datetime.combine(day.today, dt.time(hour)) - dt.timedelta(hours=9)
    now = moment.replace(tzinfo=dt.UTC)
    monkeypatch.setattr("cs_platform.core.clock.now", lambda: now)
    assert greeting in text_of(get("csm", url("today")))


def test_empty_borders_and_japanese(
    book: Book, get: Callable[..., Any], url: Callable[..., str], rival_workspace: Workspace
) -> None:
    Book(rival_workspace).account("Theirs", score=10, mrr=5, expected_loss=Decimal(10**6))
    text = text_of(get("csm", url("today")))
    assert "Theirs" not in text
    for said in ("Nobody needs you urgently", "Nothing is due this week",
                 "No deadline within 30 days", "No health band moved since yesterday"):  # fmt: skip
        assert said in text
    japanese = text_of(get("viewer", url("today"), **{"Accept-Language": "ja"}))
    for word in ("期限のタスク", "更新と解約申出期限", "昨日からの変化"):
        assert word in japanese


def test_a_viewer_finishes_nothing(
    day: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    text = text_of(get("viewer", url("today")))
    assert "/finish/" not in text
    assert "/log/" not in text
