"""The report's KPIs: a month as it was first known, the months before it, and its goals."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from metrics.kpis.definitions import KPIS, Kpi
from metrics.kpis.models import Goal, Period
from metrics.kpis.periods import month_start
from metrics.kpis.progress import Progress, progress
from metrics.kpis.queries.accounts import accounts_behind
from metrics.kpis.queries.figures import churn_reasons
from metrics.kpis.queries.periods import closed_periods, is_computing
from metrics.kpis.queries.revenue import bridge
from metrics.kpis.queries.series import Point, series
from metrics.kpis.queries.shapes import AccountRow, Bridge, FigureView, PeriodView, ReasonRow

TREND_MONTHS = 13
CHURNED_SHOWN = 10
DAY = dt.timedelta(days=1)

SHOWN = (
    "mrr", "customers", "nrr", "grr", "customer-churn", "revenue-churn-gross", "renewal-rate",
    "renewal-rate-value", "upsell-rate-value", "cross-sell-rate-value", "early-churn",
    "onboarding-completion", "onboarding-days", "mean-tenure", "ltv-revenue", "ltv-margin",
    "referrals",
)  # fmt: skip
# Of these a month says little, or the same as twelve: the trailing twelve months are not shown.
_STANDING = {"mrr", "customers", "mean-tenure", "ltv-revenue", "ltv-margin"}


@dataclass(frozen=True)
class KpiRow:
    """A KPI in the month, in the month before, and over the twelve months that end with it."""

    kpi: Kpi
    now: FigureView
    before: FigureView | None
    year: FigureView | None


@dataclass(frozen=True)
class GoalRow:
    """A goal and the figure it is measured by, at the month's end."""

    goal: Goal
    kpi: Kpi
    figure: FigureView | None
    progress: Progress


@dataclass(frozen=True)
class Figures:
    """The month's period and every KPI's points by kind of period, oldest first.

    Months end with the month; of each other kind it is the last that was over by its end.
    """

    period: PeriodView
    points: dict[str, dict[str, list[Point]]]

    def trend(self, kpi: str) -> list[FigureView | None]:
        """A KPI over the months, as first known."""
        return [point.figure for point in self.points[kpi][Period.Kind.MONTH]]

    @property
    def months(self) -> list[dt.date]:
        """The months of the points."""
        by_kind = next(iter(self.points.values()))
        return [point.period.starts_on for point in by_kind[Period.Kind.MONTH]]

    def latest(self, kpi: str, kind: str) -> FigureView | None:
        """A KPI in the last period of a kind that was over by the month's end."""
        points = self.points[kpi].get(kind)
        return points[-1].figure if points else None

    def rows(self) -> list[KpiRow]:
        """The KPIs that have a figure in the month, in the order of the report."""
        before = month_start(self.period.starts_on, -1)
        found = []
        for slug in SHOWN:
            by_month = {p.period.starts_on: p.figure for p in self.points[slug]["month"]}
            now = by_month[self.period.starts_on]
            if now is None or now.figure is None:
                continue
            year = None if slug in _STANDING else self.latest(slug, Period.Kind.TRAILING)
            is_same_end = year is not None and year.period.ends_on == self.period.ends_on
            found.append(
                KpiRow(KPIS[slug], now, by_month.get(before), year if is_same_end else None)
            )
        return found


def figures(month: dt.date, *, fiscal_start: int) -> Figures | None:
    """The month's KPIs as first known; None where the month has not been computed."""
    day = month_start(month, 1) - DAY
    since = month_start(month, 1 - TREND_MONTHS)
    closed = closed_periods(first=since, last=day, fiscal_start=fiscal_start)
    months = closed[Period.Kind.MONTH]
    if not months or months[0].starts_on != month:
        return None
    shown = [*months]
    for kind, periods in closed.items():
        if kind != Period.Kind.MONTH:
            shown += periods[:1]
    points: dict[str, dict[str, list[Point]]] = {}
    for kpi, found in series(shown, KPIS).items():
        by_kind: dict[str, list[Point]] = defaultdict(list)
        for point in found:
            by_kind[point.period.kind].append(point)
        points[kpi] = by_kind
    return Figures(months[0], points)


def is_awaited(month: dt.date) -> bool:
    """Whether the month's figures are still to come: workers are at them."""
    is_computed = Period.objects.filter(
        kind=Period.Kind.MONTH, starts_on=month, series=Period.Series.FIRST, is_due=False
    )
    return is_computing() and not is_computed.exists()


def revenue_bridge(found: Figures) -> Bridge | None:
    """How the month's recurring revenue came about."""
    return bridge(found.period)


def reasons(found: Figures) -> list[ReasonRow]:
    """Why accounts left in the month."""
    return [row for row in churn_reasons(found.period) if row.accounts]


def churned(found: Figures) -> list[AccountRow]:
    """The accounts that left in the month, the largest first."""
    period = found.period
    return accounts_behind("customer-churn", period, limit=CHURNED_SHOWN, counting=True).rows


def goals(month: dt.date, found: Figures | None, *, known_until: dt.datetime) -> list[GoalRow]:
    """The goals that ran in the month, by day due, with their figures at its end."""
    running = Goal.objects.filter(due_on__gte=month, set_at__lt=known_until).order_by(
        "due_on", "kpi", "period_kind", "pk"
    )
    rows = []
    for goal in running:
        if goal.kpi in KPIS:
            figure = found.latest(goal.kpi, goal.period_kind) if found else None
            rows.append(GoalRow(goal, KPIS[goal.kpi], figure, _progress(goal, figure)))
    return rows


def _progress(goal: Goal, figure: FigureView | None) -> Progress:
    return progress(
        None if figure is None else figure.figure,
        target=float(goal.target),
        baseline=None if goal.baseline is None else float(goal.baseline),
        is_at_least=goal.direction == Goal.Direction.AT_LEAST,
    )
