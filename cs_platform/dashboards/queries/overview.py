"""The team's figures for one day, from the sums that scoring keeps of it."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from cs_platform.core import sql
from health.models import DayFigures, ScoreDay

WEEK = dt.timedelta(days=7)
_FIGURES = ("accounts", "at_risk", "arr", "arr_at_risk", "expected_loss")


@dataclass(frozen=True)
class Totals:
    """The key figures of one day; money per year in the workspace's currency.

    ``mean_score`` and ``median_score`` are over accounts that have a score; ``coverage`` is the
    mean share of a scorecard's weight that had data, over all scored accounts.
    """

    accounts: int
    arr: float
    at_risk: int
    arr_at_risk: float
    expected_loss: float
    with_score: int
    mean_score: float | None
    median_score: float | None
    coverage: float | None


@dataclass(frozen=True)
class Standing:
    """One day: totals, accounts per band, scores by class of ten, and the groups."""

    day: dt.date
    totals: Totals
    bands: dict[str, int]
    histogram: dict[int, dict[str, int]]
    owners: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    renewals: list[dict[str, Any]]
    moves: list["Move"]


@dataclass(frozen=True)
class Move:
    """Accounts that were in one band a week before and are in another (or the same)."""

    old_band: str
    new_band: str
    accounts: int
    arr: float


def last_scored_day(*, until: dt.date) -> dt.date | None:
    """The latest day not after ``until`` that has scores."""
    found: dt.date | None = DayFigures.objects.filter(
        day__lte=until, series=ScoreDay.Series.LIVE
    ).aggregate(last=Max("day"))["last"]
    return found


def standing(day: dt.date) -> Standing:
    """Everything kept of one day."""
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(day, *DayFigures.Kind):
        kinds[row["kind"]].append(row)
    by_score = kinds[DayFigures.Kind.SCORE]
    bands: dict[str, int] = defaultdict(int)
    histogram: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in by_score:
        bands[row["band"]] += row["accounts"]
        if row["band"] and row["score"] is not None:
            histogram[min(row["score"] // 10 * 10, 90)][row["band"]] += row["accounts"]
    return Standing(
        day=day,
        totals=_totals(by_score),
        bands=dict(bands),
        histogram={start: dict(counts) for start, counts in histogram.items()},
        owners=_summed(kinds[DayFigures.Kind.OWNER], "owner_id"),
        segments=_summed(kinds[DayFigures.Kind.OWNER], "segment"),
        renewals=kinds[DayFigures.Kind.RENEWAL],
        moves=[
            Move(row["week_band"], row["band"], row["accounts"], row["arr"])
            for row in kinds[DayFigures.Kind.MOVE]
        ],
    )


def totals(day: dt.date) -> Totals | None:
    """The key figures of one day, None where nobody was scored."""
    found = _rows(day, DayFigures.Kind.SCORE)
    return _totals(found) if found else None


def owners(day: dt.date) -> list[dict[str, Any]]:
    """The figures of every owner's accounts."""
    return _summed(_rows(day, DayFigures.Kind.OWNER), "owner_id")


def _rows(day: dt.date, *kinds: str) -> list[dict[str, Any]]:
    """The day's groups of some kinds, money as numbers per year."""
    found = DayFigures.objects.filter(
        day=day, series=ScoreDay.Series.LIVE, kind__in=kinds, accounts__gt=0
    )
    names = ("kind", "band", "score", "month", "owner_id", "segment", "week_band")
    sums = ("accounts", "at_risk", "mrr", "mrr_at_risk", "expected_loss", "coverage")
    return [
        {
            **row,
            "arr": float(row["mrr"]) * 12,
            "arr_at_risk": float(row["mrr_at_risk"]) * 12,
            "expected_loss": float(row["expected_loss"]),
            "coverage": float(row["coverage"]),
        }
        for row in found.order_by("id").values(*names, *sums)
    ]


def _summed(rows: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """The rows' figures added up per value of ``keys``, in order of first appearance."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        value = tuple(row[key] for key in keys)
        total = found.setdefault(value, dict(zip(keys, value, strict=True)))
        for figure in _FIGURES:
            total[figure] = total.get(figure, 0) + row[figure]
    return list(found.values())


def _totals(by_score: list[dict[str, Any]]) -> Totals:
    figures = {name: sum(row[name] for row in by_score) for name in _FIGURES}
    accounts = figures["accounts"]
    by_value: dict[int, int] = defaultdict(int)
    for row in by_score:
        if row["band"] and row["score"] is not None:
            by_value[row["score"]] += row["accounts"]
    scores = sorted(by_value.items())
    with_score = sum(by_value.values())
    covered = sum(row["coverage"] for row in by_score)
    return Totals(
        **figures,
        with_score=with_score,
        mean_score=(
            sum(score * count for score, count in scores) / with_score if with_score else None
        ),
        median_score=median(scores),
        coverage=covered / accounts if accounts else None,
    )


def median(counted: list[tuple[int, int]]) -> float | None:
    """The median of values given as sorted pairs of value and how often it occurs."""
    total = sum(count for _value, count in counted)
    if not total:
        return None

    def at(place: int) -> int:
        for value, count in counted:
            if place < count:
                return value
            place -= count
        raise AssertionError("place is within the total")

    return (at((total - 1) // 2) + at(total // 2)) / 2


def workload(today: dt.date) -> dict[int | None, dict[str, int]]:
    """Open and overdue tasks by member."""
    return {row["owner_id"]: row for row in sql.rows("dashboards/workload", {"today": today})}


def onboarding(today: dt.date) -> dict[str, Any]:
    """Onboardings that are running, how many are late, and by how many days on average."""
    return sql.row("dashboards/onboarding", {"today": today})
