"""Scores: against DuckDB on the same rows, against a loop over the ORM, and a day's roll-up."""

import itertools
import statistics
from collections.abc import Callable
from typing import Any

from bench import naive, world
from bench.duck import Duck
from bench.harness import Result, ratio_of_rounds, seconds, told
from bench.people import workspace_with_key
from bench.stack import Stack

_number = itertools.count()


class _RolledBack(Exception):
    """Ends a transaction whose work was only to be timed."""


def _rolled_back(workspace: Any, work: Callable[[], object]) -> float:
    """Seconds ``work`` takes in the workspace's scope; nothing of it stays."""
    from cs_platform.core.tenancy import scope

    spent = 0.0
    try:
        with scope(workspace.pk):
            spent = seconds(work)
            raise _RolledBack
    except _RolledBack:
        return spent


def run(stack: Stack, scale: str) -> list[Result]:
    """All benchmarks of scoring and roll-ups."""
    accounts = 5_000 if scale == "small" else 100_000
    workspace, _key = workspace_with_key("bench-scoring", ["read"])
    with told(f"filling {accounts:,} accounts"):
        world.fill(workspace, accounts=accounts)
    return [
        _against_duckdb(workspace, accounts),
        _against_the_orm(workspace, accounts),
        _dirty(workspace, accounts),
        _history(scale),
    ]


def _against_duckdb(workspace: Any, accounts: int) -> Result:
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scorecards import published_version
    from health.scoring import Moment, compute

    now = clock.now()
    moment = Moment.present(now, workspace.timezone)
    with scope(workspace.pk):
        version = published_version(now=now)
    with told("loading DuckDB"):
        duck = Duck(workspace)
        duck.compute(version, moment.day)

    def ours() -> float:
        return _rolled_back(workspace, lambda: compute(version, moment))

    _same_scores(workspace, duck, lambda: compute(version, moment))
    with told("computing, against DuckDB"):
        value, rounds = ratio_of_rounds(
            ours, lambda: seconds(lambda: duck.compute(version, moment.day)), rounds=5
        )
    return Result(
        f"scoring: {accounts:,} accounts, compute only", "DuckDB, same measures, same rows",
        value, "×", 8, 5, more_is_better=False, rounds=rounds,
    )  # fmt: skip


def _same_scores(workspace: Any, duck: Duck, compute: Callable[[], object]) -> None:
    """Raise unless both compute the same: a faster way to another result is no yardstick."""
    from django.db import connection

    from cs_platform.core.database import analytics_role

    found: dict[int, tuple[Any, ...]] = {}

    def work() -> None:
        compute()
        role = connection.ops.quote_name(analytics_role(connection.settings_dict["NAME"]))
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(
                "SELECT account_id, score, band, churn_probability FROM health_graded "
                "WHERE is_scored"
            )
            found.update({row[0]: row[1:] for row in cursor.fetchall()})

    _rolled_back(workspace, work)
    theirs = duck.scores()
    wrong = [key for key, row in found.items() if row != theirs.get(key)]
    if len(found) != len(theirs) or wrong:
        raise RuntimeError(
            f"DuckDB differs for {len(wrong)} of {len(found)} accounts ({len(theirs)} there): "
            f"{[(key, found[key], theirs.get(key)) for key in wrong[:3]]}"
        )


def _against_the_orm(workspace: Any, accounts: int) -> Result:
    from accounts.models import Account
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scorecards import published_version
    from health.scoring import Moment, curves, day_bounds, score_accounts

    sample = 60
    now = clock.now()
    day = Moment.present(now, workspace.timezone).day
    with scope(workspace.pk):
        version = published_version(now=now)
        chosen = list(Account.objects.select_related("workspace").order_by("?")[:sample])

    def ours() -> float:
        world.forget_scores(workspace)

        def work() -> None:
            with scope(workspace.pk):
                score_accounts(now=now)

        return seconds(work)

    def loop() -> float:
        world.forget_scores(workspace)

        def work() -> None:
            for account in chosen:
                with scope(workspace.pk):
                    naive.score(account, version, shapes, day, now)

        return seconds(work) / sample * accounts

    with told("with everything written, against a loop over the ORM"):
        ours()
        with scope(workspace.pk):
            shapes = curves(version, day_bounds(version, day) or {})
        stored = _stored(workspace, chosen)
        loop()
        if (differing := _stored(workspace, chosen)) != stored:
            raise RuntimeError(f"the loop stores something else: {differing} instead of {stored}")
        value, rounds = ratio_of_rounds(loop, ours)
    return Result(
        f"scoring: {accounts:,} accounts, everything written", "a loop over the ORM",
        value, "× faster", 200, 400, more_is_better=True, rounds=rounds,
        note=f"the loop measured on {sample} accounts and multiplied",
    )  # fmt: skip


