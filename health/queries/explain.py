"""Why a score is what it is, and how it came to be so."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accounts.models import Account
from health.measures import BY_KEY, Measure, value_of
from health.models import ScorecardVersion, ScoreDay


@dataclass(frozen=True)
class MeasureRow:
    """One measure's part in a score.

    ``contribution`` is in points of the score (weight × points over the weight that has data) and
    the contributions add up to the score before rounding and exceptions; ``cost`` is what the
    measure lacks to full marks, in the same unit. Changes are of the points, since 7 and 30 days
    before; None where either day has none.
    """

    measure: Measure
    weight: float
    raw: float | None
    points: float | None
    contribution: float | None
    cost: float | None
    change_7d: float | None
    change_30d: float | None
    raw_7d: float | None
    raw_30d: float | None


@dataclass(frozen=True)
class Explanation:
    """The score of one day in full. ``average`` is the score before exceptions."""

    day: dt.date
    computed_at: dt.datetime
    version: ScorecardVersion
    score: int | None
    average: float | None
    coverage: float
    band: str
    exceptions: list[dict[str, Any]]
    churn_probability: float | None
    rows: list[MeasureRow]

    @property
    def biggest_costs(self) -> list[MeasureRow]:
        """The measures that keep the score from 100, dearest first."""
        costly = [row for row in self.rows if row.cost]
        return sorted(costly, key=lambda row: -(row.cost or 0))

    @property
    def biggest_moves(self) -> list[MeasureRow]:
        """The measures whose points changed within 30 days, by weight × change."""
        moved = [row for row in self.rows if row.change_30d]
        return sorted(moved, key=lambda row: -abs((row.change_30d or 0) * row.weight))


def explain(
    account: Account, as_of: dt.date | None = None, *, series: int = ScoreDay.Series.LIVE
) -> Explanation | None:
    """The latest score of ``account`` up to ``as_of`` (a workspace-local day), explained.

    None where it had no score-day by then, or not within the 31 days before ``as_of``.
    """
    days = ScoreDay.objects.filter(account_id=account.pk, series=series)
    if as_of is not None:
        days = days.filter(day__lte=as_of, day__gt=as_of - dt.timedelta(days=31))
    found = days.order_by("-day").first()
    if found is None:
        return None
    version = ScorecardVersion.objects.select_related("scorecard").get(pk=found.version_id)
    ago = {7: found.day - dt.timedelta(days=7), 30: found.day - dt.timedelta(days=30)}
    before = {
        row.day: row
        for row in ScoreDay.objects.filter(
            account_id=account.pk, series=series, day__in=ago.values()
        )
    }
    week, month = before.get(ago[7]), before.get(ago[30])
    with_data = sum(
        entry["weight"]
        for entry in version.measures
        if value_of(found.points, entry["key"]) is not None
    )
    rows = [_row(entry, found, week, month, with_data) for entry in version.measures]
    average = sum(row.contribution or 0 for row in rows) if with_data else None
    return Explanation(
        day=found.day,
        computed_at=found.computed_at,
        version=version,
        score=found.score,
        average=average,
        coverage=found.coverage,
        band=found.band,
        exceptions=[rule for rule in version.exceptions if rule["key"] in found.exceptions],
        churn_probability=found.churn_probability,
        rows=rows,
    )


def history(
    account: Account, days: int, *, until: dt.date, series: int = ScoreDay.Series.LIVE
) -> list[ScoreDay]:
    """The score-days of the last ``days`` days up to ``until``, oldest first; gaps are left out."""
    return list(
        ScoreDay.objects.filter(
            account_id=account.pk,
            series=series,
            day__lte=until,
            day__gt=until - dt.timedelta(days=days),
        ).order_by("day")
    )


def _row(
    entry: dict[str, Any],
    found: ScoreDay,
    week: ScoreDay | None,
    month: ScoreDay | None,
    with_data: float,
) -> MeasureRow:
    points, weight = value_of(found.points, entry["key"]), entry["weight"]
    points_7d = value_of(week.points, entry["key"]) if week else None
    points_30d = value_of(month.points, entry["key"]) if month else None
    has_data = points is not None and with_data > 0
    return MeasureRow(
        measure=BY_KEY[entry["key"]],
        weight=weight,
        raw=value_of(found.raw, entry["key"]),
        points=points,
        contribution=weight * points / with_data if has_data and points is not None else None,
        cost=weight * (100 - points) / with_data if has_data and points is not None else None,
        change_7d=None if points is None or points_7d is None else points - points_7d,
        change_30d=None if points is None or points_30d is None else points - points_30d,
        raw_7d=value_of(week.raw, entry["key"]) if week else None,
        raw_30d=value_of(month.raw, entry["key"]) if month else None,
    )
