"""Refresh one workspace: roll up, then score. What has marks is done; nothing else is touched.

Marks are rows (dirty account-days, dirty accounts) written in the transaction of the change, and
are taken away in the transaction of the result: killed anywhere, everything is either done or
still marked.
"""

import datetime as dt
from dataclasses import dataclass

from accounts.actions.ledger import derive
from accounts.models import DirtyAccount
from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock, sql
from cs_platform.core.tenancy import scope
from health.models import ScorecardVersion, ScoringClock
from health.scorecards import published_version
from health.scoring import score_accounts, score_past_day, take_turn
from metrics.surveys import rollup as results
from metrics.usage import rollup

# Past so many accounts, scoring everybody is quicker than looking each of them up.
EVERYBODY = 20_000
# Days closed by themselves after an outage; `rescore --from` fills in what lies before.
CATCH_UP_DAYS = 31


@dataclass(frozen=True)
class Refreshed:
    """Accounts with new usage, current rows that changed, and days closed."""

    rolled_up: int
    scored: int
    closed: int


def refresh_workspace(workspace_id: int, now: dt.datetime) -> Refreshed | None:
    """Bring the roll-ups and scores of one workspace up to ``now``.

    One transaction for each day that is over and not closed yet, and one for the present; the
    first look at a new day and a newly published scorecard score all accounts. Idempotent and
    safe when killed. Returns None when another process is at it, which then sees to the marks, or
    the next sweep does.
    """
    closed = 0
    while True:
        with scope(workspace_id):
            if not take_turn(wait=False):
                return None
            rolled_up = rollup.roll_up_usage(now)
            results.roll_up_results(now)
            yesterday = _yesterday(now)
            last = ScoringClock.objects.first()
            if last is not None and last.closed_on < yesterday:
                earliest = yesterday - dt.timedelta(days=CATCH_UP_DAYS - 1)
                day = max(last.closed_on + dt.timedelta(days=1), earliest)
                score_past_day(day=day, now=now)
                # Without a version, whoever comes next scores everybody on the new day.
                _set_clock(now, closed_on=day, version=None)
                closed += 1
                continue
            version = published_version(now=now)
            is_new = last is None or last.version_id != version.pk
            if is_new:
                # With the day, terms end and entries dated ahead take effect, nobody writing.
                derive(now)
            marks = sql.rows("health/drain_dirty")
            if is_new or len(marks) > EVERYBODY:
                scored = score_accounts(now=now)
            else:
                scored = score_accounts(
                    now=now,
                    account_ids=[mark["account_id"] for mark in marks],
                    used_ids=[mark["account_id"] for mark in marks if mark["is_of_use"]],
                )
            _set_clock(now, closed_on=yesterday, version=version)
            return Refreshed(len(rolled_up), scored, closed)


def has_work(now: dt.datetime) -> bool:
    """Whether the open scope has marks, a day to close, or a scorecard nobody was scored by yet."""
    if rollup.has_work() or results.has_work() or DirtyAccount.objects.exists():
        return True
    last = ScoringClock.objects.first()
    return (
        last is None
        or last.closed_on < _yesterday(now)
        or last.version_id != published_version(now=now).pk
    )


def _yesterday(now: dt.datetime) -> dt.date:
    return clock.local_date(now, current_workspace().timezone) - dt.timedelta(days=1)


def _set_clock(now: dt.datetime, *, closed_on: dt.date, version: ScorecardVersion | None) -> None:
    """Say how far the scoring has come; written only where that changes."""
    values = {"closed_on": closed_on, "version": version}
    last = ScoringClock.objects.first()
    if last is None or (last.closed_on, last.version_id) != (closed_on, version and version.pk):
        ScoringClock.objects.update_or_create(defaults={**values, "moved_at": now})
