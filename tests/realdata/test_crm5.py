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


def test_a_past_day_can_be_scored(loaded: Any) -> None:
    call_command("rescore", "--workspace=crm5", "--as-of=2023-04-01", verbosity=0)
    with tenancy.scope(loaded[0].pk):
        scores = ScoreDay.objects.filter(day=dt.date(2023, 4, 1), score__isnull=False)
        assert scores.count() >= 143
        assert scores.values("score").distinct().count() > 50
