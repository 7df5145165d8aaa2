"""The ledger's rules: which entry follows from which change, and what it refuses."""

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import ledger
from accounts.actions.accounts import create_account
from accounts.actions.contracts import (
    change_subscription,
    end_subscription,
    give_notice,
    reactivate_subscription,
    renew_subscription,
    start_subscription,
    withdraw_notice,
)
from accounts.actions.corrections import void_event
from accounts.actions.ledger import derive
from accounts.ledger import State, Stretch, classify, start_kind
from accounts.models import ContractEvent, Plan, Product, Subscription
from accounts.queries.ledger import last_states
from cs_platform.core.errors import DomainError
from tests.accounts.conftest import NOW, TODAY

day = dt.date.fromisoformat
D = Decimal


class Grade:
    def __init__(self, pk: int, rank: int) -> None:
        self.pk, self.rank = pk, rank


LOW, HIGH, SIDE = Grade(1, 1), Grade(2, 2), Grade(3, 1)
BEFORE = State(
    since=day("2026-01-01"),
    starts_on=day("2026-01-01"),
    plan=LOW,
    seats=10,
    unit_price=D(100),
    mrr=D(1000),
    currency="JPY",
)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"plan": HIGH, "unit_price": D(120), "mrr": D(1200)}, "upsell"),
        ({"seats": 12, "mrr": D(1200)}, "upsell"),
        ({"unit_price": D(110), "mrr": D(1100)}, "price_rise"),
        ({"unit_price": D(90), "mrr": D(900)}, "contraction"),
        ({"seats": 8, "mrr": D(800)}, "contraction"),
        # a higher plan for fewer seats that brings in less
        ({"plan": HIGH, "seats": 5, "unit_price": D(150), "mrr": D(750)}, "contraction"),
        # fewer seats at a price so much higher that more comes in
        ({"seats": 8, "unit_price": D(150), "mrr": D(1200)}, "price_rise"),
        # a free upgrade, a downgrade that costs the same, another plan of the same grade
        ({"plan": HIGH}, "upsell"),
        ({"plan": Grade(0, 0)}, "contraction"),
        ({"plan": SIDE, "unit_price": D(120), "mrr": D(1200)}, "upsell"),
        ({"auto_renew": True}, "terms"),
        # another currency is not compared
        ({"currency": "USD", "unit_price": D(1), "mrr": D(10)}, "terms"),
        ({"currency": "USD", "seats": 11, "unit_price": D(1), "mrr": D(11)}, "upsell"),
        ({}, None),
    ],
)
def test_a_change_is_named_by_what_changed(change, kind):
    assert classify(BEFORE, replace(BEFORE, **change)) == kind


@pytest.mark.parametrize(
    ("others", "kind"),
    [
        ([], "new"),
        ([Stretch(2, day("2025-01-01"), None)], "cross_sell"),
        ([Stretch(2, day("2025-01-01"), day("2026-01-01"))], "cross_sell"),
        ([Stretch(2, day("2025-01-01"), day("2025-12-31"))], "reactivation"),
        ([Stretch(1, day("2025-01-01"), day("2025-12-31"))], "reactivation"),
        ([Stretch(1, day("2025-01-01"), None)], "new"),
        ([Stretch(2, day("2026-02-01"), None)], "new"),
    ],
)
def test_a_start_is_named_by_the_other_contracts(others, kind):
    assert start_kind(others, 1, day("2026-01-01")) == kind


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-01", 12, "2026-12-31"),
        ("2026-03-01", 12, "2027-02-28"),
        ("2027-03-01", 12, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-27"),
        ("2026-12-15", 1, "2027-01-14"),
    ],
)
def test_last_paid_day_of_a_term(start, months, end):
    assert ledger.term_end(day(start), months) == day(end)


def test_each_change_appends_and_the_contract_is_what_the_ledger_says(start, actor):
    plan = {"actor": actor, "now": NOW}
    contract = start("S-1", "2025-01-01", unit_price=D(100), seats=10, term_months=12)
    renew_subscription(**plan, subscription=contract, seats=12)
    change_subscription(
        **plan, subscription=contract, effective_on=day("2026-02-01"), unit_price=D(120)
    )
    give_notice(**plan, subscription=contract, given_on=day("2026-03-01"))
    entries = contract.ledger.order_by("effective_on", "id").values_list("kind", "effective_on")
    assert list(entries) == [
        ("new", day("2025-01-01")),
        ("renewal", day("2026-01-01")),
        ("upsell", day("2026-01-01")),
        ("price_rise", day("2026-02-01")),
        ("notice", day("2026-03-01")),
    ]
    assert (contract.seats, contract.unit_price, contract.mrr) == (12, D(120), D(1440))
    assert (contract.term_ends_on, contract.notice_given_on) == (
        day("2026-12-31"),
        day("2026-03-01"),
    )


def refused(code: str):
    class Expectation:
        def __enter__(self) -> None:
            self.raised = pytest.raises(DomainError)
            self.info = self.raised.__enter__()

        def __exit__(self, *exc: object) -> bool:
            done = self.raised.__exit__(*exc)
            assert self.info.value.code == code
            return done

    return Expectation()


