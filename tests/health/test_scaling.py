"""The work of scoring grows with the accounts, whatever the planner believes of a workspace."""

import datetime as dt

import pytest
from django.db import connection

from accounts.models import Account, ContractEvent, Interaction, Product, Subscription, Workspace
from cs_platform.core.clock import local_date
from health.models import AccountCurrent
from health.scoring import score_accounts, score_past_day
from metrics.usage.models import AccountDay, AccountDayEvent, UserDay
from tests.health.world import NOW

pytestmark = pytest.mark.django_db


def _fill(workspace: Workspace, first: int, last: int) -> list[int]:
    """Accounts numbered so, with three days of use, two users, a call and a contract each."""
    today = local_date(NOW, workspace.timezone)
    stamp = {"created_at": NOW, "updated_at": NOW}
    made = Account.objects.bulk_create(
        Account(external_id=f"a{n}", name=f"Firm {n}", stage="adoption", seats=5, **stamp)
        for n in range(first, last)
    )
    days = [today - dt.timedelta(days=ago) for ago in (1, 9, 60)]
    AccountDay.objects.bulk_create(
        AccountDay(account_id=account.pk, day=day, known_on=day, events=5, logins=1, users=2,
                   last_event_at=NOW)
        for account in made for day in days
    )  # fmt: skip
    UserDay.objects.bulk_create(
        UserDay(account_id=account.pk, day=day, known_on=day, user_id=user, events=2, logins=1)
        for account in made for day in days for user in ("u1", "u2")
    )  # fmt: skip
    AccountDayEvent.objects.bulk_create(
        AccountDayEvent(account_id=account.pk, day=day, known_on=day, name=name, events=2)
        for account in made for day in days for name in ("Opened", "Saved")
    )  # fmt: skip
    Interaction.objects.bulk_create(
        Interaction(account=account, kind="call_out", summary="Call", happened_at=NOW, known_at=NOW)
        for account in made
    )
    product, _new = Product.objects.get_or_create(code="core", name="Core")
    signed = {"mrr": 100, "currency": workspace.currency, "starts_on": days[-1],
              "term_ends_on": today + dt.timedelta(days=300)}  # fmt: skip
    contracts = Subscription.objects.bulk_create(
        Subscription(account=account, external_id=f"s{account.pk}", product=product,
                     status="active", updated_at=NOW, **signed)
        for account in made
    )  # fmt: skip
    ContractEvent.objects.bulk_create(
        ContractEvent(account_id=contract.account_id, subscription=contract, kind="new",
                      effective_on=days[-1], known_at=NOW, unit_price=100, **signed)
        for contract in contracts
    )  # fmt: skip
    return [account.pk for account in made]


def _rows_read() -> int:
    """Rows this transaction has read of tables, by scans and through indexes.

    But for the ledger: it is looked up contract by contract, and while statistics take its table
    for empty, as other tests leave it, any of its indexes is as good to the planner. And but for
    the workspaces: while they fit on a page, it reads them all to find one, or not, as it likes.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables "
            "WHERE relname NOT IN ('accounts_contractevent', 'accounts_workspace')"
        )
        return int(cursor.fetchone()[0] or 0)


@pytest.mark.parametrize("who", ["everybody", "some", "those in use", "everybody that day"])
def test_four_times_the_accounts_are_four_times_the_work(scoped: Workspace, who: str) -> None:
    read = []
    ids: list[int] = []
    for first, last in ((0, 100), (100, 400)):
        ids += _fill(scoped, first, last)
        score_accounts(now=NOW)
        with connection.cursor() as cursor:
            # a kept plan is renewed every minute
            cursor.execute("DISCARD PLANS")
        Account.objects.update(name=f"One of {last}")
        before = _rows_read()
        if who == "everybody that day":
            day = local_date(NOW, scoped.timezone) - dt.timedelta(days=1 + len(read))
            assert score_past_day(day=day, now=NOW) == last
        else:
            asked = None if who == "everybody" else ids
            used = ids if who == "those in use" else []
            assert score_accounts(now=NOW, account_ids=asked, used_ids=used) == last
        read.append(_rows_read() - before)
    if who != "everybody that day":
        found = AccountCurrent.objects.filter(name="One of 400", score__isnull=False)
        assert found.count() == 400
    assert read[1] < 6 * read[0]


def test_facts_of_an_account_that_is_no_more_keep_nobody_from_a_score(scoped: Workspace) -> None:
    ids = _fill(scoped, 0, 3)
    today = local_date(NOW, scoped.timezone)
    AccountDay.objects.create(
        account_id=max(ids) + 1_000, day=today, known_on=today, events=5, logins=1, users=2,
        last_event_at=NOW,
    )  # fmt: skip
    assert score_accounts(now=NOW) == 3


def test_whichever_index_the_planner_takes_finds_one_accounts_day() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'health_scoreday'")
        found = [definition for (definition,) in cursor.fetchall()]
    assert len(found) > 1
    assert all("account_id" in definition and "day" in definition for definition in found)
