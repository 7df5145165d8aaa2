"""What one person can do today, and what has changed since they last looked."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account, ContractEvent, Membership, Task
from cs_platform.core import sql
from cs_platform.core.paging import first_by_key
from health.models import AccountCurrent

DEADLINE_DAYS = 30
DUE_DAYS = 7
NEWS_DAYS = 7
ROWS = 8
EXPANSIONS = (
    ContractEvent.Kind.UPSELL,
    ContractEvent.Kind.CROSS_SELL,
    ContractEvent.Kind.RENEWAL,
    ContractEvent.Kind.REACTIVATION,
)


def counts(*, owner_id: int | None, today: dt.date) -> dict[str, int]:
    """Deadlines within 30 days, tasks due and overdue, of a member or (None) of all."""
    until = today + dt.timedelta(days=DEADLINE_DAYS)
    return sql.row(
        "dashboards/today_counts", {"owner_id": owner_id, "today": today, "until": until}
    )


def due_tasks(member: Membership | None, *, today: dt.date) -> QuerySet[Task]:
    """Open tasks due within a week, overdue ones first, of a member or (None) of all."""
    found = Task.objects.filter(
        done_at__isnull=True, due_on__lte=today + dt.timedelta(days=DUE_DAYS)
    )
    if member is not None:
        found = found.filter(owner=member)
    return found.select_related("account", "owner__user").order_by("due_on", "id")[:ROWS]


def deadlines(*, owner_id: int | None, today: dt.date) -> list[AccountCurrent]:
    """Accounts whose renewal or notice deadline is within 30 days, the nearest first."""
    found = AccountCurrent.objects.filter(
        urgency_on__range=(today, today + dt.timedelta(days=DEADLINE_DAYS))
    )
    if owner_id is not None:
        found = found.filter(owner_id=owner_id)
    ordered = found.select_related("owner__user").order_by("urgency_on", "pk")
    return list(first_by_key(ordered, ROWS))


def band_moves(*, owner_id: int | None, today: dt.date) -> dict[int, list[dict[str, Any]]]:
    """Accounts whose band is not what it was 1 and 7 days ago, by those days, dearest first."""
    found: dict[int, list[dict[str, Any]]] = {1: [], NEWS_DAYS: []}
    binds = {"owner_id": owner_id, "today": today, "limit": ROWS}
    for row in sql.rows("dashboards/band_moves", binds):
        found[row["days"]].append(row)
    return found


def expansions(*, owner_id: int | None, today: dt.date) -> list[ContractEvent]:
    """Renewals, upsells, cross-sells and returns that took effect within the last week."""
    found = ContractEvent.objects.filter(
        kind__in=EXPANSIONS,
        voided_by__isnull=True,
        effective_on__range=(today - dt.timedelta(days=NEWS_DAYS), today),
    )
    if owner_id is not None:
        mine = Account.objects.filter(owner_id=owner_id).values("pk")
        found = found.filter(Q(account__in=mine))
    return list(
        found.select_related("account", "subscription__product").order_by("-effective_on", "-id")[
            :ROWS
        ]
    )
