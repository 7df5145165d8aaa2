"""The report's KPIs: a month as it was first known, the months before it, and its goals."""

import datetime as dt
from dataclasses import dataclass

from metrics.kpis.definitions import KPIS, Kpi
from metrics.kpis.models import Goal
from metrics.kpis.periods import month_start
from metrics.kpis.progress import Progress, progress
from metrics.kpis.queries.accounts import accounts_behind
from metrics.kpis.queries.figures import churn_reasons
from metrics.kpis.queries.periods import is_computing
from metrics.kpis.queries.revenue import bridge
from metrics.kpis.queries.series import Point, closed_before, series
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
    """The month's period and the points of every KPI, oldest first and ending with it."""

    period: PeriodView
    points: dict[str, list[Point]]
    year: dict[str, FigureView | None]

    def trend(self, kpi: str) -> list[FigureView | None]:
        """A KPI over the months, as first known."""
        return [point.figure for point in self.points[kpi]]

    @property
    def months(self) -> list[dt.date]:
        """The months of the points."""
        return [point.period.starts_on for point in next(iter(self.points.values()))]

    def rows(self) -> list[KpiRow]:
        """The KPIs that have a figure in the month, in the order of the report."""
        before = month_start(self.period.starts_on, -1)
        found = []
        for slug in SHOWN:
            by_month = {p.period.starts_on: p.figure for p in self.points[slug]}
            now = by_month[self.period.starts_on]
            if now is None or now.figure is None:
                continue
            year = None if slug in _STANDING else self.year.get(slug)
            found.append(KpiRow(KPIS[slug], now, by_month.get(before), year))
        return found


def figures(month: dt.date) -> Figures | None:
    """The month's KPIs as first known; None where the month has not been computed."""
    day = month_start(month, 1) - DAY
    shown = closed_before("month", day, limit=TREND_MONTHS)
    if not shown or shown[0].starts_on != month:
        return None
    year = closed_before("trailing12", day, limit=1)
    by_kpi = series(year, SHOWN) if year and year[0].ends_on == shown[0].ends_on else {}
    return Figures(
        period=shown[0],
        points=series(shown, SHOWN),
        year={kpi: points[-1].figure for kpi, points in by_kpi.items()},
    )


def is_awaited(month: dt.date) -> bool:
    """Whether the month's figures are still to come: workers are at them."""
    return figures(month) is None and is_computing()


def revenue_bridge(found: Figures) -> Bridge | None:
    """How the month's recurring revenue came about."""
    return bridge(found.period)


def reasons(found: Figures) -> list[ReasonRow]:
    """Why accounts left in the month."""
    return [row for row in churn_reasons(found.period) if row.accounts]


def churned(found: Figures) -> list[AccountRow]:
    """The accounts that left in the month, the largest first."""
    behind = accounts_behind("customer-churn", found.period, limit=CHURNED_SHOWN)
    return [row for row in behind.rows if row.counts]


def goals(month: dt.date, *, known_until: dt.datetime) -> list[GoalRow]:
    """The goals that ran in the month, by day due, with their figures at its end."""
    day = month_start(month, 1) - DAY
    running = Goal.objects.filter(due_on__gte=month, set_at__lt=known_until).order_by(
        "due_on", "kpi", "period_kind"
    )
    by_kind: dict[str, list[Goal]] = {}
    for goal in running:
        if goal.kpi in KPIS:
            by_kind.setdefault(goal.period_kind, []).append(goal)
    found = []
    for kind, goals_of_kind in by_kind.items():
        latest = closed_before(kind, day, limit=1)
        points = series(latest, {goal.kpi for goal in goals_of_kind}) if latest else {}
        for goal in goals_of_kind:
            figure = points[goal.kpi][-1].figure if points else None
            found.append(GoalRow(goal, KPIS[goal.kpi], figure, _progress(goal, figure)))
    return sorted(found, key=lambda row: (row.goal.due_on, row.kpi.slug, row.goal.pk))


def _progress(goal: Goal, figure: FigureView | None) -> Progress:
    return progress(
        None if figure is None else figure.figure,
        target=float(goal.target),
        baseline=None if goal.baseline is None else float(goal.baseline),
        is_at_least=goal.direction == Goal.Direction.AT_LEAST,
    )
