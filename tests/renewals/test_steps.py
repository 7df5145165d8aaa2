"""People move renewals on; how one ended goes through the contract ledger."""

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.actors import Actor
from accounts.models import AuditEntry, ContractEvent, Subscription
from cs_platform.core.errors import DomainError, NotFound
from health.renewals.actions.steps import enter_lost, enter_renewed, move_step
from health.renewals.models import Renewal, RenewalNote
from tests.renewals.conftest import NOW, TODAY, day

pytestmark = pytest.mark.django_db


@pytest.fixture
def renewal(start: Callable[..., Subscription], look: Callable[..., list[Renewal]]) -> Renewal:
    contract = start(
        "S-1", "2026-01-01", term_months=12, seats=10, notice_deadline_on=day("2026-11-30")
    )
    return look(contract)[0]


def refused(code: str, act: Callable[..., object], **values: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act(**values)
    assert caught.value.code == code
    return caught.value


def test_a_step_is_moved_and_its_history_kept(renewal: Renewal, actor: Actor) -> None:
    moved = move_step(
        actor=actor, now=NOW, renewal_id=renewal.pk, version=1, step="quoted",
        happened_on=day("2026-11-05"), next_step="Ask for the order", due_on=day("2026-11-20"),
        note="Sent by post",
    )  # fmt: skip
    assert (moved.step, moved.next_step, moved.due_on) == (
        "quoted", "Ask for the order", day("2026-11-20"),
    )  # fmt: skip
    assert moved.version == 2
    note = RenewalNote.objects.get()
    assert (note.old_step, note.new_step, note.note) == ("untouched", "quoted", "Sent by post")
    assert (note.known_at, note.author_label) == (NOW, actor.label)
    assert note.happened_at == dt.datetime(2026, 11, 5, 3, 0, tzinfo=dt.UTC)
    entry = AuditEntry.objects.get(action="renewal_step")
    assert entry.detail == {
        "before": {"step": "untouched"},
        "after": {"step": "quoted"},
        "term_ends_on": "2026-12-31",
    }


def test_what_cannot_be(renewal: Renewal, actor: Actor) -> None:
    who = {"actor": actor, "now": NOW, "renewal_id": renewal.pk, "version": 1}
    refused("by_ledger", move_step, **who, step="renewed")
    refused("unknown_choice", move_step, **who, step="nowhere")
    refused("nothing_changed", move_step, **who, step="untouched")
    refused("in_future", move_step, **who, step="quoted", happened_on=day("2026-11-11"))
    refused("too_long", move_step, **who, step="quoted", next_step="x" * 301)
    with pytest.raises(NotFound):
        move_step(**{**who, "renewal_id": 0}, step="quoted")
    assert RenewalNote.objects.count() == 0


def test_two_people_cannot_overwrite_each_other(renewal: Renewal, actor: Actor) -> None:
    who = {"actor": actor, "now": NOW, "renewal_id": renewal.pk}
    move_step(**who, version=1, step="approached")
    error = refused("changed_meanwhile", move_step, **who, version=1, step="quoted")
    assert error.status == 409
    move_step(**who, version=2, step="quoted")
    assert [n.new_step for n in RenewalNote.objects.order_by("id")] == ["approached", "quoted"]


def test_a_renewal_is_entered_in_the_ledger_and_closes_by_it(
    renewal: Renewal, actor: Actor
) -> None:
    closed = enter_renewed(
        actor=actor, now=NOW, renewal_id=renewal.pk, version=1, seats=12, note="Signed"
    )
    assert (closed.step, closed.closed_on) == ("renewed", day("2027-01-01"))
    assert (closed.arr, closed.closed_arr) == (12_000, 14_400)
    kinds = list(ContractEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["new", "renewal", "upsell"]
    note = RenewalNote.objects.get()
    assert (note.kind, note.note, note.author_label) == ("closed", "Signed", actor.label)
    assert AuditEntry.objects.filter(action="renewal_step").count() == 1


def test_a_loss_is_entered_in_the_ledger_with_its_reason(renewal: Renewal, actor: Actor) -> None:
    closed = enter_lost(
        actor=actor, now=NOW, renewal_id=renewal.pk, version=1, reason="competitor",
        competitor="Fabrikam",
    )  # fmt: skip
    assert (closed.step, closed.closed_on, closed.closed_arr) == ("lost", day("2026-12-31"), 0)
    churn = ContractEvent.objects.get(kind="churn")
    assert (churn.last_paid_on, churn.reason, churn.competitor) == (
        day("2026-12-31"), "competitor", "Fabrikam",
    )  # fmt: skip


def test_what_the_ledger_refuses_leaves_everything_as_it_was(
    renewal: Renewal, actor: Actor
) -> None:
    who = {"actor": actor, "now": NOW, "renewal_id": renewal.pk, "version": 1}
    refused("after_term", enter_lost, **who, last_paid_on=day("2027-01-31"), reason="price")
    refused("unknown_choice", enter_lost, **who, reason="weather")
    refused("lapsed", enter_renewed, **who, effective_on=day("2027-03-01"))
    renewal.refresh_from_db()
    assert (renewal.step, renewal.version) == ("untouched", 1)
    assert ContractEvent.objects.count() == 1


def test_what_is_closed_stays_closed(renewal: Renewal, actor: Actor) -> None:
    who = {"actor": actor, "now": NOW, "renewal_id": renewal.pk}
    version = enter_renewed(**who, version=1).version
    refused("closed", move_step, **who, version=version, step="quoted")
    refused("closed", enter_lost, **who, version=version, reason="price")


def test_the_plan_alone_can_be_changed_and_cleared(renewal: Renewal, actor: Actor) -> None:
    who = {"actor": actor, "now": NOW, "renewal_id": renewal.pk, "step": "untouched"}
    move_step(**who, version=1, next_step="Call", due_on=TODAY)
    cleared = move_step(**who, version=2, next_step="")
    assert (cleared.next_step, cleared.due_on) == ("", None)
    assert [n.kind for n in RenewalNote.objects.all()] == ["plan", "plan"]
    assert not AuditEntry.objects.filter(action="renewal_step").exists()