def test_what_contradicts_the_ledger_is_refused(start, actor):
    how = {"actor": actor, "now": NOW}
    contract = start("S-1", "2025-06-01", unit_price=D(100), term_months=12)
    how["subscription"] = contract
    with refused("end_before_start"):
        end_subscription(**how, last_paid_on=day("2025-05-30"), reason="price")
    with refused("unknown_choice"):
        end_subscription(**how, last_paid_on=day("2025-07-31"), reason="boredom")
    with refused("no_notice"):
        withdraw_notice(**how, effective_on=TODAY)
    with refused("not_ended"):
        reactivate_subscription(**how, effective_on=TODAY)
    with refused("nothing_changed"):
        change_subscription(**how, effective_on=TODAY, unit_price=D(100))
    with refused("lapsed"):
        renew_subscription(**how, effective_on=day("2026-07-02"), term_months=12)
    with refused("in_future"):
        give_notice(**how, given_on=TODAY + dt.timedelta(days=1))
    end_subscription(**how, last_paid_on=day("2026-03-31"), reason="price")
    for again in (
        lambda: end_subscription(**how, last_paid_on=day("2026-03-31"), reason="price"),
        lambda: change_subscription(**how, effective_on=TODAY, unit_price=D(1)),
        lambda: renew_subscription(**how, term_months=12),
    ):
        with refused("ended"):
            again()
    with refused("later_entry"):
        change_subscription(**how, effective_on=day("2026-02-01"), unit_price=D(1))
    # nothing of what was refused is left behind
    assert contract.ledger.count() == 2


def test_only_the_last_entry_can_be_voided_and_only_once(start, actor):
    how = {"actor": actor, "now": NOW}
    contract = start("S-1", "2025-06-01", unit_price=D(100))
    first = contract.ledger.get()
    change = change_subscription(
        **how, subscription=contract, effective_on=day("2026-01-01"), unit_price=D(150)
    )
    with refused("later_entry"):
        void_event(**how, event=first)
    void = void_event(**how, event=change, note="typing mistake")
    with refused("already_voided"):
        void_event(**how, event=change)
    with refused("not_voidable"):
        void_event(**how, event=void)
    void_event(**how, event=first)
    contract.refresh_from_db()
    assert (contract.status, contract.mrr) == (Subscription.Status.VOIDED, 0)
    assert ContractEvent.objects.count() == 4


def test_cross_sell_and_reactivation_follow_from_the_accounts_other_contracts(start, actor):
    core = start("S-1", "2025-01-01", unit_price=D(100))
    addon = Product.objects.create(code="addon", name="Add-on")
    second = start("S-2", "2025-06-01", unit_price=D(50), product=addon)
    assert second.ledger.get().kind == "cross_sell"
    for contract in (core, second):
        end_subscription(
            actor=actor,
            now=NOW,
            subscription=contract,
            last_paid_on=day("2025-12-31"),
            reason="budget",
        )
    third = start("S-3", "2026-02-01", unit_price=D(100))
    assert third.ledger.get().kind == "reactivation"


def test_a_plan_of_another_product_is_refused(start):
    other = Product.objects.create(code="addon", name="Add-on")
    plan = Plan.objects.create(product=other, code="x", name="X")
    with refused("wrong_product"):
        start("S-1", "2025-01-01", plan=plan, unit_price=D(1))


def test_as_days_pass_contracts_are_derived_anew(start):
    contract = start("S-1", "2025-05-01", unit_price=D(100), term_months=12)
    assert contract.status == "active"
    seen = []
    for when in ("2026-04-30", "2026-05-01", "2026-05-30", "2026-05-31"):
        derive(dt.datetime.combine(day(when), dt.time(3), dt.UTC))
        contract.refresh_from_db()
        seen.append((contract.status, contract.ended_on))
    assert seen == [
        ("active", None),
        ("overdue", None),
        ("overdue", None),
        ("ended", day("2026-04-30")),
    ]


terms = st.fixed_dictionaries(
    {
        "starts_on": st.dates(day("2023-01-01"), day("2024-12-31")),
        "term_months": st.integers(1, 25),
        "auto_renew": st.booleans(),
        "notice_after": st.none() | st.integers(0, 900),
        "look_after": st.integers(0, 1500),
    }
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(terms=terms)
def test_the_rules_in_python_and_in_sql_agree(scoped, actor, terms):
    """Term, end and status of any day, by `accounts.ledger` and by `subscription_states`."""
    starts_on = terms["starts_on"]
    look = starts_on + dt.timedelta(days=terms["look_after"])
    known = dt.datetime.combine(look, dt.time(3), dt.UTC)
    with transaction.atomic():
        account = create_account(actor=actor, now=known, external_id="A", name="A")
        product = Product.objects.create(code="p", name="p")
        contract = start_subscription(
            actor=actor,
            now=known,
            account=account,
            external_id="S",
            product=product,
            starts_on=starts_on,
            unit_price=D(1),
            term_months=terms["term_months"],
            auto_renew=terms["auto_renew"],
        )
        if terms["notice_after"] is not None:
            given_on = starts_on + dt.timedelta(days=terms["notice_after"])
            with suppress(DomainError):  # dated ahead, or after the end
                give_notice(actor=actor, now=known, subscription=contract, given_on=given_on)
        state = last_states([contract.pk])[contract.pk]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT term_ends_on, ended_on, status FROM subscription_states(%s, %s, %s)",
                [scoped.pk, look, known],
            )
            term_ends_on, ended_on, status = cursor.fetchone()
        transaction.set_rollback(True)
    rolled = ledger.rolled(state, look)
    lapsed = ledger.lapsed_on(state, look)
    assert term_ends_on == rolled.term_ends_on
    assert ended_on == lapsed
    overdue = lapsed is None and look > rolled.term_ends_on
    assert status == ("ended" if lapsed else "overdue" if overdue else "active")
