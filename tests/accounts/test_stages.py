"""The lifecycle stage follows the contracts, and what somebody stated for later stays."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.actions.accounts import change_stage, create_account, upsert_account
from accounts.actions.contracts import (
    end_subscription,
    reactivate_subscription,
    renew_subscription,
)
from accounts.actions.corrections import void_event
from accounts.actions.ledger import derive
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.models import AttributeChange, DirtyAccount
from cs_platform.core import clock
from tests.accounts.conftest import NOW

DAY = dt.timedelta(days=1)
day = dt.date.fromisoformat


def at(text: str) -> dt.datetime:
    """Midnight in Tokyo."""
    return clock.day_start(day(text), "Asia/Tokyo")


def stages(found) -> list[tuple[str, dt.datetime, bool]]:
    """Every stage the account was in, since when, and whether its contracts said so."""
    changes = AttributeChange.objects.filter(account=found, attribute="stage")
    rows = changes.order_by("happened_at", "id").values_list(
        "new_value", "happened_at", "is_derived"
    )
    found.refresh_from_db()
    assert found.stage == rows[len(rows) - 1][0]
    return list(rows)


@pytest.fixture
def account(scoped, actor):
    return create_account(
        actor=actor,
        now=NOW,
        external_id="A-1",
        name="Sakura Foods",
        stage="value",
        happened_at=at("2025-01-01"),
    )


@pytest.fixture
def contract(start, account):
    return start("S-1", "2025-01-01", unit_price=Decimal(100), now=at("2025-01-01"))


def test_an_end_makes_churned_from_the_day_after_and_a_return_takes_it_back(
    contract, account, actor
):
    how = {"actor": actor, "now": NOW, "subscription": contract}
    end_subscription(**how, last_paid_on=day("2026-02-28"), reason="price")
    assert stages(account)[1:] == [("churned", at("2026-03-01"), True)]
    change = AttributeChange.objects.get(is_derived=True)
    assert (change.old_value, change.known_at, change.is_historical) == ("value", NOW, False)
    assert DirtyAccount.objects.filter(account_id=account.pk).exists()
    reactivate_subscription(**how, effective_on=day("2026-04-01"))
    assert stages(account)[2:] == [("value", at("2026-04-01"), True)]


def test_an_end_to_come_takes_effect_when_its_day_comes(contract, account, actor):
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-04-30"), reason="price"
    )
    derive(at("2026-05-01") - DAY)
    assert len(stages(account)) == 1
    derive(at("2026-05-01"))
    assert stages(account)[1:] == [("churned", at("2026-05-01"), True)]
    derive(at("2026-05-02"))
    assert len(stages(account)) == 2


def test_a_term_that_ran_out_is_churn_when_its_days_of_grace_are_over(start, account):
    start(
        "S-1", "2025-01-01", unit_price=Decimal(1), term_months=12,
        now=at("2025-01-01"),
    )  # fmt: skip
    # the term ends with 31 December, the 30 days of grace with 30 January
    derive(at("2026-01-30"))
    assert len(stages(account)) == 1
    derive(at("2026-01-31"))
    assert stages(account)[1:] == [("churned", at("2026-01-01"), True)]
    assert AttributeChange.objects.get(is_derived=True).known_at == at("2026-01-31")


def test_a_renewal_entered_late_takes_it_back(start, account, actor):
    contract = start(
        "S-1", "2025-01-01", unit_price=Decimal(1), term_months=12,
        now=at("2025-01-01"),
    )  # fmt: skip
    derive(at("2026-02-10"))
    renew_subscription(actor=actor, now=NOW, subscription=contract, effective_on=day("2026-01-01"))
    assert stages(account)[1:] == [
        ("churned", at("2026-01-01"), True),
        ("value", at("2026-01-01"), True),
    ]


def test_an_end_that_was_a_mistake_is_taken_back_as_of_its_day(contract, account, actor):
    churn = end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-02-28"), reason="price"
    )
    void_event(actor=actor, now=NOW + DAY, event=churn)
    assert stages(account)[1:] == [
        ("churned", at("2026-03-01"), True),
        ("value", at("2026-03-01"), True),
    ]


def test_one_contract_of_two_is_no_churn_and_one_to_come_keeps_the_stage(
    contract, start, account, actor
):
    start("S-2", "2026-01-01", unit_price=Decimal(5), now=NOW)
    how = {"actor": actor, "now": NOW, "reason": "price"}
    end_subscription(**how, subscription=contract, last_paid_on=day("2026-02-28"))
    assert len(stages(account)) == 1
    second = account.subscriptions.get(external_id="S-2")
    start("S-3", "2026-06-01", unit_price=Decimal(5), now=NOW)
    end_subscription(**how, subscription=second, last_paid_on=day("2026-03-31"))
    assert len(stages(account)) == 1


def test_the_end_of_a_free_trial_is_no_churn(start, account, actor):
    trial = start("S-1", "2026-01-01", unit_price=Decimal(0))
    end_subscription(
        actor=actor, now=NOW, subscription=trial, last_paid_on=day("2026-02-28"), reason="price"
    )
    assert len(stages(account)) == 1


def test_what_somebody_stated_for_a_later_time_stays(contract, account, actor):
    how = {"actor": actor, "now": NOW, "account": account}
    change_stage(**how, stage="renewal", happened_at=at("2026-03-01"))
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-02-28"), reason="price"
    )
    assert stages(account)[-1] == ("renewal", at("2026-03-01"), False)
    change_stage(**how, stage="churned", happened_at=at("2026-03-05"))
    # of before that day: it says nothing of those who left on it
    reactivate_subscription(
        actor=actor, now=NOW, subscription=contract, effective_on=day("2026-03-02")
    )
    assert stages(account)[-1] == ("churned", at("2026-03-05"), False)


def test_who_was_said_to_have_left_and_signs_again_is_a_customer(contract, start, account, actor):
    how = {"actor": actor, "now": NOW, "account": account}
    end_subscription(
        actor=actor, now=NOW, subscription=contract, last_paid_on=day("2026-01-31"), reason="price"
    )
    change_stage(**how, stage="prospect", happened_at=at("2026-02-05"))
    change_stage(**how, stage="churned", happened_at=at("2026-02-10"))
    start("S-2", "2026-04-01", unit_price=Decimal(5))
    # from prospect a customer does not come back to prospect
    assert stages(account)[-1] == ("adoption", at("2026-04-01"), True)


def test_contracts_imported_after_their_accounts(scoped, actor):
    """The accounts begin with today's import; their stage of then was stated by nobody."""
    for external_id, fields in {"A-1": {}, "A-2": {"stage": "prospect"}}.items():
        upsert_account(actor=actor, now=NOW, external_id=external_id, name="x", **fields)
    ended = {"product": "core", "starts_on": "2024-01-01", "mrr": 10, "ended_on": "2024-12-31"}
    running = {"product": "core", "starts_on": "2025-06-01", "mrr": 10}
    items = [
        {"external_id": "S-1", "account_external_id": "A-1", **ended},
        {"external_id": "S-2", "account_external_id": "A-2", **ended},
    ]
    results = upsert_subscriptions(actor=actor, now=NOW + DAY, items=items, is_historical=True)
    accounts = [result.obj.account for result in results]
    assert [change[0] for change in stages(accounts[0])] == ["adoption", "churned"]
    derived = AttributeChange.objects.get(is_derived=True)
    assert (derived.happened_at, derived.known_at, derived.is_historical) == (NOW, NOW, True)
    assert [change[0] for change in stages(accounts[1])] == ["prospect"]
    items = [{"external_id": "S-3", "account_external_id": "A-1", **running}]
    upsert_subscriptions(actor=actor, now=NOW + DAY, items=items, is_historical=True)
    # it had signed again before anybody said that it left
    assert stages(accounts[0])[-1] == ("adoption", NOW, True)


