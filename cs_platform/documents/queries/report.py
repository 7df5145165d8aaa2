"""What the monthly report reads of health and of the ledger, as it was known at the month's end."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import Account
from cs_platform.core import sql
from cs_platform.core.clock import day_end
from health.measures import BY_KEY
from health.models import ScorecardVersion, ScoreDay
from health.queries.at_risk import at_risk_on
from health.reasons import measure_reason
from metrics.kpis.periods import month_start

BANDS = ("green", "yellow", "red", "")
AT_RISK_SHOWN = 10
RENEWALS_SHOWN = 10
REASONS_SHOWN = 2
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


@dataclass(frozen=True)
class Health:
    """Month ends that have scores, oldest first, and the moves between the last two of them.

    ``moves`` maps (band before, band now) to accounts and their revenue per year; it is empty
    where the month before has no scores.
    """

    days: list[BandDay]
    moves: dict[tuple[str, str], tuple[int, Decimal]]

    @property
    def now(self) -> BandDay:
        """The end of the month reported on."""
        return self.days[-1]

    def moved(self, *, worse: bool) -> int:
        """Accounts that went to a worse (better) band; those without a band on a day are none."""
        rank = {"green": 2, "yellow": 1, "red": 0}
        return sum(
            accounts
            for (old, new), (accounts, _arr) in self.moves.items()
            if old in rank and new in rank and old != new and (rank[new] < rank[old]) is worse
        )


@dataclass(frozen=True)
class RiskRow:
    """An account at risk at the month's end; money per year."""

    name: str
    owner_id: int | None
    band: str
    score: int | None
    arr: Decimal | None
    churn_probability: float | None
    expected_loss: Decimal | None
    renewal_on: dt.date | None
    reasons: list[str]


@dataclass(frozen=True)
class Renewal:
    """A contract whose term ends; revenue per year in the workspace's currency."""

    name: str
    arr: Decimal | None
    term_ends_on: dt.date
    notice_deadline_on: dt.date | None
    auto_renew: bool
    has_notice: bool
    band: str


@dataclass(frozen=True)
class RenewalMonth:
    """What is up for renewal in one month; ``missing`` contracts have no exchange rate."""

    month: dt.date
    contracts: int = 0
    arr: Decimal = Decimal(0)
    by_band: dict[str, Decimal] = field(default_factory=dict)
    missing: int = 0


def health(month: dt.date, *, months: int = 12) -> Health | None:
    """Bands at the ends of the last months; None where the month itself has no scores."""
    days = [last_day(month_start(month, -back)) for back in range(months)]
    by_day: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    for row in sql.rows("documents/report_bands", {"days": days}):
        by_day[row["day"]].append(row)
    if days[0] not in by_day:
        return None
    moves = {}
    if days[1] in by_day:
        found = sql.rows("documents/report_moves", {"day": days[0], "before": days[1]})
        moves = {(r["old_band"], r["new_band"]): (r["accounts"], r["mrr"] * 12) for r in found}
    return Health([_band_day(day, by_day[day]) for day in sorted(by_day)], moves)


def _band_day(day: dt.date, rows: list[dict[str, Any]]) -> BandDay:
    return BandDay(
        day=day,
        accounts={row["band"] or "": row["accounts"] for row in rows},
        at_risk=sum(row["at_risk"] for row in rows),
        arr_at_risk=sum((row["mrr_at_risk"] * 12 for row in rows), Decimal(0)),
        expected_loss=sum((row["expected_loss"] for row in rows), Decimal(0)),
    )


def at_risk(month: dt.date) -> list[RiskRow]:
    """The accounts at risk with the largest expected loss at the month's end, as scored then."""
    found = list(at_risk_on(last_day(month))[:AT_RISK_SHOWN])
    names = dict(
        Account.objects.filter(pk__in=[row.account_id for row in found]).values_list("pk", "name")
    )
    versions = ScorecardVersion.objects.in_bulk({row.version_id for row in found})
    return [
        RiskRow(
            name=names.get(row.account_id, "—"),
            owner_id=row.owner_id,
            band=row.band,
            score=row.score,
            arr=None if row.mrr is None else row.mrr * 12,
            churn_probability=row.churn_probability,
            expected_loss=row.expected_loss,
            renewal_on=row.renewal_on,
            reasons=_reasons(row, versions.get(row.version_id)),
        )
        for row in found
    ]


def _reasons(row: ScoreDay, version: ScorecardVersion | None) -> list[str]:
    """The measures that cost the score most, in words; by weight × points lacking."""
    costs = []
    for entry in version.measures if version else []:
        measure = BY_KEY.get(entry["key"])
        if measure is None or measure.position > min(len(row.points), len(row.raw)):
            continue
        points, raw = row.points[measure.position - 1], row.raw[measure.position - 1]
        if points is not None and raw is not None and points < 100:
            costs.append((entry["weight"] * (100 - points), entry["key"], raw))
    costs.sort(key=lambda cost: (-cost[0], cost[1]))
    return [measure_reason(key, raw) for _cost, key, raw in costs[:REASONS_SHOWN]]


def renewals(
    month: dt.date, *, zone: str, months: int = 3
) -> tuple[list[RenewalMonth], list[Renewal]]:
    """What the months after ``month`` bring: sums per month, and the dearest contracts."""
    as_of = last_day(month)
    coming = [month_start(month, ahead) for ahead in range(1, months + 1)]
    rows = sql.rows(
        "documents/report_renewals",
        {
            "as_of": as_of,
            "known_until": day_end(as_of, zone),
            "first": coming[0],
            "last": last_day(coming[-1]),
        },
    )
    sums = [_renewal_month(month, rows) for month in coming]
    shown = [
        Renewal(
            name=row["name"],
            arr=None if row["mrr"] is None else row["mrr"] * 12,
            term_ends_on=row["term_ends_on"],
            notice_deadline_on=row["notice_deadline_on"],
            auto_renew=row["auto_renew"],
            has_notice=row["has_notice"],
            band=row["band"],
        )
        for row in rows[:RENEWALS_SHOWN]
    ]
    return sums, shown


def _renewal_month(month: dt.date, rows: list[dict[str, Any]]) -> RenewalMonth:
    mine = [row for row in rows if month_start(row["term_ends_on"]) == month]
    by_band: dict[str, Decimal] = defaultdict(Decimal)
    for row in mine:
        by_band[row["band"]] += (row["mrr"] or 0) * 12
    return RenewalMonth(
        month=month,
        contracts=len(mine),
        arr=sum(by_band.values(), Decimal(0)),
        by_band=dict(by_band),
        missing=sum(row["mrr"] is None for row in mine),
    )
