import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from accounts.models import Account, ImportIssue, Subscription
from cs_platform.core import tenancy
from metrics.usage.models import AccountDay, Event
from tests.realdata import ravenstack
from tests.realdata.loading import revenue

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def loaded(realdata: Path, new_workspace: Any) -> tuple[Any, ravenstack.Loaded]:
    workspace = new_workspace("ravenstack", "USD")
    result = ravenstack.load(realdata, workspace)
    print(f"\n{result.report()}")
    return workspace, result


def test_every_row_is_accounted_for(loaded: Any) -> None:
    workspace, result = loaded
    assert result.accounts.outcomes == {"created": 500}
    assert result.subscriptions.rows_read == 5_000
    assert result.churn_events.rows_read == 600
    refused = result.subscriptions.outcomes["rejected"]
    with tenancy.scope(workspace.pk):
        assert Account.objects.count() == 500
        assert Subscription.objects.count() == 5_000 - refused


@pytest.mark.parametrize(
    ("day", "mrr", "contracts", "accounts"),
    [
        (dt.date(2023, 12, 31), 1_262_113, 648, 190),
        (dt.date(2024, 6, 30), 3_833_405, None, None),
        (dt.date(2024, 12, 31), 10_159_608, 4_514, 500),
    ],
)
def test_recurring_revenue_by_date(
    loaded: Any, day: dt.date, mrr: int, contracts: int | None, accounts: int | None
) -> None:
    workspace, _result = loaded
    found = revenue(workspace, day)
    assert found[0] == pytest.approx(mrr, abs=0.01)
    if contracts is not None:
        assert found[1:] == (contracts, accounts)


def test_repeated_usage_ids_are_counted_and_stored_once(loaded: Any) -> None:
    workspace, result = loaded
    assert result.duplicates == 21
    assert result.accepted == 25_000 - 21
    assert not result.parsed.rejected
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == 24_979
        assert AccountDay.objects.aggregate(n=Sum("events"))["n"] == 24_979


def test_usage_before_the_contract_is_told_of(loaded: Any) -> None:
    _workspace, result = loaded
    assert result.usage_before_start / result.accepted == pytest.approx(0.766, abs=0.001)
    assert "76.6 %" in result.report()


def test_overlapping_contracts_are_warnings_in_the_report(loaded: Any) -> None:
    workspace, result = loaded
    codes = Counter(issue.code for issue in result.subscriptions.issues)
    assert codes["overlapping"] > 3_000
    with tenancy.scope(workspace.pk):
        kept = ImportIssue.objects.filter(run=result.subscriptions.run_id, code="overlapping")
        assert kept.count() == codes["overlapping"]
        assert kept.filter(message="").count() == 0


def test_churn_flags_that_contradict_the_churn_events_are_told_of(
    loaded: Any, realdata: Path
) -> None:
    _workspace, result = loaded
    with (realdata / "ravenstack/ravenstack_accounts.csv").open(encoding="utf-8") as file:
        flagged = {r["account_id"] for r in csv.DictReader(file) if r["churn_flag"] == "TRUE"}
    with (realdata / "ravenstack/ravenstack_churn_events.csv").open(encoding="utf-8") as file:
        left = {row["account_id"] for row in csv.DictReader(file)}
    assert result.flags_that_disagree == len(flagged ^ left) > 0
