"""The scores that a workspace would have had, day by day, had it been in use."""

import datetime as dt
from collections.abc import Callable

from accounts.models import Workspace
from cs_platform.core import sql, tenancy
from health.scoring import score_accounts, score_past_day


def backfill(
    workspace: Workspace,
    since: dt.date,
    today: dt.date,
    now: dt.datetime,
    progress: Callable[[int], object],
) -> None:
    """Score every day of [since, today), each in a transaction of its own."""
    for number in range((today - since).days):
        with tenancy.scope(workspace.pk):
            score_past_day(day=since + dt.timedelta(days=number), now=now)
        progress(1)


def score_now(workspace: Workspace, now: dt.datetime) -> None:
    """Bring the current rows, which lists and pages read, up to now, with the days before."""
    with tenancy.scope(workspace.pk):
        score_accounts(now=now)
        sql.execute("health/rebuild_sparks")
