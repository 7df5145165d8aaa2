"""What happened to one account, in one order."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from accounts.models import AttributeChange
from cs_platform.core import paging, sql

PAGE_SIZE = 50
KINDS = ("interaction", "answer", "contract", "change", "risk", "band")
# Later than anything that can happen: the cursor of the first page.
_END = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Moment:
    """One entry of a timeline; ``detail`` has the fields of its source (see timeline.sql)."""

    source: str
    happened_at: dt.datetime
    id: int
    kind: str
    member: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class TimelinePage:
    """Entries, newest first, and the cursor to go on from, None at the end; there is no way back
    but the browser's."""

    moments: list[Moment]
    next: str | None
    previous: None = None


def timeline(
    account_id: int,
    *,
    zone: str,
    names: dict[int, str],
    kinds: tuple[str, ...] = KINDS,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> TimelinePage:
    """The ``limit`` entries after ``cursor``, of the given kinds.

    ``zone`` is the workspace's time zone (contracts and scores have days, not moments);
    ``names`` are the members' by membership id. Raises ``BadCursor``.
    """
    purpose = f"timeline:{account_id}:{','.join(kinds)}"
    values = paging.decode(purpose, cursor).values if cursor else (_END.isoformat(), "", 0)
    before_at, before_kind, before_id = values
    found = sql.rows(
        "dashboards/timeline",
        {
            "account_id": account_id,
            "zone": zone,
            "kinds": list(kinds),
            "before_at": dt.datetime.fromisoformat(before_at),
            "before_kind": before_kind,
            "before_id": before_id,
            "limit": limit + 1,
        },
    )
    moments = [
        Moment(
            source=row["source"],
            happened_at=row["happened_at"],
            id=row["id"],
            kind=row["kind"],
            member=names.get(row["member_id"], ""),
            detail=_with_owners_named(row, names),
        )
        for row in found[:limit]
    ]
    if len(found) <= limit:
        return TimelinePage(moments, None)
    last = moments[-1]
    position = paging.Cursor((last.happened_at.isoformat(), last.source, last.id))
    return TimelinePage(moments, paging.encode(purpose, position))


def _with_owners_named(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(row["detail"])
    if row["kind"] != AttributeChange.Attribute.OWNER or row["source"] != "change":
        return detail
    return {
        side: names.get(int(value), value) if value.isdecimal() else value
        for side, value in detail.items()
    }
