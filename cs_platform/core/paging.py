"""Keyset paging: a page costs the same at the first row and at the hundred-thousandth.

A cursor names the row a page begins after (or ends before) by its sort value and id. It is signed,
so that what comes back is what was given out, and bound to one list and sort. Rows inserted or
deleted meanwhile neither repeat nor hide others. No COUNT(*) anywhere.
"""

import base64
from dataclasses import dataclass
from typing import Any

import msgspec
from django.core import signing
from django.db.models import F, Field, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from cs_platform.core.errors import DomainError

_SALT = "cs_platform.core.paging"
_LONGEST = 4000


class BadCursor(DomainError):
    """The cursor was not made by this list with this sort."""

    code = "bad_cursor"
    status = 400


@dataclass(frozen=True)
class Cursor:
    """A position in a list: the rows after it, or before it when ``backward``."""

    values: tuple[Any, ...]
    backward: bool = False


def encode(purpose: str, cursor: Cursor) -> str:
    """``cursor`` as URL-safe text that only ``decode`` with the same ``purpose`` accepts.

    ``purpose`` names the list and its sort, such as ``"accounts:-mrr"``.
    """
    payload = msgspec.json.encode([int(cursor.backward), *cursor.values])
    text = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    return signing.Signer(salt=f"{_SALT}:{purpose}", sep=".").sign(text)


def decode(purpose: str, text: str) -> Cursor:
    """Read a cursor; values come back as JSON has them (dates and decimals as text).

    Raises ``BadCursor`` (code ``bad_cursor``, status 400) for anything ``encode`` did not make.
    """
    try:
        if len(text) > _LONGEST:
            raise signing.BadSignature
        signed = signing.Signer(salt=f"{_SALT}:{purpose}", sep=".").unsign(text)
    except (signing.BadSignature, UnicodeError):
        raise BadCursor(
            "The cursor does not belong to this list and sort. Start from the first page.",
            field="cursor",
        ) from None
    backward, *values = msgspec.json.decode(
        base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
    )
    return Cursor(tuple(values), bool(backward))


@dataclass(frozen=True)
class Sort:
    """A sort by one column, then by id in the same direction; empty values come last.

    Parsed from ``"name"`` or, descending, ``"-name"``. Wants an index on (workspace, column, id).
    """

    column: str
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """``"-mrr"`` → descending by mrr. The caller checks the column against its closed set."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


@dataclass(frozen=True)
class Page:
    """Rows of one page in order, and cursors to its neighbours where there are any."""

    rows: list[Any]
    next: str | None
    previous: str | None


def page_of(
    queryset: QuerySet[Any], *, purpose: str, sort: Sort, limit: int, cursor: str | None = None
) -> Page:
    """The page of ``queryset`` that ``cursor`` points to, the first one without a cursor.

    Rows are what the query set yields: instances, or dictionaries if it is a ``values()`` one that
    contains ``id`` and the sort column. Raises ``BadCursor``.
    """
    purpose = f"{purpose}:{sort}"
    position = decode(purpose, cursor) if cursor else None
    backward = position is not None and position.backward
    field = queryset.model._meta.get_field(sort.column)
    rows = _slice(queryset, sort, field, limit + 1, position)
    is_more = len(rows) > limit
    rows = rows[:limit]
    if backward:
        rows.reverse()

    def at(row: Any, *, back: bool) -> str:
        return encode(purpose, Cursor(_values(row, sort.column), back))

    has_next = bool(rows) and (is_more or backward)
    has_previous = bool(rows) and (is_more if backward else position is not None)
    return Page(
        rows,
        at(rows[-1], back=False) if has_next else None,
        at(rows[0], back=True) if has_previous else None,
    )


def _values(row: Any, column: str) -> tuple[Any, Any]:
    if isinstance(row, Model):
        return getattr(row, column), row.pk
    return row[column], row["id"]


def _slice(
    queryset: QuerySet[Any], sort: Sort, field: "Field[Any, Any]", wanted: int, at: Cursor | None
) -> list[Any]:
    """Up to ``wanted`` rows from ``at``, in reading direction.

    Rows with a value and rows without are two runs, each of which walks the index on its own:
    a row comparison is a range of an index, an OR with IS NULL is not.
    """
    backward = at is not None and at.backward
    ascending = sort.descending == backward
    runs = [False, True] if field.null else [False]
    if backward:
        runs.reverse()
    if at is not None:
        value, pk = at.values
        runs = runs[runs.index(value is None) :]
    found: list[Any] = []
    for is_empty in runs:
        run = _run(queryset, sort.column, field, is_empty, ascending)
        if at is not None and is_empty == (value is None):
            run = _beyond(run, sort.column, field.to_python(value), int(pk), ascending)
        found += run[: wanted - len(found)]
        if len(found) == wanted:
            break
    return found


def _run(
    queryset: QuerySet[Any], column: str, field: "Field[Any, Any]", is_empty: bool, ascending: bool
) -> QuerySet[Any]:
    sign = "" if ascending else "-"
    if field.null:
        queryset = queryset.filter(**{f"{column}__isnull": is_empty})
    if is_empty or column in {"id", "pk"}:
        return queryset.order_by(f"{sign}id")
    return queryset.order_by(f"{sign}{column}", f"{sign}id")


def _beyond(run: QuerySet[Any], column: str, value: Any, pk: int, ascending: bool) -> QuerySet[Any]:
    if value is None or column == "id":
        return run.filter(**{"id__gt" if ascending else "id__lt": pk})
    comparison = TupleGreaterThan if ascending else TupleLessThan
    return run.filter(comparison(Tuple(F(column), F("id")), (value, pk)))


def clamp(text: str | None, *, default: int, largest: int) -> int:
    """The number of rows asked for by ``text``; raises ``DomainError`` unless 1…``largest``."""
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
        raise DomainError(
            f"Must be a whole number from 1 to {largest}.",
            code="bad_limit",
            field="limit",
            status=400,
        )
    return int(text)
