"""From events to counts per account and day, for the days that have changed.

Days are the workspace's own. A dirty day is computed again as a whole, so late, repeated and
newly attributed events need no special case, and a task killed half-way has done nothing.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

from accounts.actions.dirty import mark_dirty
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_end, day_start
from metrics.usage.identity import settle_identities
from metrics.usage.models import DirtyDay, IdentityMark, Receipt

AccountDayKey = tuple[int, dt.date]
# Account-days a statement computes: enough to amortise it, few enough to fit in memory.
_CHUNK = 20_000


def has_work() -> bool:
    """Whether the open scope has anything for ``roll_up_usage`` to do."""
    return any(model.objects.exists() for model in (DirtyDay, IdentityMark, Receipt))


def roll_up_usage(now: dt.datetime) -> set[int]:
    """Bring the roll-ups of the open scope up to date; the ids of the accounts that changed.

    Those accounts are marked dirty. Idempotent; all or nothing with the caller's transaction. The
    cost depends on the events of the dirty days, not on the length of the history.
    """
    settle_identities(current_workspace(), now)
    sql.execute("usage/drain_receipts")
    drained = sql.rows("usage/drain_days")
    if not drained:
        return set()
    days = [(row["account_id"], row["day"]) for row in drained]
    roll_up_days(days)
    account_ids = {account_id for account_id, _day in days}
    mark_dirty(account_ids, is_of_use=True, announce=False)
    return account_ids


def roll_up_days(days: Sequence[AccountDayKey]) -> None:
    """Compute these account-days again, whatever the queue says."""
    zone = current_workspace().timezone
    for chunk in _chunks(days):
        only_days = [day for _account_id, day in chunk]
        account_ids = [account_id for account_id, _day in chunk]
        outcome = sql.row(
            "usage/roll_up_days",
            {
                "timezone": zone,
                "account_ids": account_ids,
                "days": only_days,
                # as constants, so that PostgreSQL leaves out the other months when it plans
                "starts_at": day_start(min(only_days), zone),
                "ends_at": day_end(max(only_days), zone),
            },
        )
        if outcome["has_forgotten"]:
            sql.execute("usage/lower_last_use", {"account_ids": sorted(set(account_ids))})


def _chunks(days: Sequence[AccountDayKey]) -> Iterator[Sequence[AccountDayKey]]:
    ordered = sorted(days, key=lambda key: (key[1], key[0]))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