def _stored(workspace: Any, accounts: list[Any]) -> list[dict[str, Any]]:
    """What is stored of accounts: their current rows and score-days, without the rows' own ids."""
    from cs_platform.core.tenancy import scope
    from health.models import AccountCurrent, ScoreDay

    ids = [account.pk for account in accounts]
    with scope(workspace.pk):
        rows = [
            *AccountCurrent.objects.filter(account__in=ids).order_by("account_id").values(),
            *ScoreDay.objects.filter(account_id__in=ids).order_by("account_id").values(),
        ]
    return [{key: value for key, value in row.items() if key != "id"} for row in rows]


def _dirty(workspace: Any, accounts: int) -> Result:
    from django.db import connection

    from accounts.models import Account
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scoring import score_accounts

    def once() -> float:
        with scope(workspace.pk):
            ids = list(Account.objects.order_by("?").values_list("pk", flat=True)[:1000])
            with connection.cursor() as cursor:
                cursor.execute(world.text("more_usage"), {
                    "workspace_id": workspace.pk, "ids": ids, "factor": 2 + next(_number),
                })  # fmt: skip

        def work() -> None:
            with scope(workspace.pk):
                if not score_accounts(now=clock.now(), account_ids=ids, used_ids=ids):
                    raise RuntimeError("nothing was written")

        return seconds(work) * 1000

    with told("1,000 dirty accounts"):
        # Every score was deleted and written again in the rounds before: without this, the server
        # clears that away meanwhile, on the second of two cores; and seven rounds take less than
        # a second, in which the disk is still busy with it.
        world.settle()
        once()
        rounds = [once() for _ in range(31)]
    return Result(
        "scoring: 1,000 dirty accounts, everything written", f"absolute, of {accounts:,}",
        statistics.median(rounds), "ms", 100, 50, more_is_better=False, rounds=rounds,
    )  # fmt: skip


def _history(scale: str) -> Result:
    from accounts.models import Account
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.usage.models import AccountDay
    from metrics.usage.rollup import roll_up_days

    accounts, per_day = (50, 10) if scale == "small" else (1000, 10)
    young, _key = workspace_with_key("bench-young", ["read"])
    old, _key = workspace_with_key("bench-old", ["read"])
    with told("filling a month and 24 months of events"):
        world.fill_events(young, accounts=accounts, days=30, per_day=per_day)
        world.fill_events(old, accounts=accounts, days=730, per_day=per_day)

    def days(workspace: Any) -> list[tuple[int, Any]]:
        import datetime as dt

        day = clock.local_date(clock.now(), workspace.timezone) - dt.timedelta(days=2)
        with scope(workspace.pk):
            return [(pk, day) for pk in Account.objects.values_list("pk", flat=True)]

    marks = {workspace.pk: days(workspace) for workspace in (young, old)}

    def roll_up(workspace: Any) -> float:
        def work() -> None:
            roll_up_days(marks[workspace.pk])
            if not AccountDay.objects.exists():
                raise RuntimeError("nothing was rolled up")

        return _rolled_back(workspace, work)

    with told("a day's roll-up with 24 months of history, against one"):
        roll_up(old), roll_up(young)
        value, rounds = ratio_of_rounds(lambda: roll_up(old), lambda: roll_up(young), rounds=7)
    return Result(
        "roll-up of a day, 24 months of history", "one month of history",
        value, "×", 1.2, 1.0, more_is_better=False, rounds=rounds,
    )  # fmt: skip
