"""Several KPIs over several periods at once, as first known and as restated."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from metrics.kpis.models import Figure, Period
from metrics.kpis.queries.figures import labels
from metrics.kpis.queries.periods import periods
from metrics.kpis.queries.shapes import FigureView, PeriodView

# rows of the pages with the most of them: as dictionaries, which cost half of what objects do
_SHOWN = (
    "kpi", "dimension", "value", "figure", "low", "high", "numerator", "denominator", "n",
    "missing", "detail",
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A KPI in one period: as first known (or to date), and as restated where that differs."""

    period: PeriodView
    figure: FigureView | None
    restated: FigureView | None


def series(
    shown: Sequence[PeriodView], kpis: Iterable[str], dimension: str = "", value: str = ""
) -> dict[str, list[Point]]:
    """The points of each KPI, oldest first, one for every period of ``shown``; one query."""
    slugs = list(kpis)
    # A restated period is two stored ones: the closed one and what became known later.
    ids = {period.id for period in shown} | {p.first_id for p in shown if p.first_id is not None}
    found = Figure.objects.filter(
        period_id__in=list(ids), kpi__in=slugs, dimension=dimension, value=value
    )
    rows = {(row["kpi"], row.pop("period_id")): row for row in found.values("period_id", *_SHOWN)}
    label = labels(dimension, [value]).get(value, value) if dimension else ""

    def view(kpi: str, period: PeriodView, period_id: int | None) -> FigureView | None:
        row = rows.get((kpi, period_id)) if period_id is not None else None
        if row is None:
            return None
        return FigureView(period=period, label=label, is_restated=False, **row)

    def point(kpi: str, period: PeriodView) -> Point:
        now = view(kpi, period, period.id)
        if period.first_id is None:
            return Point(period, now, None)
        first = view(kpi, period, period.first_id)
        is_same = first is not None and now is not None and first.figure == now.figure
        if first is None or is_same:
            return Point(period, now, None)
        restated = None if now is None else replace(now, is_restated=True, first=first.figure)
        return Point(period, first, restated)

    ordered = sorted(shown, key=lambda period: period.ends_on)
    return {kpi: [point(kpi, period) for period in ordered] for kpi in slugs}


def closed_before(kind: str, day: dt.date, *, limit: int) -> list[PeriodView]:
    """The periods of a kind that were over by the end of ``day``, newest first, as first known."""
    found = [
        period
        for period in periods(kind)
        if not period.is_open and period.ends_on <= day + dt.timedelta(days=1)
    ][:limit]
    return [
        period
        if period.first_id is None
        else replace(
            period,
            id=period.first_id,
            first_id=None,
            is_restated=False,
            series=Period.Series.FIRST,
        )
        for period in found
    ]
