"""The ends of months, found by a worker and kept: every account and every contract is read.

A month's end is told as it was known then, so what is kept is final but for history that comes
later: scores of a past day that are filled in, and a past that is imported.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction

from accounts.models import Account
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_end, local_date
from cs_platform.documents.facts import MonthFacts, Move, Renewal, RenewalMonth, Risk
from cs_platform.documents.queries.report import last_day
from health.measures import BY_KEY
from health.models import ScorecardVersion, ScoreDay
from health.queries.at_risk import at_risk_on
from metrics.kpis.periods import month_start
from metrics.reports.actions.reports import OLDEST_MONTHS
from metrics.reports.models import MonthEnd

RISKS_SHOWN = 10
CAUSES_SHOWN = 2
RENEWALS_SHOWN = 10
# How many months ahead renewals are told.
AHEAD = 3


def has_unkept(now: dt.datetime) -> bool:
    """Whether the open scope has a month's end to keep."""
    return bool(_unkept(now))


@transaction.atomic
def keep_month_end(now: dt.datetime, month: dt.date | None = None) -> bool:
    """Keep ``month``'s end, or the newest that is not kept; False where there is nothing to do.

    Idempotent; one worker of a workspace at a time.
    """
    sql.execute("accounts/lock_name", {"name": "keep the ends of months"})
    for found, scored_days in _unkept(now).items():
        if month in {None, found}:
            facts = msgspec.to_builtins(month_facts(found))
            MonthEnd.objects.update_or_create(
                month=found,
                defaults={"facts": facts, "scored_days": scored_days, "made_at": now},
            )
            return True
    return False


def _unkept(now: dt.datetime) -> dict[dt.date, int]:
    """Months to be kept, newest first, with how many of the days they compare are scored."""
    last = month_start(local_date(now, current_workspace().timezone), -1)
    binds = {"first": month_start(last, 1 - OLDEST_MONTHS), "last": last}
    rows = sql.rows("documents/unkept_months", binds)
    return {row["month"]: row["scored_days"] for row in rows}


def month_facts(month: dt.date) -> MonthFacts:
    """The facts of a month's end, found anew."""
    months, renewals = _renewals(month)
    return MonthFacts(_moves(month), _risks(month), months, renewals)


def _moves(month: dt.date) -> list[Move]:
    binds = {"day": last_day(month), "before": last_day(month_start(month, -1))}
    return [
        Move(row["old_band"], row["new_band"], row["accounts"], row["mrr"] * 12)
        for row in sql.rows("documents/report_moves", binds)
    ]


def _risks(month: dt.date) -> list[Risk]:
    """The accounts at risk with the largest expected loss, as scored then."""
    found = list(at_risk_on(last_day(month))[:RISKS_SHOWN])
    names = dict(
        Account.objects.filter(pk__in=[row.account_id for row in found]).values_list("pk", "name")
    )
    versions = ScorecardVersion.objects.in_bulk({row.version_id for row in found})
    return [
        Risk(
            name=names.get(row.account_id, "—"),
            owner_id=row.owner_id,
            band=row.band,
            score=row.score,
            arr=None if row.mrr is None else row.mrr * 12,
            churn_probability=row.churn_probability,
            expected_loss=row.expected_loss,
            renewal_on=row.renewal_on,
            causes=_causes(row, versions.get(row.version_id)),
        )
        for row in found
    ]


def _causes(row: ScoreDay, version: ScorecardVersion | None) -> list[tuple[str, float]]:
    """The measures that cost the score most, with their values; by weight × points lacking."""
    costs = []
    for entry in version.measures if version else []:
        measure = BY_KEY.get(entry["key"])
        if measure is None or measure.position > min(len(row.points), len(row.raw)):
            continue
        points, raw = row.points[measure.position - 1], row.raw[measure.position - 1]
        if points is not None and raw is not None and points < 100:
            costs.append((entry["weight"] * (100 - points), entry["key"], raw))
    costs.sort(key=lambda cost: (-cost[0], cost[1]))
    return [(key, raw) for _cost, key, raw in costs[:CAUSES_SHOWN]]


def _renewals(month: dt.date) -> tuple[list[RenewalMonth], list[Renewal]]:
    """What the months after ``month`` bring: sums per month, and the dearest contracts."""
    as_of = last_day(month)
    coming = [month_start(month, ahead) for ahead in range(1, AHEAD + 1)]
    rows = sql.rows(
        "documents/report_renewals",
        {
            "as_of": as_of,
            "known_until": day_end(as_of, current_workspace().timezone),
            "first": coming[0],
            "last": last_day(coming[-1]),
        },
    )
    dearest = [
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
    return [_renewal_month(month, rows) for month in coming], dearest


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
