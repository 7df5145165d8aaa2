"""Renewals follow the ledger: the one place that writes what it says of them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from accounts.actors import Actor
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import local_date

# A term that is over may still be renewed for 30 days; a year ahead is what can be worked on.
DAYS_BACK = 31
DAYS_AHEAD = 366


@dataclass(frozen=True)
class Signed:
    """Who closed which renewal, and why: what its history says instead of "by the ledger"."""

    renewal_id: int
    actor: Actor
    note: str = ""


def take_turn() -> None:
    """Wait for, and hold, the renewals of the workspace until the transaction ends.

    Two looks at the ledger at once could write the older one over the newer.
    """
    sql.execute("accounts/lock_name", {"name": "renewals"})


@transaction.atomic
def derive_renewals(
    *, now: dt.datetime, subscription_ids: Iterable[int], signed: Signed | None = None
) -> int:
    """Bring the renewals of these contracts to what their ledger says at ``now``.

    Terms that end within a year get a row, moved terms take theirs along, what the ledger renewed
    or ended is closed with its day, what was voided is opened again. Idempotent. Returns the
    number of rows that are new or differed.
    """
    ids = sorted(set(subscription_ids))
    if not ids:
        return 0
    take_turn()
    workspace = current_workspace()
    member = signed.actor.membership if signed else None
    found = sql.row(
        "renewals/derive_renewals",
        {
            "ids": ids,
            "now": now,
            "today": local_date(now, workspace.timezone),
            "timezone": workspace.timezone,
            "days_back": DAYS_BACK,
            "days_ahead": DAYS_AHEAD,
            "renewal_id": signed.renewal_id if signed else None,
            "author_id": member.pk if member else None,
            "author_label": signed.actor.label[:200] if signed else "",
            "note": signed.note if signed else "",
        },
    )
    return int(found["created"] + found["changed"])
