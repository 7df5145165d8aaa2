import datetime as dt
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from accounts.models import Account
from cs_platform.core import tenancy
from health.models import ScoreDay
from metrics.usage.models import AccountDay, UserDay
from tests.realdata import crm5
from tests.realdata.loading import revenue

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module")
def loaded(realdata: Path, new_workspace: Any) -> Any:
    workspace = new_workspace("crm5", "USD")
    begin = time.monotonic()
    results = crm5.load_accounts(realdata, workspace)
    contracts_done = time.monotonic()
    accepted, duplicates = crm5.load_events(realdata, workspace)
    events_done = time.monotonic()
    print(
        f"\ncrm5: accounts and contracts {contracts_done - begin:.0f} s, {accepted} events "
        f"{events_done - contracts_done:.0f} s ({accepted / (events_done - contracts_done):.0f}/s, "
        "rolled up)"
    )
    return workspace, results, accepted, duplicates


def test_everything_is_taken(loaded: Any) -> None:
    workspace, results, accepted, duplicates = loaded
    assert [result.problems for result in results if result.is_rejected] == []
    assert (accepted, duplicates) == (5_081_346, 0)
    with tenancy.scope(workspace.pk):
        assert Account.objects.count() == 339


def test_recurring_revenue_is_that_of_the_book(loaded: Any) -> None:
    total, _contracts, accounts = revenue(loaded[0], dt.date(2023, 4, 1))
    assert (total, accounts) == (pytest.approx(140_943), 143)
    assert revenue(loaded[0], dt.date(2023, 12, 1))[0] == pytest.approx(288_601)


def test_roll_ups_equal_a_direct_computation(loaded: Any, realdata: Path) -> None:
    direct = duckdb.sql(
        "SELECT account_id::text, count(*), count(DISTINCT user_id) "
        f"FROM '{crm5.events_file(realdata)}' GROUP BY 1"
    ).fetchall()
    wanted = {account: (events, users) for account, events, users in direct}
    assert sum(users for _events, users in wanted.values()) == 6_591
    with tenancy.scope(loaded[0].pk):
        ids = dict(Account.objects.values_list("pk", "external_id"))
        events = AccountDay.objects.values_list("account_id").annotate(Sum("events"))
        users = dict(
            UserDay.objects.values_list("account_id").annotate(Count("user_id", distinct=True))
        )
        found = {ids[account]: (count, users[account]) for account, count in events}
    assert found == wanted


def test_a_past_day_is_scored_where_enough_is_known(loaded: Any, realdata: Path) -> None:
    day = dt.date(2023, 4, 1)
    call_command("rescore", "--workspace=crm5", f"--as-of={day}", verbosity=0)
    paying, long_used = _customers(realdata, day)
    with tenancy.scope(loaded[0].pk):
        ids = dict(Account.objects.values_list("pk", "external_id"))
        rows = {ids[row.account_id]: row for row in ScoreDay.objects.filter(day=day)}
    assert len(paying & rows.keys()) == len(paying) == 143
    # nobody notes contacts, log-ins or seats here: without a usage trend too little is left
    assert {key for key in paying if rows[key].score is not None} == paying & long_used
    assert len(paying & long_used) == 114
    assert {rows[key].coverage for key in paying - long_used} == {0.2857}
    assert len({rows[key].score for key in paying & long_used}) > 25


def _customers(realdata: Path, day: dt.date) -> tuple[set[str], set[str]]:
    """Who has a contract on the day; who has used it long enough for a usage trend."""
    paying = duckdb.sql(
        f"SELECT account_id::text FROM '{realdata}/fightchurn/crm5/subscription.csv' "
        f"WHERE start_date <= DATE '{day}' AND end_date > DATE '{day}'"
    ).fetchall()
    long_used = duckdb.sql(
        f"SELECT account_id::text FROM '{crm5.events_file(realdata)}' "
        f"WHERE event_time::date BETWEEN DATE '{day}' - 28 - 84 AND DATE '{day}' - 28 - 1 "
        f"GROUP BY 1 HAVING min(event_time::date) <= DATE '{day}' - 28 - 28"
    ).fetchall()
    return {key for (key,) in paying}, {key for (key,) in long_used}
