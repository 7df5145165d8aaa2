"""From the ledger to facts: what every account's period was, set-based.

Periods that end together and share a state of knowledge are computed together, because the state of
every contract at their end, the days on which accounts paid and what accounts are cut by are then
the same. Each such batch is one transaction: killed anywhere, it has been done or it has not.
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import Workspace
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_start, local_date
from cs_platform.core.tenancy import current_workspace_id
from metrics.kpis.actions.figures import keep_figures
from metrics.kpis.models import Period, Settings

_ONE_DAY = dt.timedelta(days=1)
_TRY_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('compute KPIs'), %s)"
_WAIT_FOR_TURN = "SELECT pg_advisory_xact_lock(hashtext('compute KPIs'), %s) IS NOT NULL"


@dataclass(frozen=True)
class _Edges:
    """Which days the two ends of a period look at, by the workspace's rule for a first day."""

    state_on_start: dt.date
    state_on_end: dt.date
    check_start: dt.date | None
    check_end: dt.date | None
    first_of_event: dt.date
    first_after: dt.date
    is_opening_first_day: bool


def take_turn(*, wait: bool) -> bool:
    """Take the open scope's computation for this transaction; False where another has it."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_TURN if wait else _TRY_TURN, [current_workspace_id() % 2**31])
        return bool(cursor.fetchone()[0])


def current_settings() -> Settings:
    """What the workspace chose, or the defaults, not stored."""
    return Settings.objects.first() or Settings()


@transaction.atomic
def compute(
    batch: Sequence[Period], *, now: dt.datetime, account_ids: Sequence[int] | None = None
) -> None:
    """Compute the facts and figures of periods with one end and one series, and store them.

    ``account_ids``: only these accounts' facts are computed again, the others' are as stored; the
    figures are summed from all. What is known by ``now`` counts, for the first series what was
    known when the period was over, for an as-of one at the end of that day. Raises ``ValueError``
    for a batch that does not belong together, and for a first series that has been computed: it is
    never changed.
    """
    if not batch:
        return
    if len({(p.until_on, _is_over(p), p.series, p.as_of) for p in batch}) != 1:
        raise ValueError("periods computed together must end together")
    if any(p.series == Period.Series.FIRST and p.computed_at for p in batch):
        raise ValueError("a period's first figures are never computed again")
    started = time.monotonic()
    take_turn(wait=True)
    workspace, settings = current_workspace(), current_settings()
    known_until = _known_until(batch[0], workspace, now)
    everybody = account_ids is None
    common = {
        "known_until": known_until,
        "everybody": everybody,
        "account_ids": sorted(set(account_ids or ())),
    }
    edges = _edges(batch[0], settings)
    until_on = batch[0].until_on
    sql.execute("kpis/begin")
    _state(until_on, edges.state_on_end, edges.check_end, common)
    end = {"boundary": until_on, "last_day": edges.state_on_end, "check_day": edges.check_end}
    sql.execute("kpis/entries", {**common, **end})
    sql.execute("kpis/attributes", common)
    lives = {
        "boundary": until_on,
        "first_day": int(edges.is_opening_first_day),
        "target_days": settings.onboarding_target_days,
    }
    sql.execute("kpis/lives", {**common, **lives})
    done: set[dt.date] = set()
    for period in batch:
        edges = _edges(period, settings)
        if period.starts_on not in done:
            _state(period.starts_on, edges.state_on_start, edges.check_start, common)
            done.add(period.starts_on)
        sql.execute("kpis/forget", {**common, "period_id": period.pk})
        sql.execute(
            "kpis/account_period",
            {**_binds(period, edges, workspace, now), "period_id": period.pk},
        )
        keep_figures(period, fiscal_start=workspace.fiscal_year_start_month, settings=settings)
    seconds = time.monotonic() - started
    for period in batch:
        period.known_until = known_until
        period.computed_at = now
        period.is_due = False
        period.seconds = seconds / len(batch)
        period.save(update_fields=["known_until", "computed_at", "is_due", "seconds"])


def _state(
    boundary: dt.date,
    state_day: dt.date,
    check_day: dt.date | None,
    common: dict[str, object],
) -> None:
    sql.execute(
        "kpis/state",
        {**common, "boundary": boundary, "state_day": state_day, "check_day": check_day},
    )


def _known_until(period: Period, workspace: Workspace, now: dt.datetime) -> dt.datetime:
    if period.series == Period.Series.FIRST:
        return day_start(period.ends_on, workspace.timezone)
    if period.as_of is not None:
        return day_start(period.as_of + _ONE_DAY, workspace.timezone)
    return now


def _is_over(period: Period) -> bool:
    return period.until_on == period.ends_on and period.series != Period.Series.CURRENT


def _edges(period: Period, settings: Settings) -> _Edges:
    if settings.first_day == Settings.FirstDay.PERIOD:
        return _Edges(
            state_on_start=period.starts_on - _ONE_DAY,
            state_on_end=period.until_on - _ONE_DAY,
            check_start=period.starts_on,
            check_end=period.until_on,
            first_of_event=period.starts_on,
            first_after=period.until_on,
            is_opening_first_day=False,
        )
    # while a period runs, the day it is now is the last that can be looked at
    end = period.until_on if _is_over(period) else period.until_on - _ONE_DAY
    return _Edges(
        state_on_start=period.starts_on,
        state_on_end=end,
        check_start=None,
        check_end=None,
        first_of_event=period.starts_on + _ONE_DAY,
        first_after=end + _ONE_DAY,
        is_opening_first_day=True,
    )


def _binds(
    period: Period, edges: _Edges, workspace: Workspace, now: dt.datetime
) -> dict[str, object]:
    return {
        "starts_on": period.starts_on,
        "until_on": period.until_on,
        "first_of_event": edges.first_of_event,
        "first_after": edges.first_after,
        "rate_day": min(period.until_on, local_date(now, workspace.timezone)),
        "start_at": day_start(period.starts_on, workspace.timezone),
        "end_at": day_start(period.until_on, workspace.timezone),
    }
