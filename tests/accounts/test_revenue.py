"""`recurring_revenue` against figures worked out by hand."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.actions.catalogue import set_rate
from accounts.actions.contracts import (
    change_subscription,
    end_subscription,
    give_notice,
    pause_subscription,
    renew_subscription,
)
from accounts.actions.corrections import record_one_off, void_event
from accounts.models import ContractEvent, Subscription
from tests.accounts.conftest import NOW

day = dt.date.fromisoformat
D = Decimal


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_unit_price_times_seats_from_the_first_day_on(start, revenue):
    start("S-1", "2026-02-01", unit_price=D(1200), seats=10)
    start("S-2", "2026-02-01", unit_price=D(5000))
    assert revenue("2026-01-31") == {}
    assert revenue("2026-02-01") == {"S-1": D(12000), "S-2": D(5000)}


def test_the_last_paid_day_still_counts_and_the_next_does_not(start, revenue, actor):
    contract = start("S-1", "2026-01-01", unit_price=D(100))
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-03-31"), reason="price"
    )
    assert revenue("2026-03-31") == {"S-1": D(100)}
    assert revenue("2026-04-01") == {}
    assert (contract.status, contract.ended_on, contract.mrr) == ("ended", day("2026-03-31"), 0)


def test_each_currency_is_converted_at_the_rate_of_the_day(start, revenue, actor):
    for valid_from, rate in (("2026-01-01", "150"), ("2026-03-01", "160.5")):
        set_rate(actor=actor, now=NOW, currency="USD", valid_from=day(valid_from), rate=D(rate))
    set_rate(actor=actor, now=NOW, currency="EUR", valid_from=day("2026-02-01"), rate=D("170"))
    start("yen", "2026-01-01", unit_price=D(1000))
    start("dollar", "2026-01-01", unit_price=D("9.99"), seats=3, currency="USD")
    start("euro", "2026-01-01", unit_price=D("0.01"), currency="EUR")
    # 9.99 × 3 × 150 = 4,495.50; on 1 March 9.99 × 3 × 160.5 = 4,810.185; 0.01 × 170 = 1.70
    assert revenue("2026-02-28") == {"yen": D(1000), "dollar": D("4495.50"), "euro": D("1.70")}
    assert revenue("2026-03-01")["dollar"] == D("4810.185")


def test_a_missing_rate_is_null_and_not_nought(start, revenue, actor):
    set_rate(actor=actor, now=NOW, currency="EUR", valid_from=day("2026-02-01"), rate=D("170"))
    start("euro", "2026-01-01", unit_price=D(10), currency="EUR")
    assert revenue("2026-01-31") == {"euro": None}
    assert revenue("2026-02-01") == {"euro": D(1700)}


def test_what_was_known_later_is_not_seen_before(start, revenue, actor):
    contract = start("S-1", "2026-01-01", unit_price=D(100), now=at("2026-01-05"))
    change_subscription(
        actor=actor,
        now=at("2026-04-10"),
        subscription=contract,
        effective_on=day("2026-02-01"),
        unit_price=D(130),
    )
    assert revenue("2026-03-01", at("2026-03-01")) == {"S-1": D(100)}
    assert revenue("2026-03-01") == {"S-1": D(130)}
    assert revenue("2026-01-31") == {"S-1": D(100)}
    assert revenue("2026-01-03", at("2026-01-03")) == {}


def test_a_voided_entry_counts_until_it_was_voided(start, revenue, actor):
    contract = start("S-1", "2026-01-01", unit_price=D(100), now=at("2026-01-01"))
    mistake = change_subscription(
        actor=actor,
        now=at("2026-02-10"),
        subscription=contract,
        effective_on=day("2026-02-01"),
        unit_price=D(999),
    )
    void_event(actor=actor, now=at("2026-03-10"), event=mistake)
    assert revenue("2026-02-15", at("2026-02-20")) == {"S-1": D(999)}
    assert revenue("2026-02-15", at("2026-03-11")) == {"S-1": D(100)}
    contract.refresh_from_db()
    assert contract.mrr == 100


def test_overdue_counts_for_thirty_days_then_churned_on_its_term_end(start, revenue):
    start("S-1", "2025-04-01", unit_price=D(100), term_months=12, now=at("2025-04-01"))
    assert revenue("2026-03-31", at("2026-03-31")) == {"S-1": D(100)}
    assert revenue("2026-04-30", at("2026-04-30")) == {"S-1": D(100)}  # day 30
    assert revenue("2026-05-01", at("2026-05-01")) == {}  # day 31
    # once it is known that nobody renewed, the days of grace were not paid either
    assert revenue("2026-04-10", at("2026-05-01")) == {}
    assert revenue("2026-03-31", at("2026-05-01")) == {"S-1": D(100)}


def test_days_of_grace_before_a_late_renewal_stay_counted(start, revenue, actor):
    contract = start("S-1", "2025-04-01", unit_price=D(100), term_months=12, now=at("2025-04-01"))
    renew_subscription(
        actor=actor, now=NOW, subscription=contract, effective_on=day("2026-04-12"), term_months=12
    )
    assert revenue("2026-04-05", at("2026-12-01")) == {"S-1": D(100)}
    assert revenue("2027-04-11", at("2027-04-11")) == {"S-1": D(100)}


def test_notice_is_not_counted_until_the_term_is_over(start, revenue, actor):
    contract = start("S-1", "2025-04-15", unit_price=D(100), term_months=12)
    give_notice(actor=actor, now=NOW, subscription=contract, given_on=day("2026-03-01"))
    assert revenue("2026-04-14") == {"S-1": D(100)}
    assert revenue("2026-04-15") == {}


def test_terms_roll_on_by_themselves_until_notice(start, revenue, actor, scoped):
    contract = start(
        "S-1",
        "2024-03-01",
        unit_price=D(100),
        term_months=12,
        auto_renew=True,
        notice_deadline_on=day("2025-01-31"),
    )
    assert contract.term_ends_on == day("2027-02-28")
    assert contract.notice_deadline_on == day("2027-01-31")  # 28 days before, as in 2025
    give_notice(actor=actor, now=NOW, subscription=contract, given_on=day("2026-04-01"))
    assert contract.term_ends_on == day("2027-02-28")
    assert revenue("2027-02-28", at("2030-01-01")) == {"S-1": D(100)}
    assert revenue("2027-03-01", at("2030-01-01")) == {}


def test_a_pause_counts_and_a_one_off_does_not(start, revenue, actor, account):
    contract = start("S-1", "2026-01-01", unit_price=D(100))
    pause_subscription(actor=actor, now=NOW, subscription=contract, effective_on=day("2026-02-01"))
    record_one_off(
        actor=actor, now=NOW, account=account, amount=D(70000), effective_on=day("2026-03-01")
    )
    assert contract.status == "paused"
    assert revenue("2026-04-01") == {"S-1": D(100)}


def test_another_workspace_sees_nothing(start, rival_workspace, scoped):
    start("S-1", "2026-01-01", unit_price=D(100))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM recurring_revenue(%s, %s, %s)",
            [rival_workspace.pk, "2026-04-01", NOW],
        )
        assert cursor.fetchall() == []


def test_a_future_start_is_upcoming(start, revenue):
    contract = start("S-1", "2026-06-01", unit_price=D(100))
    assert contract.status == Subscription.Status.UPCOMING
    assert revenue("2026-04-15") == {}
    assert revenue("2026-06-01") == {"S-1": D(100)}


def test_the_ledger_cannot_be_rewritten(start):
    start("S-1", "2026-01-01", unit_price=D(100))
    with pytest.raises(ProgrammingError), transaction.atomic():
        ContractEvent.objects.update(mrr=1)
