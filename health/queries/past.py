"""Accounts as lists showed them at the end of a past day, off its score-days."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Account, Membership
from accounts.queries.history import tiers_as_of
from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock
from cs_platform.core.reading import Among
from health.measures import value_of
from health.models import AccountCurrent, Band, ScorecardVersion, ScoreDay

# Of a sparkline; the last one is the day's own.
SPARK_DAYS = 31


def scored_on(day: dt.date, *, tier: str = "") -> QuerySet[ScoreDay]:
    """The score-days of a day, with what was known then; of accounts of one tier, if asked for."""
    found = ScoreDay.objects.filter(day=day, series=ScoreDay.Series.LIVE)
    if not tier:
        return found
    then = tiers_as_of(_last_moment(day))
    had_it = [account_id for account_id, its_tier in then.items() if its_tier == tier]
    kept_it = Account.objects.filter(tier=tier).exclude(Q(Among(F("pk"), list(then))))
    return found.filter(Q(Among(F("account_id"), had_it)) | Q(account_id__in=kept_it.values("pk")))


def _last_moment(day: dt.date) -> dt.datetime:
    return clock.day_end(day, current_workspace().timezone) - dt.timedelta(microseconds=1)


def as_they_stood(found: Iterable[ScoreDay]) -> list[AccountCurrent]:
    """The score-days of one day as rows of lists, in their order; nothing of them is stored.

    Owner, segment, tier, stage, money, score and risk are the day's, and so are the reasons, under
    the version in force then. Names are today's. How far the work on a risk had come is not known
    of a past day, nor when notice was given. Accounts that are no more are left out.
    """
    days = {row.account_id: row for row in found}
    if not days:
        return []
    day = next(iter(days.values())).day
    accounts = Account.objects.defer(*Account.LONG_FIELDS).in_bulk(days)
    owner_ids = {row.owner_id for row in days.values()}
    owners = Membership.objects.select_related("user").in_bulk(owner_ids - {None})
    versions = ScorecardVersion.objects.in_bulk({row.version_id for row in days.values()})
    tiers = tiers_as_of(_last_moment(day), days)
    scores = _scores(days, day)
    return [
        _row(
            row,
            accounts[account_id],
            tier=tiers.get(account_id, accounts[account_id].tier),
            owner=owners.get(row.owner_id),
            version=versions[row.version_id],
            spark=scores[account_id],
        )
        for account_id, row in days.items()
        if account_id in accounts
    ]


def _scores(account_ids: Iterable[int], day: dt.date) -> dict[int, list[int | None]]:
    """The scores of the 31 days that end with ``day``, by account."""
    first = day - dt.timedelta(days=SPARK_DAYS - 1)
    scores: dict[int, list[int | None]] = defaultdict(lambda: [None] * SPARK_DAYS)
    kept = ScoreDay.objects.filter(
        account_id__in=list(account_ids),
        series=ScoreDay.Series.LIVE,
        day__range=(first, day),
    )
    for account_id, on, score in kept.values_list("account_id", "day", "score"):
        scores[account_id][(on - first).days] = score
    return scores


def _row(
    found: ScoreDay,
    account: Account,
    *,
    tier: str,
    owner: Membership | None,
    version: ScorecardVersion,
    spark: list[int | None],
) -> AccountCurrent:
    deadlines = [on for on in (found.renewal_on, found.notice_deadline_on) if on is not None]
    is_at_risk = found.band in (Band.YELLOW, Band.RED) or found.is_flagged
    row = AccountCurrent(
        workspace_id=found.workspace_id,
        account=account,
        name=account.name,
        name_reading=account.name_reading,
        external_id=account.external_id,
        owner=owner,
        segment=found.segment,
        tier=tier,
        stage=found.stage,
        country=account.country,
        mrr=found.mrr,
        arr=None if found.mrr is None else found.mrr * 12,
        renewal_on=found.renewal_on,
        notice_deadline_on=found.notice_deadline_on,
        urgency_on=min(deadlines, default=None),
        score=None if found.score is None else float(found.score),
        coverage=found.coverage,
        band=found.band,
        score_7d=_change(spark, 7),
        score_30d=_change(spark, 30),
        spark=spark,
        exceptions=found.exceptions,
        churn_probability=found.churn_probability,
        expected_loss=found.expected_loss,
        reasons=_dearest(version, found) if is_at_risk else [],
        last_seen_on=_days_before(found, "last_seen"),
        last_contact_on=_days_before(found, "last_contact"),
        is_flagged=found.is_flagged,
        day=found.day,
        computed_at=found.computed_at,
        version=version,
    )
    # which the database works out for stored rows
    row.is_at_risk = is_at_risk
    return row


def _change(spark: Sequence[int | None], days: int) -> float | None:
    now, before = spark[-1], spark[-1 - days]
    return None if now is None or before is None else now - before


def _days_before(found: ScoreDay, key: str) -> dt.date | None:
    raw = value_of(found.raw, key)
    return None if raw is None else found.day - dt.timedelta(days=int(raw))


def _dearest(version: ScorecardVersion, found: ScoreDay) -> list[dict[str, Any]]:
    """What the three dearest measures cost against full marks, as keep_current.sql stores it."""
    lost = {
        entry["key"]: entry["weight"] * (100 - points)
        for entry in version.measures
        if (points := value_of(found.points, entry["key"])) is not None and points < 100
    }
    weight = found.coverage * sum(entry["weight"] for entry in version.measures)
    dearest = sorted(lost, key=lambda key: (-lost[key], key))[:3]
    costs = {key: math.floor(lost[key] / weight * 10 + 0.5) / 10 for key in dearest}
    return [
        {
            "measure": key,
            "raw": value_of(found.raw, key),
            "points": value_of(found.points, key),
            "cost": cost,
        }
        for key, cost in costs.items()
        if cost >= 1
    ]
