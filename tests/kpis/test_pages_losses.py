"""Churn review: who was lost, what was known then, what is learnt."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.interactions import log_interaction
from accounts.actions.tasks import create_task, finish_task
from accounts.actors import Actor
from accounts.models import Account, AuditEntry
from cs_platform.core import clock, tenancy
from health.actions import flag_risk
from metrics.kpis.models import ChurnReview, Period
from metrics.statistics import share
from tests.cast import Cast
from tests.kpis.stored import Shelf, text_of


@pytest.fixture
def lost(shelf: Shelf) -> tuple[Account, dt.date]:
    """An account that paid 300 a month, lost four days ago."""
    ended_on = shelf.today - dt.timedelta(days=4)
    account = shelf.account("Kaede Works", segment="small")
    for kind in ("month", "trailing12"):
        back = 0 if ended_on.month == shelf.today.month or kind == "trailing12" else 1
        period = shelf.period(kind, back)
        shelf.fact(period, account, opening=300, churned_on=ended_on, reason="price")
    return account, ended_on


FORM = {
    "reason": "competitor",
    "avoidable": "yes",
    "competitor": "Rival Cloud",
    "lesson": "Nobody had called for five months.",
}


def write(client: Client, url: Callable[..., str], account: Account, **changes: str) -> Any:
    return client.post(url("churn_review_write", account.pk), {**FORM, **changes})


def test_the_list_and_what_a_review_changes_in_it(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
) -> None:
    account, ended_on = lost
    client = client_as("csm")
    answer = client.get(url("churn_reviews"))
    assert "Kaede Works" in text_of(answer)
    summary = answer.context["summary"]
    assert (summary.accounts, summary.lost, summary.reviewed) == (1, Decimal(300), 0)
    assert answer.context["avoidable_text"] == "—"
    assert [row.reason for row in summary.reasons] == ["price"]

    assert write(client, url, account).status_code == 303
    answer = client.get(url("churn_reviews"))
    summary = answer.context["summary"]
    assert (summary.reviewed, summary.avoidable, summary.avoidable_lost) == (1, 1, Decimal(300))
    assert summary.avoidable_share == share(1, 1)
    # the review's reason goes before the ledger's
    assert [row.reason for row in summary.reasons] == ["competitor"]
    assert "Rival Cloud" in text_of(answer)
    assert not client.get(url("churn_reviews") + "?state=open").context["losses"]
    assert len(client.get(url("churn_reviews") + "?state=reviewed").context["losses"]) == 1
    with tenancy.scope(shelf.workspace.pk):
        review = ChurnReview.objects.get()
    assert (review.ended_on, review.mrr_lost) == (ended_on, Decimal(300))


def test_a_review_written_anew_leaves_both_in_the_audit_log(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
) -> None:
    client = client_as("csm")
    write(client, url, lost[0])
    write(client, url, lost[0], avoidable="no", lesson="They closed down.")
    with tenancy.scope(shelf.workspace.pk):
        assert ChurnReview.objects.get().avoidable == "no"
        entry = AuditEntry.objects.filter(action="churn_reviewed").latest("id")
    assert entry.detail["before"]["avoidable"] == "yes"
    assert entry.detail["after"]["lesson"] == "They closed down."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lesson": " "}, "This field is required."),
        ({"competitor": ""}, "Say whom they moved to."),
        ({"reason": "magic"}, "Select a valid choice"),
        ({"avoidable": ""}, "This field is required."),
        ({"competitor": "x" * 201}, "at most 200 characters"),
        ({"lesson": "a\x00b"}, "Null characters"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
    wrong: dict[str, str],
    said: str,
) -> None:
    answer = write(client_as("csm"), url, lost[0], **wrong)
    assert said in text_of(answer)
    with tenancy.scope(shelf.workspace.pk):
        assert not ChurnReview.objects.exists()


def test_the_half_year_before_as_it_was_known_then(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
    cast: Cast,
) -> None:
    account, ended_on = lost
    zone = shelf.workspace.timezone
    actor = Actor.of(cast["csm"])

    def at(days: int) -> dt.datetime:
        """Noon, so many days before the last paid one."""
        day = ended_on - dt.timedelta(days=days)
        return clock.day_start(day, zone) + dt.timedelta(hours=12)

    with tenancy.scope(shelf.workspace.pk):
        log_interaction(
            actor=actor, now=at(20), account=account, kind="call_out", summary="Budget is tight",
            happened_at=at(20),
        )  # fmt: skip
        # happened before the loss, written down after it
        log_interaction(
            actor=actor, now=shelf.now, account=account, kind="email", summary="They had told us",
            happened_at=at(10),
        )  # fmt: skip
        log_interaction(
            actor=actor, now=at(200), account=account, kind="call_in", summary="Too long ago",
            happened_at=at(200),
        )  # fmt: skip
        task = create_task(
            actor=actor, now=at(15), title="Offer the small plan", account=account,
            due_on=ended_on, owner=cast["csm"],
        )  # fmt: skip
        finish_task(actor=actor, now=shelf.now, task=task)
        flag_risk(actor=actor, now=at(12), account=account, reason="Champion has left")
    answer = client_as("viewer").get(url("churn_review", account.pk))
    text = text_of(answer)
    known = [line.entry for line in answer.context["lines"]]
    late = [line.entry.text for line in answer.context["late_lines"]]
    assert [entry.source for entry in known if entry.source != "change"] == [
        "risk", "task", "interaction",
    ]  # fmt: skip
    assert late == ["They had told us"]
    assert "Too long ago" not in text
    # done only after the loss
    (promise,) = (entry for entry in known if entry.source == "task")
    assert promise.facts[0] == "not done when the account was lost"
    # a viewer reads, and is not offered the form
    assert "churn_review_write" not in text
    assert 'name="lesson"' not in text


def test_who_may_write(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
) -> None:
    for role, status in (("viewer", 403), ("agent", 403), ("csm", 303), ("manager", 303)):
        assert write(client_as(role), url, lost[0]).status_code == status, role


def test_an_account_that_was_not_lost_says_so(
    shelf: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
) -> None:
    account = shelf.account("Here to stay")
    assert "has not been lost" in text_of(client_as("csm").get(url("churn_review", account.pk)))
    assert "has not been lost" in text_of(write(client_as("csm"), url, account))


def test_an_account_lost_twice_has_two_reviews(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
) -> None:
    account, ended_on = lost
    earlier = ended_on - dt.timedelta(days=100)
    months = (ended_on.year - earlier.year) * 12 + shelf.today.month - earlier.month
    period = shelf.period("month", months)
    shelf.fact(period, account, opening=200, churned_on=earlier, reason="support")
    client = client_as("csm")
    answer = client.get(url("churn_review", account.pk))
    assert answer.context["loss"].ended_on == ended_on
    answer = client.get(url("churn_review", account.pk) + f"?on={earlier}")
    assert answer.context["loss"].mrr_lost == 200
    client.post(url("churn_review_write", account.pk) + f"?on={earlier}", FORM)
    with tenancy.scope(shelf.workspace.pk):
        assert ChurnReview.objects.get().ended_on == earlier


def test_queries_and_japanese(
    shelf: Shelf,
    lost: tuple[Account, dt.date],
    client_as: Callable[..., Client],
    url: Callable[..., str],
) -> None:
    with tenancy.scope(shelf.workspace.pk):
        period = Period.objects.get(kind="trailing12")
    for number in range(60):
        shelf.fact(period, shelf.account(f"L{number}"), opening=10 + number, churned_on=lost[1])
    client = client_as("manager")
    for address in (url("churn_reviews"), url("churn_review", lost[0].pk)):
        text_of(client.get(address))
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(address))
        assert len(captured) <= 20, [query["sql"][:90] for query in captured]
        assert "解約振り返り" in text_of(client.get(address, headers={"Accept-Language": "ja"}))
    first = client.get(url("churn_reviews"))
    assert [loss.name for loss, _reason in first.context["losses"]][:2] == ["Kaede Works", "L59"]
    cursor = first.context["page"].next_cursor
    rest = client.get(url("churn_reviews") + f"?cursor={cursor}")
    assert len(first.context["losses"]) + len(rest.context["losses"]) == 61
    stale = client.get(url("churn_reviews") + "?cursor=made-up")
    assert len(stale.context["losses"]) == 50
