"""Scores: one function of (scorecard version, as-of time), carried out by the SQL files.

``measure.sql`` turns facts into raw values, ``keep_bounds.sql`` stores the day's percentiles,
``grade.sql`` turns raw values into points, score, band and the prior of churn; the ``keep_…`` files
store the result. Scoring the present, closing a day, filling in the past and correcting it differ
only in the moments they pass.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock, sql
from cs_platform.core.tenancy import current_workspace_id
from health import prior
from health.curves import UNUSED, Curve, curve, percentile_points
from health.measures import BY_KEY, MEASURES, PERCENTILE, Measure, fact_position
from health.models import PercentileBound, ScorecardVersion, ScoreDay
from health.scorecards import published_version


@dataclass(frozen=True)
class Moment:
    """What a score is as of: facts that happened by ``as_of`` and were known by ``known_until``.

    ``day`` and ``known_on`` are the same moments as workspace-local days.
    """

    as_of: dt.datetime
    known_until: dt.datetime
    day: dt.date
    known_on: dt.date
    zone: str
    is_replay: bool

    @classmethod
    def present(cls, now: dt.datetime, zone: str) -> "Moment":
        """Now, with the day under way."""
        day = clock.local_date(now, zone)
        return cls(now, now, day, day, zone, is_replay=False)

    @classmethod
    def end_of(cls, day: dt.date, zone: str, *, known_until: dt.datetime | None = None) -> "Moment":
        """The last moment of a past day, with what was known then, or by ``known_until``."""
        last = clock.day_end(day, zone) - dt.timedelta(microseconds=1)
        known = known_until or last
        return cls(last, known, day, clock.local_date(known, zone), zone, is_replay=True)


_TRY_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('score workspace'), %s)"
_WAIT_FOR_TURN = "SELECT pg_advisory_xact_lock(hashtext('score workspace'), %s) IS NOT NULL"


def take_turn(*, wait: bool) -> bool:
    """Take the open scope's scoring for this transaction; False if another has it and not ``wait``.

    Two scorings of one workspace at once could store the older result over the newer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_TURN if wait else _TRY_TURN, [current_workspace_id() % 2**31])
        return bool(cursor.fetchone()[0])


def score_accounts(
    *,
    now: dt.datetime,
    account_ids: Sequence[int] | None = None,
    used_ids: Sequence[int] = (),
) -> int:
    """Score accounts of the open scope as of ``now``; None means all of them.

    ``used_ids``: those of them whose use alone has changed since they were last scored.
    Writes their current rows and today's score-days, only where something differs, in one
    transaction. Idempotent. Where today's percentiles are not known yet, everybody is scored.
    Returns the number of current rows written.
    """
    if account_ids is not None and not account_ids:
        return 0
    version = published_version(now=now)
    moment = Moment.present(now, current_workspace().timezone)
    with transaction.atomic():
        take_turn(wait=True)
        measured = compute(version, moment, account_ids, used_ids)
        ensure_months(moment.day, moment.day + dt.timedelta(days=31))
        everybody = measured is None
        _keep_days(
            version, moment, ScoreDay.Series.LIVE, is_closed=False, now=now, replan=everybody
        )
        return sql.execute(
            "health/keep_current",
            {
                "as_of": moment.as_of,
                "day": moment.day,
                "version": version.pk,
                "now": now,
                "everybody": everybody,
                "green_from": version.green_from,
                "yellow_from": version.yellow_from,
                **_weights(version),
            },
            replan=everybody,
        )


def score_past_day(
    *,
    day: dt.date,
    now: dt.datetime,
    series: int = ScoreDay.Series.LIVE,
    account_ids: Sequence[int] | None = None,
) -> int:
    """Score a day that is over, as of its last moment, and store it as closed.

    The live series uses what was known that day and leaves closed rows as they are; the corrected
    series uses what is known by ``now`` and is replaced. Raises ``ValueError`` for a day that is
    not over. Returns the number of score-days written.
    """
    zone = current_workspace().timezone
    if day >= clock.local_date(now, zone):
        raise ValueError(f"{day} is not over yet in {zone}")
    version = published_version(now=now)
    corrected = series == ScoreDay.Series.CORRECTED
    moment = Moment.end_of(day, zone, known_until=now if corrected else None)
    with transaction.atomic():
        take_turn(wait=True)
        replan = compute(version, moment, account_ids) is None
        ensure_months(day, day)
        return _keep_days(version, moment, series, is_closed=True, now=now, replan=replan)


def compute(
    version: ScorecardVersion,
    moment: Moment,
    account_ids: Sequence[int] | None = None,
    used_ids: Sequence[int] = (),
) -> list[int] | None:
    """Measure and grade into the transaction's ``health_measured`` and ``health_graded``.

    Of ``used_ids``, whose use alone has changed since they were last scored, what else was measured
    the same day by the same version is taken as it was.
    Needs a transaction. Where the day's percentiles are missing they are computed, from everybody;
    so they are where the accounts asked for are the first that a measure can be ranked by.
    Returns the accounts measured, None for all.
    """
    bounds = day_bounds(version, moment.day)
    ids = None if account_ids is None or bounds is None else sorted(set(account_ids))
    _measure(version, moment, ids, used_ids)
    if ids is not None and _meet_first_peers(version, bounds or {}):
        ids = None
        _measure(version, moment, ids)
    if ids is None:
        ranked = _ranked(version)
        sql.execute(
            "health/keep_bounds",
            {
                "keys": [measure.key for measure in ranked],
                "positions": [measure.position for measure in ranked],
                "stages": version.stages,
                "version": version.pk,
                "day": moment.day,
            },
        )
        bounds = day_bounds(version, moment.day)
    binds = _grading_binds(version, moment, bounds or {})
    sql.execute("health/grade", binds, replan=ids is None)
    return ids


