"""What the monthly report reads of health and of a month's end, as it was known then."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from cs_platform.core import sql
from cs_platform.documents.facts import MonthFacts
from metrics.kpis.periods import month_start
from metrics.reports.models import MonthEnd

BANDS = ("green", "yellow", "red", "")
DAY = dt.timedelta(days=1)


def last_day(month: dt.date) -> dt.date:
    """The last day of a month."""
    return month_start(month, 1) - DAY


@dataclass(frozen=True)
class BandDay:
    """Accounts per band at the end of one day; money per year."""

    day: dt.date
    accounts: dict[str, int]
    at_risk: int
    arr_at_risk: Decimal
    expected_loss: Decimal

    @property
    def n(self) -> int:
        """Every scored account."""
        return sum(self.accounts.values())


def health(month: dt.date, *, months: int = 12) -> list[BandDay] | None:
    """Month ends that have scores, oldest first and ending with ``month``; None where it has none.

    One query.
    """
    days = [last_day(month_start(month, -back)) for back in range(months)]
    by_day: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    for row in sql.rows("documents/report_bands", {"days": days}):
        by_day[row["day"]].append(row)
    if days[0] not in by_day:
        return None
    return [_band_day(day, by_day[day]) for day in sorted(by_day)]


def _band_day(day: dt.date, rows: list[dict[str, Any]]) -> BandDay:
    return BandDay(
        day=day,
        accounts={row["band"] or "": row["accounts"] for row in rows},
        at_risk=sum(row["at_risk"] for row in rows),
        arr_at_risk=sum((row["mrr_at_risk"] * 12 for row in rows), Decimal(0)),
        expected_loss=sum((row["expected_loss"] for row in rows), Decimal(0)),
    )


def kept_facts(month: dt.date) -> MonthFacts | None:
    """What was kept of the month's end; None until a worker has."""
    facts = MonthEnd.objects.filter(month=month).values_list("facts", flat=True).first()
    return None if facts is None else msgspec.convert(facts, MonthFacts)
