"""Many rows at a time: outcomes per item, history, and a constant number of queries."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actions.accounts import change_stage, update_account, upsert_account, upsert_accounts
from accounts.actions.contacts import upsert_contacts
from accounts.actions.contracts import change_subscription, end_subscription
from accounts.actions.interactions import upsert_interactions
from accounts.actions.ledger import derive
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.actors import Actor
from accounts.folding import digits, fold
from accounts.models import Account, AttributeChange, ContractEvent, DirtyAccount, Subscription
from cs_platform.core import tenancy
from cs_platform.core.database import use_role
from cs_platform.core.errors import DomainError
from cs_platform.core.isolation import tenant_models
from tests.accounts.conftest import NOW
from tests.cast import Cast, make_workspace
from tests.live import wait_until

D = Decimal


def account_items(count: int) -> list[dict[str, Any]]:
    return [
        {"external_id": f"A-{n}", "name": f"Firm {n}", "segment": "small", "seats": n}
        for n in range(count)
    ]


def contract_items(count: int) -> list[dict[str, Any]]:
    return [
        {
            "external_id": f"S-{n}",
            "account_external_id": f"A-{n}",
            "product": "core",
            "plan": "basic",
            "starts_on": "2026-01-01",
            "mrr": "1000",
            "seats": 3,
        }
        for n in range(count)
    ]


def outcomes(results: list[Any]) -> list[str]:
    return [result.outcome for result in results]


WRITERS = {
    "accounts": (upsert_accounts, account_items),
    "contacts": (
        upsert_contacts,
        lambda count: [
            {"external_id": f"P-{n}", "account_external_id": f"A-{n}", "name": f"Person {n}"}
            for n in range(count)
        ],
    ),
    "subscriptions": (upsert_subscriptions, contract_items),
    "interactions": (
        upsert_interactions,
        lambda count: [
            {
                "external_id": f"I-{n}",
                "account_external_id": f"A-{n}",
                "kind": "call_in",
                "summary": "Hello",
                "happened_at": "2026-04-01T10:00:00+09:00",
            }
            for n in range(count)
        ],
    ),
}


@pytest.mark.parametrize("kind", list(WRITERS))
def test_as_many_queries_for_many_as_for_few_and_twice_changes_nothing(scoped, actor, kind):
    write, items = WRITERS[kind]
    if kind != "accounts":
        upsert_accounts(actor=actor, now=NOW, items=account_items(100))
    spent = []
    for count in (2, 100):
        with CaptureQueriesContext(connection) as queries:
            results = write(actor=actor, now=NOW, items=items(count))
        spent.append(len(queries))
        assert set(outcomes(results)) <= {"created", "unchanged"}
    # at most one statement more, for those of the first two that were there already
    assert spent[1] <= spent[0] + 1
    assert outcomes(write(actor=actor, now=NOW, items=items(100))) == ["unchanged"] * 100


def test_bad_items_stand_beside_good_ones(scoped, actor):
    results = upsert_accounts(
        actor=actor,
        now=NOW,
        items=[
            {"external_id": "A-1", "name": "One"},
            {"external_id": "A-2"},
            {"external_id": "A-3", "name": "x" * 301, "seats": -1, "colour": "red"},
            {"external_id": "A-4", "name": "Four", "owner_email": "nobody@nowhere.example"},
            {"name": "No id"},
            {"external_id": "A-5", "name": "a\x00b"},
            {"external_id": "A-1", "name": "One again"},
        ],
    )
    assert outcomes(results) == ["created", *["rejected"] * 5, "updated"]
    problems = [sorted((p.field, p.code) for p in result.problems) for result in results[1:6]]
    assert problems == [
        [("name", "required")],
        [("colour", "unknown_field"), ("name", "too_long"), ("seats", "out_of_range")],
        [("owner_email", "unknown_member")],
        [("external_id", "required")],
        [("name", "nul_character")],
    ]
    assert list(Account.objects.values_list("name", flat=True)) == ["One again"]


def test_history_is_kept_from_the_first_value_on(scoped, actor, cast):
    account = upsert_account(
        actor=actor,
        now=NOW,
        external_id="A-1",
        name="One",
        stage="onboarding",
        known_at=NOW - dt.timedelta(days=100),
        is_historical=True,
        owner_email=cast["csm"].user.email.upper(),
    ).obj
    update_account(actor=actor, account=account, now=NOW, stage="adoption", tier="gold")
    # a late fact about the past: noted, and the present stays as it is
    change_stage(
        actor=actor,
        account=account,
        stage="value",
        happened_at=NOW - dt.timedelta(days=50),
        now=NOW,
    )
    account.refresh_from_db()
    assert account.stage == "adoption"
    changes = AttributeChange.objects.filter(attribute="stage").order_by("happened_at")
    assert list(changes.values_list("old_value", "new_value")) == [
        ("", "onboarding"),
        ("onboarding", "value"),
        ("onboarding", "adoption"),
    ]
    first, late, _last = changes
    assert (first.known_at, first.is_historical) == (first.happened_at, True)
    assert (late.known_at, late.is_historical) == (NOW, False)
    assert AttributeChange.objects.get(attribute="owner").new_value == str(cast["csm"].pk)
    assert DirtyAccount.objects.filter(account_id=account.pk).exists()


def test_custom_attributes_are_merged_and_removed_by_null(scoped, actor):
    for attributes in ({"a": 1, "b": 2}, {"b": None, "c": [3]}):
        upsert_account(actor=actor, now=NOW, external_id="A-1", name="One", attributes=attributes)
    assert Account.objects.get().attributes == {"a": 1, "c": [3]}


def test_a_restated_contract_becomes_entries_of_what_differs(scoped, actor):
    upsert_accounts(actor=actor, now=NOW, items=account_items(1))
    base = {**contract_items(1)[0], "term_ends_on": "2026-06-30"}

    def restate(**news: Any) -> str:
        (result,) = upsert_subscriptions(actor=actor, now=NOW, items=[{**base, **news}])
        return result.outcome if not result.problems else result.problems[0].code

    assert restate() == "created"
    assert restate(mrr="1500", effective_on="2026-02-01") == "updated"
    assert restate(mrr="1500", term_ends_on="2027-06-30") == "updated"
    assert restate(mrr="1500", term_ends_on="2027-06-30", starts_on="2025-01-01") == (
        "start_differs"
    )
    base.update(mrr="1500", term_ends_on="2027-06-30")
    assert restate(ended_on="2026-12-31", reason="price") == "updated"
    assert restate(ended_on="2026-12-31", reason="price") == "unchanged"
    entries = ContractEvent.objects.order_by("effective_on", "id")
    assert list(entries.values_list("kind", "effective_on", "mrr")) == [
        ("new", dt.date(2026, 1, 1), 1000),
        ("price_rise", dt.date(2026, 2, 1), 1500),
        ("renewal", dt.date(2026, 7, 1), 1500),
        ("churn", dt.date(2027, 1, 1), 0),
    ]
    assert Subscription.objects.get().status == "active"


def test_one_spelling_for_search():
    assert fold("ｻｸﾗ　さくら ＩＮＣ．") == fold("サクラ サクラ inc.")
    assert digits("03-1234-5678", "JP") == digits("+81 3 1234 5678") == "81312345678"
    assert digits("（０３）１２３４−５６７８", "JP") == "81312345678"
    assert digits("(415) 555-2671", "US") == "14155552671"


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """A workspace whose rows are committed, so that other connections see them; removed after.

    The tables are append-only for the application role, which could not empty them: the owner
    removes the workspace's rows.
    """
    with django_db_blocker.unblock():
        workspace = make_workspace("committed")
        yield workspace
        use_role(connection, "owner")
        with transaction.atomic(), connection.cursor() as cursor:
            for model in tenant_models():
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"DELETE FROM {table} WHERE workspace_id = %s", [workspace.pk])
            users = list(workspace.memberships.values_list("user_id", flat=True))
            cursor.execute(
                "DELETE FROM accounts_membership WHERE workspace_id = %s", [workspace.pk]
            )
            cursor.execute("DELETE FROM accounts_user WHERE id = ANY(%s)", [users])
            cursor.execute("DELETE FROM accounts_workspace WHERE id = %s", [workspace.pk])
        use_role(connection, "application")


def test_two_writers_of_one_contract_do_not_interleave(committed):
    workspace = committed
    actor = Actor.of(Cast(workspace)["csm"])
    with tenancy.scope(workspace.pk):
        upsert_accounts(actor=actor, now=NOW, items=account_items(1))
        upsert_subscriptions(actor=actor, now=NOW, items=contract_items(1))
        contract = Subscription.objects.get()
    ready, codes = threading.Barrier(4), []

    def write(turn: int) -> None:
        try:
            with tenancy.scope(workspace.pk):
                ready.wait()
                if turn % 2:
                    end_subscription(
                        actor=actor,
                        now=NOW,
                        subscription=contract,
                        last_paid_on=dt.date(2026, 3, 31),
                        reason="price",
                    )
                else:
                    change_subscription(
                        actor=actor,
                        now=NOW,
                        subscription=contract,
                        effective_on=dt.date(2026, 2, 1),
                        seats=10 + turn,
                        unit_price=D(100),
                    )
                codes.append("done")
        except DomainError as error:
            codes.append(error.code)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[turn]) for turn in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(codes) == 4
    assert set(codes) <= {"done", "ended", "later_entry"}
    with tenancy.scope(workspace.pk):
        entries = list(ContractEvent.objects.order_by("effective_on", "id"))
        # exactly one end, at the end, and the contract is what the last entry says
        assert [entry.kind for entry in entries].count("churn") == 1
        assert entries[-1].kind == "churn"
        assert len(entries) == 1 + codes.count("done")
        contract.refresh_from_db()
        assert (contract.status, contract.seats) == ("ended", entries[-1].seats)


def at_once(*jobs: Callable[[], None]) -> None:
    """Run each job in a thread and on a connection of its own."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_of_two_who_bring_the_same_new_account_neither_takes_the_others_values(committed):
    workspace, actor = committed, Actor.of(Cast(committed)["csm"])
    written, told = threading.Event(), []

    def crm() -> None:
        item = {"external_id": "A-1", "name": "From the CRM", "seats": 50}
        with tenancy.scope(workspace.pk):
            told.extend(outcomes(upsert_accounts(actor=actor, now=NOW, items=[item])))
            written.set()
            wait_until(waits_for_a_lock)

    def billing() -> None:
        item = {"external_id": "A-1", "name": "From billing"}
        written.wait()
        with tenancy.scope(workspace.pk):
            told.extend(outcomes(upsert_accounts(actor=actor, now=NOW, items=[item])))

    at_once(crm, billing)
    assert told == ["created", "updated"]
    with tenancy.scope(workspace.pk):
        account = Account.objects.get()
        assert (account.name, account.seats) == ("From billing", 50)
        changes = AttributeChange.objects.filter(attribute="stage")
        assert [change.old_value for change in changes] == [""]


