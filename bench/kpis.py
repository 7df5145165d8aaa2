"""KPIs: a month of facts and figures, an entry's way into them, and what a page reads."""

import datetime as dt
import statistics
from collections.abc import Callable
from typing import Any

from bench import world
from bench.harness import Result, seconds, told
from bench.people import workspace_with_key
from bench.stack import Stack

_TABLES = (
    "accounts_account",
    "accounts_attributechange",
    "accounts_contractevent",
    "accounts_plan",
    "accounts_subscription",
)


def run(stack: Stack, scale: str) -> list[Result]:
    """All benchmarks of KPIs."""
    accounts = 5_000 if scale == "small" else 100_000
    workspace, _key = workspace_with_key("bench-kpis", ["read"])
    with told(f"filling {accounts:,} contracts of two years"), world.as_owner() as cursor:
        cursor.execute(
            world.text("fill_ledger"), {"workspace_id": workspace.pk, "accounts": accounts}
        )
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")
    return [
        _present(workspace, accounts),
        _past(workspace, accounts),
        _entry(workspace, accounts),
        _pages(workspace, accounts),
    ]


def _in_scope(workspace: Any, work: Callable[[], object]) -> Callable[[], None]:
    from cs_platform.core.tenancy import scope

    def inside() -> None:
        with scope(workspace.pk):
            work()

    return inside


def _present(workspace: Any, accounts: int) -> Result:
    from cs_platform.core import clock
    from metrics.kpis.actions import schedule

    with told("the running month, quarter, year and 12 months, everybody"):
        spent = seconds(_in_scope(workspace, lambda: schedule.refresh_current(clock.now())))
    return Result(
        f"KPIs: the running periods of {accounts:,} contracts", "absolute, everybody computed",
        spent, "s", 60 * accounts / 100_000, 30 * accounts / 100_000, more_is_better=False,
    )  # fmt: skip


def _past(workspace: Any, accounts: int) -> Result:
    from cs_platform.core import clock
    from metrics.kpis.actions import schedule

    rounds: list[float] = []
    with told("closed months with their 12 months (and quarters, years)"):
        batches: list[list[Any]] = []
        _in_scope(workspace, lambda: batches.extend(schedule.due_batches()))()
        for batch in batches[:: max(1, len(batches) // 6)]:
            now = clock.now()

            def work(batch: list[Any] = batch, now: dt.datetime = now) -> None:
                schedule.compute_batch(batch, now=now)

            rounds.append(seconds(_in_scope(workspace, work)) / len(batch))
    value = statistics.median(rounds)
    return Result(
        f"KPIs: one closed period of {accounts:,} contracts", "absolute, facts and figures",
        value, "s", 20 * accounts / 100_000, 10 * accounts / 100_000, more_is_better=False,
        rounds=rounds, note=f"24 months in all kinds: {58 * value / 60:.1f} min",
    )  # fmt: skip


def _entry(workspace: Any, accounts: int) -> Result:
    from accounts.models import ContractEvent
    from cs_platform.core import clock
    from metrics.kpis.actions import schedule
    from metrics.kpis.models import Mark

    today = clock.local_date(clock.now(), workspace.timezone)

    def once() -> float:
        def mark() -> None:
            running = ContractEvent.objects.filter(kind="new").order_by("?")[:10]
            Mark.objects.bulk_create(
                [Mark(account_id=event.account_id, since=today) for event in running]
            )

        _in_scope(workspace, mark)()
        return seconds(_in_scope(workspace, lambda: schedule.refresh_current(clock.now())))

    with told("ten entries of the ledger until all running figures follow"):
        rounds = [once() for _ in range(3)]
    return Result(
        f"KPIs: ten entries among {accounts:,} contracts", "absolute, until figures are stored",
        statistics.median(rounds), "s", 30, 10, more_is_better=False, rounds=rounds,
    )  # fmt: skip


def _pages(workspace: Any, accounts: int) -> Result:
    from metrics.kpis.queries.figures import current_figures, cut, trend
    from metrics.kpis.queries.lifetime import survival
    from metrics.kpis.queries.periods import periods
    from metrics.kpis.queries.revenue import bridge

    def page() -> None:
        shown = periods("month", limit=24)
        figures = current_figures(shown[0])
        if figures["customers"].figure is None:
            raise RuntimeError("there are no figures to read")
        for kpi in ("customer-churn", "nrr", "grr", "mrr"):
            trend(kpi, shown)
        cut("customer-churn", shown[0], "plan")
        bridge(shown[0])
        survival(shown[0])

    with told("a page's figures"):
        rounds = [1000 * seconds(_in_scope(workspace, page)) for _ in range(15)]
    return Result(
        f"KPIs: what a page reads, {accounts:,} contracts",
        "absolute: all KPIs, four trends, a cut, bridge, curve",
        statistics.median(rounds), "ms", 200, 50, more_is_better=False, rounds=rounds,
    )  # fmt: skip