@pytest.mark.parametrize(
    ("again", "back_on"), [("2025-05-01", "2025-05-01"), ("2025-02-01", "2025-03-01")]
)
def test_a_history_that_comes_in_pieces(scoped, actor, again, back_on):
    """What ended too, but later, dates the end anew: the account was a customer in between."""
    fields = {"stage": "value", "happened_at": "2024-12-01T00:00:00+09:00"}
    upsert_account(actor=actor, now=NOW, external_id="A-1", name="x", is_historical=True, **fields)

    def load(external_id: str, starts_on: str, ended_on: str):
        item = {
            "external_id": external_id, "account_external_id": "A-1", "product": external_id,
            "mrr": 10, "starts_on": starts_on, "ended_on": ended_on,
        }  # fmt: skip
        (result,) = upsert_subscriptions(actor=actor, now=NOW, items=[item], is_historical=True)
        assert not result.problems
        return result.obj.account

    load("S-1", "2025-01-01", "2025-02-28")
    found = load("S-2", again, "2025-06-30")
    wanted = [
        ("churned", at("2025-03-01"), True),
        ("value", at(back_on), True),
        ("churned", at("2025-07-01"), True),
    ]
    assert stages(found)[-3:] == wanted
    # an earlier end changes nothing more
    assert stages(load("S-0", "2024-12-01", "2024-12-31"))[-3:] == wanted