def _measure(
    version: ScorecardVersion,
    moment: Moment,
    ids: list[int] | None,
    used_ids: Sequence[int] = (),
) -> None:
    sql.execute("health/begin")
    sql.execute(
        "health/measure",
        {
            "as_of": moment.as_of,
            "known_until": moment.known_until,
            "day": moment.day,
            "known_on": moment.known_on,
            "zone": moment.zone,
            "is_replay": moment.is_replay,
            "everybody": ids is None,
            "version": version.pk,
            "account_ids": _array(ids or ()),
            "used_ids": _array(() if ids is None else used_ids),
            **option_binds(version),
        },
        replan=ids is None,
    )


def _array(ids: Sequence[int]) -> str:
    """As text: a thousand numbers of an ARRAY are read one by one."""
    return f"{{{','.join(map(str, ids))}}}"


def _ranked(version: ScorecardVersion) -> list[Measure]:
    """The measures whose points are the percentile among peers."""
    return [BY_KEY[m["key"]] for m in version.measures if m["points"] == PERCENTILE]


def _meet_first_peers(version: ScorecardVersion, bounds: dict[str, list[float]]) -> bool:
    unranked = [measure.position for measure in _ranked(version) if not bounds.get(measure.key)]
    if not unranked:
        return False
    binds = {"positions": unranked, "stages": version.stages}
    return bool(sql.row("health/first_peers", binds)["is_met"])


def day_bounds(version: ScorecardVersion, day: dt.date) -> dict[str, list[float]] | None:
    """The day's percentiles by measure; None where they have not been computed yet."""
    stored = dict(
        PercentileBound.objects.filter(version=version, day=day).values_list("measure", "bounds")
    )
    needed = {measure.key for measure in _ranked(version)}
    return stored if needed <= stored.keys() else None


def curves(version: ScorecardVersion, bounds: Mapping[str, Sequence[float]]) -> dict[str, Curve]:
    """The curve of every measure of the registry under ``version`` with a day's percentiles."""
    found = dict.fromkeys(BY_KEY, UNUSED)
    for entry in version.measures:
        points = entry["points"]
        if points == PERCENTILE:
            points = percentile_points(bounds.get(entry["key"], ()), direction=entry["direction"])
        if points:
            found[entry["key"]] = curve(points)
    return found


def option_binds(version: ScorecardVersion) -> dict[str, int]:
    """Every measure's options as ``<key>_<option>``, the version's before the defaults."""
    chosen = {entry["key"]: entry["options"] for entry in version.measures}
    return {
        f"{measure.key}_{option}": int(chosen.get(measure.key, {}).get(option, default))
        for measure in MEASURES
        for option, default in measure.options.items()
    }


def _weights(version: ScorecardVersion) -> dict[str, Any]:
    """The weights of a version's measures, one by one and in all."""
    weights = [float(entry["weight"]) for entry in version.measures]
    return {
        "total_weight": sum(weights),
        "weight_keys": [entry["key"] for entry in version.measures],
        "weight_positions": [BY_KEY[entry["key"]].position for entry in version.measures],
        "weights": weights,
    }


def _grading_binds(
    version: ScorecardVersion, moment: Moment, bounds: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    """What ``grade.sql`` binds: curves, weights, exceptions, the prior."""
    weights = {entry["key"]: float(entry["weight"]) for entry in version.measures}
    binds: dict[str, Any] = {
        "day": moment.day,
        "stages": version.stages,
        "green_from": version.green_from,
        "yellow_from": version.yellow_from,
        "minimum_coverage": version.minimum_coverage,
        "total_weight": sum(weights.values()),
        "exception_keys": [rule["key"] for rule in version.exceptions],
        "exception_positions": [fact_position(rule["fact"]) for rule in version.exceptions],
        "exception_at_least": [float(rule["at_least"]) for rule in version.exceptions],
        "exception_caps": [float(rule["cap"]) for rule in version.exceptions],
        **prior.binds(),
    }
    for key, shape in curves(version, bounds).items():
        binds[f"{key}_knots"] = shape.knots
        binds[f"{key}_intercepts"] = shape.intercepts
        binds[f"{key}_slopes"] = shape.slopes
        binds[f"{key}_weight"] = weights.get(key, 0.0)
    return binds


def ensure_months(first: dt.date, last: dt.date) -> None:
    """Make the partitions of the score-days between two days, where they are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT health_ensure_score_months(%s, %s)", [first, last])


def _keep_days(
    version: ScorecardVersion,
    moment: Moment,
    series: int,
    *,
    is_closed: bool,
    now: dt.datetime,
    replan: bool,
) -> int:
    kept = sql.row(
        "health/keep_days",
        {
            "day": moment.day,
            "as_of": moment.as_of,
            "series": int(series),
            "version": version.pk,
            "is_closed": is_closed,
            "now": now,
        },
        replan=replan,
    )
    return int(kept["written"])
