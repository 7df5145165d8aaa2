"""The sums of a day equal its score-days, whatever was scored, in whatever order."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from accounts.actions.dirty import mark_dirty
from accounts.actors import Actor
from accounts.models import Account, Workspace
from cs_platform import pipeline
from cs_platform.core.tenancy import scope
from health.actions import clear_flag, flag_risk
from health.models import DayFigures, ScoreDay
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.cast import Cast
from tests.health.figures import added_up, kept
from tests.health.world import NOW, TODAY, Entry, Firm, ago, store, use

OLD = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def _firms() -> list[Firm]:
    """Bands of all kinds, contracts within and beyond a year, and one account with no data."""

    def firm(n: int) -> Firm:
        renewal_on = TODAY + dt.timedelta(days=90 * n - 20)
        mrr = Decimal(f"{1000 * n + 33}.3333")
        return Firm(
            f"Firm {n}",
            seats=3,
            uses=[use(day, user=f"u{day % (n + 1)}") for day in range(n, 40, 1 + n * 2)],
            ledger=[Entry("a", ago(300), OLD, mrr, renewal_on, "new", 12)],
        )

    return [*(firm(n) for n in range(6)), Firm("Silent")]


def _check(day: dt.date, series: int = ScoreDay.Series.LIVE) -> None:
    expected = added_up(day, series)
    assert expected
    assert kept(day, series) == expected


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_changes(scoped: Workspace, cast: Cast, seed: int) -> None:
    dice = random.Random(seed)
    accounts = list(store(_firms()).values())
    roll_up_usage(NOW)
    for day in (8, 7, 1):
        score_past_day(day=ago(day), now=NOW)
        _check(ago(day))
    score_accounts(now=NOW)
    _check(TODAY)
    owners = [cast["csm"].pk, cast["manager"].pk, None]
    actor = Actor.of(cast["csm"])
    for step in range(12):
        now = NOW + dt.timedelta(minutes=step)
        some = dice.sample(accounts, 3)
        Account.objects.filter(pk=some[0].pk).update(
            owner_id=dice.choice(owners), segment=dice.choice(["", "small", "enterprise"])
        )
        if dice.random() < 0.5:
            flag_risk(actor=actor, now=now, account=some[1], reason="heard")
        else:
            clear_flag(actor=actor, now=now, account=some[1])
        everybody = dice.random() < 0.3
        score_accounts(now=now, account_ids=None if everybody else [one.pk for one in some])
        _check(TODAY)
    assert DayFigures.objects.filter(day=TODAY, kind="move", accounts__gt=0).exists()


def test_who_leaves_during_a_day_has_no_score_that_day(scoped: Workspace) -> None:
    store(_firms())
    roll_up_usage(NOW)
    score_accounts(now=NOW)
    before = ScoreDay.objects.exclude(band="").order_by("account_id")[0]
    leaving = Account.objects.filter(pk=before.account_id)
    today = ScoreDay.objects.filter(account_id=before.account_id, day=TODAY)
    leaving.update(stage=Account.Stage.CHURNED)
    score_accounts(now=NOW, account_ids=[before.account_id])
    left = today.get()
    assert (left.score, left.band, left.stage) == (None, "", "churned")
    assert (left.churn_probability, left.expected_loss) == (None, None)
    _check(TODAY)
    leaving.update(stage=before.stage)
    score_accounts(now=NOW, account_ids=[before.account_id])
    assert today.values_list("score", "band").get() == (before.score, before.band)
    leaving.update(stage=Account.Stage.CHURNED)
    score_past_day(day=TODAY, now=NOW + dt.timedelta(days=1))
    assert today.values_list("score", "is_closed").get() == (None, True)
    _check(TODAY)


def test_corrected_days_have_sums_of_their_own(scoped: Workspace) -> None:
    late = [use(10, user="late", known=9) for _ in range(20)]
    store([Firm("Kita", seats=2, uses=[use(n) for n in range(9, 60)] + late)])
    roll_up_usage(NOW)
    score_past_day(day=ago(8), now=NOW)
    for _again in range(2):
        score_past_day(day=ago(8), now=NOW, series=ScoreDay.Series.CORRECTED)
        _check(ago(8), ScoreDay.Series.CORRECTED)
        _check(ago(8))


def test_days_pass(workspace: Workspace) -> None:
    with scope(workspace.pk):
        stored = store(_firms())
    for days in range(9):
        pipeline.refresh_workspace(workspace.pk, NOW + dt.timedelta(days=days))
        with scope(workspace.pk):
            mark_dirty([stored["Firm 1"].pk])
    with scope(workspace.pk):
        for days in range(9):
            _check(TODAY + dt.timedelta(days=days))
        week = DayFigures.objects.filter(day=TODAY + dt.timedelta(days=7), kind="move")
        assert sum(row.accounts for row in week) == len(stored)
