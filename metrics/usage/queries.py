"""What the data pages show."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts.models import ApiKey
from cs_platform.core import paging, sql
from cs_platform.core.tenancy import current_workspace_id
from metrics.usage.models import EventName, RejectedEvent, Source, UnknownAccount

PAGE = 50
# The first look goes this far back in order of arrival, each further one eight times as far ...
_WINDOW = 10_000
# ... and a page stops looking after so many, and says so.
_FARTHEST = 2_000_000
_NAMES_SHOWN = 500
_HELD_SHOWN = 20


@dataclass(frozen=True)
class SourceRow:
    """An API key and what it has sent; None where it has sent nothing."""

    key: ApiKey
    source: Source | None


@dataclass(frozen=True)
class Held:
    """Accounts that events name and nobody has created: the latest of them, and how many."""

    latest: list[UnknownAccount]
    total: int


@dataclass(frozen=True)
class EventFilter:
    """What the event browser is asked for; times are half-open."""

    name: str | None = None
    user_id: str | None = None
    account_id: int | None = None
    is_unattributed: bool = False
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


@dataclass(frozen=True)
class EventPage:
    """Events, newest received first; ``is_cut`` when more may lie further back."""

    rows: list[dict[str, Any]]
    next_cursor: str | None
    is_cut: bool = False
    previous_cursor: None = field(default=None)


def sources() -> list[SourceRow]:
    """The keys that may post events, or have, those heard from last first."""
    known = {source.api_key_id: source for source in Source.objects.all()}
    keys = ApiKey.objects.filter(workspace_id=current_workspace_id()).order_by("name", "pk")
    rows = [
        SourceRow(key, known.get(key.pk))
        for key in keys
        if key.pk in known or (ApiKey.Scope.INGEST in key.scopes and key.revoked_at is None)
    ]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(
        rows, key=lambda row: row.source.last_seen_at if row.source else never, reverse=True
    )


def held_accounts() -> Held:
    """Accounts whose events are held until they exist."""
    held = UnknownAccount.objects.order_by("-last_seen_at", "external_id")
    return Held(list(held[:_HELD_SHOWN]), held.count())


def browse_events(wanted: EventFilter, cursor: str | None = None) -> EventPage:
    """A page of the event browser. Raises ``paging.BadCursor``.

    Events lie in the order of their arrival, so a page reads the end of the heap, in windows that
    grow; only an account's events are found by an index.
    """
    if cursor:
        (high,) = paging.decode("usage-events", cursor).values
    else:
        high = _newest_id() + 1
    rows: list[dict[str, Any]] = []
    width = _WINDOW if wanted.account_id is None else high
    farthest = max(0, high - _FARTHEST) if wanted.account_id is None else 0
    low = high
    while low > farthest and len(rows) <= PAGE:
        low = max(farthest, high - width)
        rows += sql.rows(
            "usage/browse_events",
            {
                "low": low,
                "high": high,
                "limit": PAGE + 1 - len(rows),
                "name": wanted.name,
                "user_id": wanted.user_id,
                "account_id": wanted.account_id,
                "is_unattributed": wanted.is_unattributed,
                "starts_at": wanted.starts_at,
                "ends_at": wanted.ends_at,
            },
        )
        high, width = low, width * 8
    is_full = len(rows) > PAGE
    is_cut = not is_full and low > 0
    following = rows[PAGE - 1]["id"] if is_full else low
    return EventPage(
        rows[:PAGE],
        paging.encode("usage-events", paging.Cursor((following,))) if is_full or is_cut else None,
        is_cut,
    )


def _newest_id() -> int:
    """The highest id given to an event so far, whatever its workspace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM usage_event_id_seq")
        return int(cursor.fetchone()[0])


def rejected_events(code: str, cursor: str | None) -> paging.Page:
    """Items that were refused, newest first; all reasons when ``code`` is ''."""
    rows = RejectedEvent.objects.all()
    if code:
        rows = rows.filter(code=code)
    return paging.page_of(
        rows,
        purpose=f"usage-rejected:{code}",
        sort=paging.Sort("pk", True),
        limit=PAGE,
        cursor=cursor,
    )


def event_names(search: str = "") -> list[EventName]:
    """The catalogue, seen last first, at most 500 names of those that contain ``search``."""
    names = EventName.objects.order_by("-last_seen_at", "name")
    if search:
        names = names.filter(name__icontains=search)
    return list(names[:_NAMES_SHOWN])
