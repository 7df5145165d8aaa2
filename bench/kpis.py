"""KPIs: a month of facts and figures, an entry's way into them, and what their pages take."""

import datetime as dt
import re
import statistics
from collections.abc import Callable
from typing import Any

from bench import world
from bench.harness import Result, percentile, seconds, told
from bench.pages import _Browser, _session
from bench.people import workspace_with_key
from bench.stack import Stack

_TABLES = (
    "accounts_account",
    "accounts_attributechange",
    "accounts_contractevent",
    "accounts_plan",
    "accounts_subscription",
)
# each kind of page and list; those of other KPIs differ by nothing but their figures
_PAGES = (
    "metrics/?as_of={day}",
    "metrics/cohorts/",
    "metrics/cohorts/?by=quarter",
    "metrics/survival/",
    "metrics/survival/?cut=plan",
    "metrics/satisfaction/",
    "metrics/satisfaction/?as_of={day}",
    "reports/",
    "metrics/simulator/",
    "metrics/settings/",
    "metrics/mrr/",
    "metrics/nrr/",
    "metrics/nrr/?cut=plan",
    "metrics/nrr/?cut=plan&value={plan}",
    "metrics/customer-churn/",
    "metrics/revenue-churn-net/",
    "metrics/retention-12m/",
    "metrics/renewal-rate/",
    "metrics/upsell-rate/",
    "metrics/cross-sell-rate/",
    "metrics/onboarding-days/",
    "metrics/early-churn/",
    "metrics/mean-tenure/",
    "metrics/ltv-revenue/",
    "metrics/referrals/",
    "metrics/nrr/goal/",
    "metrics/nrr/export/?rows=periods",
    "churn-review/",
    "churn-review/?state=open",
    "churn-review/?state=reviewed",
    "churn-review/{lost}/",
)
_API = ("metrics", "metrics?period=month", "metrics/nrr?cut=plan&periods=60")
_NEXT = re.compile(r'rel="next" href="[^"]*[?&;]cursor=([^"&]+)')


def run(stack: Stack, scale: str) -> list[Result]:
    """All benchmarks of KPIs."""
    accounts = 5_000 if scale == "small" else 100_000
    workspace, key = workspace_with_key("bench-kpis", ["read"])
    if not world.is_filled(workspace):
        _fill(workspace, accounts)
    return [
        _present(workspace, accounts),
        _past(workspace, accounts),
        _entry(workspace, accounts),
        *_pages(stack, workspace, key, accounts),
    ]


def _fill(workspace: Any, accounts: int) -> None:
    with told(f"filling {accounts:,} contracts of two years"), world.as_owner() as cursor:
        cursor.execute(
            world.text("fill_ledger"), {"workspace_id": workspace.pk, "accounts": accounts}
        )
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def _in_scope(workspace: Any, work: Callable[[], object]) -> Callable[[], None]:
    from cs_platform.core.tenancy import scope

    def inside() -> None:
        with scope(workspace.pk):
            work()

    return inside


def _present(workspace: Any, accounts: int) -> Result:
    from cs_platform.core import clock
    from metrics.kpis.actions import schedule
    from metrics.kpis.models import Clock

    # the first look at a new day computes everybody, in a workspace of an earlier run as well
    yesterday = clock.local_date(clock.now(), workspace.timezone) - dt.timedelta(days=1)
    _in_scope(workspace, lambda: Clock.objects.update(day=yesterday))()
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
    batches: list[list[Any]] = []

    def find() -> None:
        if not schedule.due_batches():
            # an earlier run computed them all: once more, as after a correction of all the past
            schedule.ask_again(since=dt.date.min)
        batches.extend(schedule.due_batches())

    with told("closed months with their 12 months (and quarters, years)"):
        _in_scope(workspace, find)()
        for batch in batches:
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


def _pages(stack: Stack, workspace: Any, key: str, accounts: int) -> list[Result]:
    """Every page of the metrics as a person and as a program has it, p95 of 30 requests."""
    person = _Browser(stack, {"Cookie": _session(workspace)})
    program = _Browser(stack, {"Authorization": f"Bearer {key}"})
    home = f"/w/{workspace.slug}"
    goals = {"metrics/": 50.0, "metrics/?period=month": 50.0}
    chosen = _choices(workspace)
    shown = [*goals, *(page.format(**chosen) for page in _PAGES)]
    shown += [_deep(person, f"{home}/", page) for page in ("metrics/mrr/", "churn-review/")]
    with told("pages of the metrics"):
        results = [
            _page(person, f"{home}/{path}", f"page: {_name(path)}", accounts, goals.get(path, 80.0))
            for path in shown
        ]
    with told("metrics by API"):
        results += [
            _page(program, f"/api/v1/{path}", f"API: {path}", accounts, 80.0) for path in _API
        ]
    return results


def _page(browser: _Browser, path: str, name: str, accounts: int, goal: float) -> Result:
    times = browser.times(path, 30)
    return Result(
        f"{name}, p95", f"absolute, {accounts:,} contracts", percentile(times, 0.95), "ms",
        200, goal, more_is_better=False, rounds=times,
    )  # fmt: skip


def _name(path: str) -> str:
    """A path without what differs from run to run."""
    path = re.sub(r"cursor=.*", "cursor=…", path)
    return re.sub(r"(review/|value=|as_of=)[0-9-]+", r"\1…", path)


def _choices(workspace: Any) -> dict[str, Any]:
    """An account that was lost, a plan, and a past day whose figures are there."""
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from cs_platform.documents.tasks import keep_month_ends
    from metrics.kpis.actions import schedule
    from metrics.kpis.models import AccountPeriod, Figure

    now = clock.now()
    with told("the ends of months, for the report"):
        keep_month_ends(workspace.pk)
    day = clock.local_date(now, workspace.timezone) - dt.timedelta(days=100)
    with told("a past day asked for"), scope(workspace.pk):
        schedule.compute_as_of(now=now, as_of=day)
    with world.as_owner() as cursor:
        for table in ("kpis_accountperiod", "kpis_figure", "kpis_period"):
            cursor.execute(f"ANALYZE {table}")
    with scope(workspace.pk):
        lost = AccountPeriod.objects.filter(is_churned=True).order_by("account_id")
        plans = Figure.objects.filter(kpi="mrr", dimension="plan").order_by("value")
        return {
            "lost": lost.values_list("account_id", flat=True)[0],
            "plan": plans.values_list("value", flat=True)[0],
            "day": day,
        }


def _deep(person: _Browser, home: str, page: str) -> str:
    """The path of a page some thousand rows into a list."""
    cursor = ""
    for _ in range(40):
        text = person.get(f"{home}{page}{cursor}").decode()
        found = _NEXT.search(text)
        if found is None:
            break
        cursor = f"?cursor={found[1]}"
    return page + cursor
