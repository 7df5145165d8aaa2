"""The sums of a day, added up row by row in Python: what `DayFigures` must equal."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from health.models import DayFigures, ScoreDay

SUMS = ("accounts", "at_risk", "mrr", "mrr_at_risk", "expected_loss", "coverage")
GROUPS = ("kind", "band", "score", "month", "owner_id", "segment", "week_band")
Figures = dict[tuple[Any, ...], tuple[Decimal, ...]]


def added_up(day: dt.date, series: int = ScoreDay.Series.LIVE) -> Figures:
    """The groups of a day of the open scope, off its score-days."""
    found: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(SUMS))
    for row in ScoreDay.objects.filter(day=day, series=series):
        for group in _groups(row):
            is_at_risk = row.is_flagged or row.band in {"yellow", "red"}
            mrr = row.mrr or Decimal(0)
            adds = (
                Decimal(1),
                Decimal(is_at_risk),
                mrr,
                mrr if is_at_risk else Decimal(0),
                row.expected_loss or Decimal(0) if is_at_risk else Decimal(0),
                Decimal(str(row.coverage)),
            )
            found[group] = [a + b for a, b in zip(found[group], adds, strict=True)]
    return {group: tuple(sums) for group, sums in found.items()}


def _groups(row: ScoreDay) -> list[tuple[Any, ...]]:
    groups: list[dict[str, Any]] = [
        {"kind": "score", "band": row.band, "score": row.score},
        {"kind": "owner", "owner_id": row.owner_id, "segment": row.segment},
    ]
    if row.renewal_on and 0 <= (row.renewal_on - row.day).days <= 365:
        month = row.renewal_on.replace(day=1)
        groups.append({"kind": "renewal", "band": row.band, "month": month})
    if row.week_band is not None:
        groups.append({"kind": "move", "band": row.band, "week_band": row.week_band})
    return [tuple(group.get(name) for name in GROUPS) for group in groups]


def kept(day: dt.date, series: int = ScoreDay.Series.LIVE) -> Figures:
    """The groups of a day of the open scope that have accounts, as scoring kept them."""
    rows = DayFigures.objects.filter(day=day, series=series).values(*GROUPS, *SUMS)
    emptied = [row for row in rows if not row["accounts"]]
    assert all(not row[name] for row in emptied for name in SUMS)
    return {
        tuple(row[name] for name in GROUPS): tuple(Decimal(row[name]) for name in SUMS)
        for row in rows
        if row["accounts"]
    }


def keep(day: dt.date) -> None:
    """Store the sums of a day whose score-days a test has written itself."""
    DayFigures.objects.filter(day=day).update(**dict.fromkeys(SUMS, 0))
    for group, sums in added_up(day).items():
        DayFigures.objects.update_or_create(
            day=day,
            series=ScoreDay.Series.LIVE,
            **dict(zip(GROUPS, group, strict=True)),
            defaults=dict(zip(SUMS, sums, strict=True)),
        )
