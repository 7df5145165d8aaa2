"""What is measured anew where nothing but an account's use has changed."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.actions.dirty import mark_dirty
from accounts.models import Account, ContractEvent, DirtyAccount, Subscription, Workspace
from cs_platform import pipeline
from cs_platform.core import sql
from cs_platform.core.tenancy import scope
from health.models import AccountCurrent, ScorecardVersion, ScoreDay
from health.scorecards import published_version
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.health.world import NOW, TODAY, Contact, Entry, Firm, add_uses, ago, at, store, use

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def kita(workspace: Workspace) -> Account:
    """Paying 100 a month, spoken to ten days ago, in use; scored at NOW."""
    with scope(workspace.pk):
        stored = store(
            [
                Firm(
                    "Kita",
                    seats=4,
                    uses=[use(n) for n in range(1, 60)],
                    contacts=[Contact("email", at(ago(10)), at(ago(10)))],
                    ledger=[Entry("c", ago(200), at(ago(200)), Decimal(100), None)],
                )
            ]
        )
    pipeline.refresh_workspace(workspace.pk, NOW)
    return stored["Kita"]


def _raise_price_unmarked(account: Account) -> None:
    """The ledger says 250 from yesterday on, and nobody is told."""
    contract = Subscription.objects.get(account=account)
    entry = ContractEvent.objects.get(subscription=contract)
    entry.pk = None
    entry.effective_on = ago(1)
    entry.known_at = NOW
    entry.mrr = entry.unit_price = Decimal(250)
    entry.save(force_insert=True)


def _use_more(account: Account) -> None:
    add_uses(account, [use(1, user=f"new-{n}") for n in range(3)])


def _score(account: Account, *, of_use: bool) -> AccountCurrent:
    roll_up_usage(LATER)
    used = [account.pk] if of_use else []
    score_accounts(now=LATER, account_ids=[account.pk], used_ids=used)
    return AccountCurrent.objects.get(account=account)


def test_contracts_and_contacts_are_looked_up_only_where_they_may_have_changed(
    kita: Account, workspace: Workspace
) -> None:
    with scope(workspace.pk):
        before = AccountCurrent.objects.get(account=kita)
        assert (before.mrr, before.last_contact_on) == (100, ago(10))
        assert before.billing_months == 1
        _raise_price_unmarked(kita)
        _use_more(kita)
        after = _score(kita, of_use=True)
        # its use is new, the contract as it was measured at NOW
        assert after.computed_at == LATER
        assert after.mrr == 100
        assert after.last_contact_on == ago(10)
        trend, users = (ScoreDay.objects.get(day=TODAY).raw[n] for n in (9, 1))
        assert (trend, users) == (100, 100)
        assert _score(kita, of_use=False).mrr == 250
        assert ScoreDay.objects.get(day=TODAY).raw[9] == 250


def test_a_mark_of_anything_else_outweighs_marks_of_use(
    kita: Account, workspace: Workspace
) -> None:
    with scope(workspace.pk):
        _raise_price_unmarked(kita)
        _use_more(kita)
        mark_dirty([kita.pk])
        mark_dirty([kita.pk], is_of_use=True)
        assert set(DirtyAccount.objects.values_list("is_of_use", flat=True)) == {True, False}
    pipeline.refresh_workspace(workspace.pk, LATER)
    with scope(workspace.pk):
        assert AccountCurrent.objects.get().mrr == 250


def test_events_alone_leave_marks_of_use(kita: Account, workspace: Workspace) -> None:
    with scope(workspace.pk):
        _use_more(kita)
        roll_up_usage(LATER)
        assert list(DirtyAccount.objects.values_list("account_id", "is_of_use")) == [
            (kita.pk, True)
        ]
        _raise_price_unmarked(kita)
    pipeline.refresh_workspace(workspace.pk, LATER)
    with scope(workspace.pk):
        current = AccountCurrent.objects.get()
        assert (current.computed_at, current.mrr) == (LATER, 100)


@pytest.mark.parametrize("change", ["another day", "another version", "never scored"])
def test_nothing_is_taken_over_from_another_day_or_version(
    kita: Account, workspace: Workspace, change: str
) -> None:
    now = LATER
    with scope(workspace.pk):
        _raise_price_unmarked(kita)
        if change == "another day":
            now = NOW + dt.timedelta(days=1)
            # everybody's percentiles of the day are there, as after the first look at it
            score_accounts(now=now)
            AccountCurrent.objects.update(day=TODAY, mrr=1)
        elif change == "another version":
            version = published_version(now=NOW)
            ScorecardVersion.objects.create(
                scorecard=version.scorecard, number=2, measures=version.measures,
                exceptions=version.exceptions, minimum_coverage=version.minimum_coverage,
                stages=version.stages, published_at=NOW,
            )  # fmt: skip
            score_accounts(now=now)
            AccountCurrent.objects.update(version=version, mrr=1)
        else:
            AccountCurrent.objects.all().delete()
        score_accounts(now=now, account_ids=[kita.pk], used_ids=[kita.pk])
        assert AccountCurrent.objects.get().mrr == 250


def test_the_bands_of_a_day_and_of_a_week_before(scoped: Workspace) -> None:
    # by contact alone: ten days before it was 5 days old, and nobody has spoken to them since
    stored = store([Firm("Kita", contacts=[Contact("email", at(ago(100)), at(ago(100)))])])
    for days in (7, 1):
        score_past_day(day=ago(days), now=NOW)
    score_accounts(now=NOW)
    current = AccountCurrent.objects.get(account=stored["Kita"])
    bands = dict(ScoreDay.objects.values_list("day", "band"))
    assert (current.band_7d, current.band_1d) == (bands[ago(7)], bands[ago(1)])
    AccountCurrent.objects.update(band_7d="", band_1d="")
    sql.execute("health/rebuild_sparks")
    current.refresh_from_db()
    assert (current.band_7d, current.band_1d) == (bands[ago(7)], bands[ago(1)])
    # two days later, nobody having looked: neither day was scored
    score_accounts(now=NOW + dt.timedelta(days=2))
    current.refresh_from_db()
    assert (current.band_7d, current.band_1d) == ("", "")
