"""Renewals follow the contract ledger, to its day, and say how they did."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.actions.contracts import (
    change_subscription,
    end_subscription,
    give_notice,
    reactivate_subscription,
    renew_subscription,
)
from accounts.actions.corrections import void_event
from accounts.actions.ledger import derive
from accounts.actors import Actor
from accounts.models import Account, ContractEvent, ExchangeRate, Subscription
from health.renewals.actions.derive import derive_renewals
from health.renewals.models import Renewal, RenewalNote
from tests.renewals.conftest import NOW, TODAY, at, day

pytestmark = pytest.mark.django_db
Start = Callable[..., Subscription]
Look = Callable[..., list[Renewal]]


def shown(rows: list[Renewal]) -> list[tuple[str, str, str | None]]:
    """(end of the term, step, closed on) of each row."""
    return [(str(r.term_ends_on), r.step, r.closed_on and str(r.closed_on)) for r in rows]


def test_a_term_that_ends_within_a_year_is_due(start: Start, look: Look, account: Account) -> None:
    contract = start(
        "S-1", "2026-01-01", term_months=12, seats=10, notice_deadline_on=day("2026-11-30")
    )
    (row,) = look(contract)
    assert shown([row]) == [("2026-12-31", "untouched", None)]
    assert row.arr == 12 * 10 * 100
    assert (row.owner_id, row.segment) == (account.owner_id, "enterprise")
    assert row.notice_deadline_on == day("2026-11-30")
    assert (row.is_open, row.version, row.auto_renew) == (True, 1, False)


def test_what_ends_later_or_never_is_not(start: Start, look: Look) -> None:
    later = start("S-1", "2026-11-01", term_months=24)
    never = start("S-2", "2026-01-01")
    assert look(later, never) == []


def test_looking_again_changes_nothing(start: Start, look: Look) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    look(contract)
    assert derive_renewals(now=NOW, subscription_ids=[contract.pk]) == 0
    assert Renewal.objects.count() == 1
    assert RenewalNote.objects.count() == 0


def test_a_renewal_entered_ahead_closes_the_row_with_its_day_and_revenue(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12, seats=10)
    look(contract)
    renew_subscription(actor=actor, now=NOW, subscription=contract, seats=12)
    (first,) = look(contract)  # the next term ends in more than a year
    assert shown([first]) == [("2026-12-31", "renewed", "2027-01-01")]
    assert (first.arr, first.closed_arr) == (12_000, 14_400)
    note = RenewalNote.objects.get()
    assert (note.kind, note.old_step, note.new_step) == ("closed", "untouched", "renewed")
    assert note.happened_at == NOW  # it takes effect later, and was decided now
    assert note.author is None


def test_the_next_term_is_due_once_it_ends_within_a_year(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    renew_subscription(actor=actor, now=NOW, subscription=contract, term_months=3)
    assert shown(look(contract)) == [
        ("2026-12-31", "renewed", "2027-01-01"),
        ("2027-03-31", "untouched", None),
    ]


def test_voiding_the_renewal_opens_the_row_again_where_people_had_brought_it(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    look(contract)
    Renewal.objects.update(step="quoted", open_step="quoted")
    (event,) = renew_subscription(actor=actor, now=NOW, subscription=contract, term_months=6)
    assert [row.step for row in look(contract)] == ["renewed", "untouched"]
    void_event(actor=actor, now=NOW, event=event, note="typed by mistake")
    assert shown(look(contract)) == [("2026-12-31", "quoted", None)]
    assert [n.kind for n in RenewalNote.objects.order_by("id")] == ["closed", "reopened"]
    assert Renewal.objects.filter(is_void=True).count() == 1


def test_an_end_entered_ahead_closes_it_as_lost(start: Start, look: Look, actor: Actor) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-12-31"), reason="price"
    )
    (row,) = look(contract)
    assert shown([row]) == [("2026-12-31", "lost", "2026-12-31")]
    assert (row.arr, row.closed_arr) == (1200, 0)


def test_an_end_before_the_term_is_dated_by_the_ledger(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    look(contract)
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-10-31"), reason="price"
    )
    (row,) = look(contract)
    assert shown([row]) == [("2026-12-31", "lost", "2026-10-31")]
    assert row.arr == 1200  # what was at stake stays


def test_a_term_that_runs_out_is_lost_after_the_days_of_grace(start: Start, look: Look) -> None:
    contract = start("S-1", "2025-10-01", term_months=12)
    for now, expected in (
        (at("2026-10-15"), ("2026-09-30", "untouched", None)),
        (at("2026-11-10"), ("2026-09-30", "lost", "2026-09-30")),
    ):
        derive(now)
        assert shown(look(contract, now=now)) == [expected]


def test_a_late_renewal_within_the_grace_counts(start: Start, look: Look, actor: Actor) -> None:
    contract = start("S-1", "2025-11-01", term_months=12)
    look(contract)
    renew_subscription(actor=actor, now=NOW, subscription=contract, effective_on=day("2026-11-05"))
    assert shown(look(contract))[0] == ("2026-10-31", "renewed", "2026-11-05")


def test_a_contract_that_renews_itself_rolls_on(start: Start, look: Look) -> None:
    contract = start("S-1", "2026-06-16", term_months=1, auto_renew=True)
    seen = []
    for now in (at("2026-09-10"), at("2026-10-10"), at("2026-11-10")):
        derive(now)
        seen.append(shown(look(contract, now=now))[-1][0])
    assert seen == ["2026-09-15", "2026-10-15", "2026-11-15"]
    assert shown(look(contract)) == [
        ("2026-09-15", "renewed", "2026-09-16"),
        ("2026-10-15", "renewed", "2026-10-16"),
        ("2026-11-15", "untouched", None),
    ]
    closed = Renewal.objects.get(term_ends_on=day("2026-09-15"))
    assert (closed.arr, closed.closed_arr) == (1200, 1200)


def test_after_a_notice_it_does_not_roll_on(start: Start, look: Look, actor: Actor) -> None:
    contract = start("S-1", "2026-10-01", term_months=1, auto_renew=True, now=at("2026-10-01"))
    give_notice(
        actor=actor, now=at("2026-10-10"), subscription=contract, given_on=day("2026-10-10")
    )
    (row,) = look(contract, now=at("2026-10-10"))
    assert (row.step, row.notice_given_on) == ("untouched", day("2026-10-10"))
    derive(NOW)
    assert shown(look(contract)) == [("2026-10-31", "lost", "2026-10-31")]


def test_the_row_follows_a_term_that_the_ledger_moves(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    (before,) = look(contract)
    change_subscription(
        actor=actor, now=NOW, subscription=contract, effective_on=TODAY,
        term_ends_on=day("2027-03-31"),
    )  # fmt: skip
    (after,) = look(contract)
    assert (after.pk, str(after.term_ends_on), after.version) == (before.pk, "2027-03-31", 2)
    note = RenewalNote.objects.get()
    assert (note.kind, str(note.old_term_ends_on), str(note.new_term_ends_on)) == (
        "term", "2026-12-31", "2027-03-31",
    )  # fmt: skip


def test_an_early_renewal_closes_the_term_it_cut_short(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    look(contract)
    renew_subscription(
        actor=actor, now=NOW, subscription=contract, effective_on=TODAY, term_months=12
    )
    assert shown(look(contract)) == [
        ("2026-12-31", "renewed", "2026-11-10"),
        ("2027-11-09", "untouched", None),
    ]


def test_a_loss_after_a_renewal_leaves_the_renewal(start: Start, look: Look, actor: Actor) -> None:
    contract = start("S-1", "2025-11-01", term_months=12)
    look(contract, now=at("2026-10-15"))
    renew_subscription(actor=actor, now=at("2026-10-20"), subscription=contract, term_months=6)
    look(contract, now=at("2026-10-20"))
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-11-30"), reason="other"
    )
    assert shown(look(contract)) == [
        ("2026-10-31", "renewed", "2026-11-01"),
        ("2027-04-30", "lost", "2026-11-30"),
    ]


def test_what_ran_out_stays_lost_when_the_contract_begins_again(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2025-07-01", term_months=12)
    look(contract, now=at("2026-06-15"))
    later = at("2026-09-01")
    derive(later)
    contract.refresh_from_db()
    reactivate_subscription(
        actor=actor, now=later, subscription=contract, effective_on=day("2026-09-01")
    )
    assert shown(look(contract)) == [
        ("2026-06-30", "lost", "2026-06-30"),
        ("2027-08-31", "untouched", None),
    ]


def test_a_contract_entered_by_mistake_leaves_no_row(
    start: Start, look: Look, actor: Actor
) -> None:
    contract = start("S-1", "2026-01-01", term_months=12)
    look(contract)
    void_event(actor=actor, now=NOW, event=ContractEvent.objects.get(), note="a test")
    assert look(contract) == []


def test_money_is_in_the_workspace_s_currency_and_missing_without_a_rate(
    start: Start, look: Look
) -> None:
    ExchangeRate.objects.create(currency="USD", valid_from=day("2026-01-01"), rate=Decimal(150))
    dollars = start("S-1", "2026-01-01", term_months=12, currency="USD")
    francs = start("S-2", "2026-01-01", term_months=12, currency="CHF")
    assert [row.arr for row in look(dollars, francs)] == [180_000, None]


def test_many_contracts_are_looked_at_at_once(
    start: Start, django_assert_max_num_queries: Callable[..., object]
) -> None:
    ids = [start(f"S-{n}", "2026-01-01", term_months=12).pk for n in range(20)]
    with django_assert_max_num_queries(10):
        assert derive_renewals(now=NOW, subscription_ids=ids) == 20


def test_a_day_in_the_far_future_is_no_row(start: Start, look: Look) -> None:
    assert look(start("S-1", "2026-01-01", term_ends_on=dt.date(2199, 12, 31))) == []