def test_what_is_entered_while_a_new_day_is_derived_is_not_undone(committed):
    workspace, actor = committed, Actor.of(Cast(committed)["csm"])
    with tenancy.scope(workspace.pk):
        upsert_accounts(actor=actor, now=NOW, items=account_items(1))
        upsert_subscriptions(actor=actor, now=NOW, items=contract_items(1))
        contract = Subscription.objects.get()
        # something for the new day to set right
        Subscription.objects.update(mrr=1)
    entered = threading.Event()

    def person() -> None:
        with tenancy.scope(workspace.pk):
            change_subscription(
                actor=actor,
                now=NOW,
                subscription=contract,
                effective_on=dt.date(2026, 2, 1),
                seats=30,
            )
            entered.set()
            wait_until(waits_for_a_lock)

    def new_day() -> None:
        entered.wait()
        with tenancy.scope(workspace.pk):
            derive(NOW)

    at_once(person, new_day)
    with tenancy.scope(workspace.pk):
        contract.refresh_from_db()
        assert contract.seats == 30


def test_writers_who_bring_the_same_new_contracts_agree(committed):
    workspace = committed
    actor = Actor.of(Cast(workspace)["csm"])
    with tenancy.scope(workspace.pk):
        upsert_accounts(actor=actor, now=NOW, items=account_items(3))
    ready, outcomes = threading.Barrier(4), []

    def write(turn: int) -> None:
        try:
            with tenancy.scope(workspace.pk):
                ready.wait()
                items = contract_items(3)[:: -1 if turn % 2 else 1]
                results = upsert_subscriptions(actor=actor, now=NOW, items=items)
                outcomes.extend(result.outcome for result in results)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[turn]) for turn in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == ["created"] * 3 + ["unchanged"] * 9
    with tenancy.scope(workspace.pk):
        assert Subscription.objects.count() == ContractEvent.objects.count() == 3
