"""Keyset paging: a page costs the same at the first row and at the hundred-thousandth.

A cursor names the row a page begins after (or ends before) by its sort value and key. It is signed,
so that what comes back is what was given out, and bound to one list and sort. Rows inserted or
deleted meanwhile neither repeat nor hide others. The keys of a page are found first, by an index
alone where it holds what the list is cut to and sorted by; only those rows are then read and joined
with others. No COUNT(*) anywhere.
"""

import base64
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from django.core import signing
from django.db.models import F, Model, OrderBy, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.query import ModelIterable

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
    """A sort by one column; empty values come last.

    Parsed from ``"name"`` or, descending, ``"-name"``. ``nulls_last``: so says its index, too.
    """

    column: str
    descending: bool = False
    nulls_last: bool = False

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """``"-mrr"`` → descending by mrr. The caller checks the column against its closed set."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    @property
    def order(self) -> "tuple[Sort, ...]":
        """By this column, then by key in the same direction, as an index has it."""
        if self.column == "pk":
            return (self,)
        return (self, Sort("pk", self.descending))

    def expression(self) -> OrderBy:
        """For ``order_by``."""
        nulls_last = self.nulls_last or None
        column = F(self.column)
        return column.desc(nulls_last=nulls_last) if self.descending else column.asc()


@dataclass(frozen=True)
class Page:
    """Rows of one page in order, and cursors to its neighbours where there are any."""

    rows: list[Any]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Run:
    """One range of the order's index, as columns compared with a position.

    Those that are ``equal`` to it, that are ``empty`` and that are ``given``; those ``beyond``
    it are compared as one row, upwards when ``ascending``. An OR of such would be no range.
    """

    equal: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    ascending: bool = True


def runs(
    order: tuple[Sort, ...], nullable: Container[str], position: Cursor | None
) -> Iterator[Run]:
    """The ranges that follow a position in reading direction, or the start, nearest first.

    ``order`` ends with the key, which is what tells all rows apart.
    """
    if position is None:
        first = order[0]
        if first.column in nullable and first.descending and not first.nulls_last:
            yield Run(given=(first.column,))
            yield Run(empty=(first.column,))
        else:
            yield Run()
        return
    values, backward = position.values, position.backward
    pair: tuple[str, ...] = ()
    for place in reversed(range(len(order))):
        sort, value = order[place], values[place]
        ahead = list(zip(order[:place], values, strict=False))
        equal = tuple(before.column for before, at in ahead if at is not None)
        empty = tuple(before.column for before, at in ahead if at is None)
        if value is None:
            if backward:
                yield Run(equal, empty, given=(sort.column,))
            continue
        if (
            sort.column == "pk"
            and ahead
            and values[place - 1] is not None
            and order[place - 1].descending == sort.descending
        ):
            pair = ("pk",)
            continue
        yield Run(equal, empty, (), (sort.column, *pair), sort.descending == backward)
        pair = ()
        if not backward and sort.column in nullable:
            yield Run(equal, (*empty, sort.column))


def in_range(
    rows: QuerySet[Any], run: Run, at: Mapping[str, Any], order: tuple[Sort, ...], backward: bool
) -> QuerySet[Any]:
    """The rows of a run in reading direction, ``at`` being the position it was made of."""
    wanted = {
        **{column: at[column] for column in run.equal},
        **{f"{column}__isnull": True for column in run.empty},
        **{f"{column}__isnull": False for column in run.given},
    }
    if len(run.beyond) == 1:
        wanted[f"{run.beyond[0]}__{'gt' if run.ascending else 'lt'}"] = at[run.beyond[0]]
    rows = rows.filter(**wanted).order_by(*(sort.expression() for sort in order))
    if len(run.beyond) > 1:
        comparison = TupleGreaterThan if run.ascending else TupleLessThan
        columns = Tuple(*(F(column) for column in run.beyond))
        rows = rows.filter(comparison(columns, tuple(at[column] for column in run.beyond)))
    return rows.reverse() if backward else rows


def first_by_key(ordered: QuerySet[Any], limit: int) -> QuerySet[Any]:
    """The first ``limit`` instances of ``ordered``, whose keys are found before they are read."""
    return ordered.filter(pk__in=ordered.values("pk")[:limit])


def field_of(model: type[Model], column: str) -> Any:
    """The field of a column of a sort."""
    return model._meta.pk if column == "pk" else model._meta.get_field(column)


Fetch = Callable[[Run, Mapping[str, Any], bool], list[Any]]


def walk(
    fetch: Fetch,
    model: type[Model],
    *,
    purpose: str,
    order: tuple[Sort, ...],
    limit: int,
    cursor: str | None,
    position: Callable[[Any], tuple[Any, ...]],
) -> Page:
    """The page that ``cursor`` points to, one run after the other until it is full.

    ``fetch`` is asked for the first ``limit`` + 1 rows of a run; ``position`` tells where a row
    stands. Raises ``BadCursor``.
    """
    purpose = f"{purpose}:{','.join(map(str, order[:-1] or order))}"
    start = decode(purpose, cursor) if cursor else None
    backward = start is not None and start.backward
    columns = [sort.column for sort in order]
    at = dict(zip(columns, start.values, strict=True)) if start else {}
    nullable = {column for column in columns if field_of(model, column).null}
    rows: list[Any] = []
    for run in runs(order, nullable, start):
        rows += fetch(run, at, backward)
        if len(rows) > limit:
            break
    is_more = len(rows) > limit
    rows = rows[:limit]
    if backward:
        rows.reverse()
    has_next = bool(rows) and (is_more or backward)
    has_previous = bool(rows) and (is_more if backward else start is not None)
    return Page(
        rows,
        encode(purpose, Cursor(position(rows[-1]), False)) if has_next else None,
        encode(purpose, Cursor(position(rows[0]), True)) if has_previous else None,
    )


def page_of(
    queryset: QuerySet[Any],
    *,
    purpose: str,
    sort: Sort | tuple[Sort, ...],
    limit: int,
    cursor: str | None = None,
) -> Page:
    """The page of ``queryset`` that ``cursor`` points to, the first one without a cursor.

    Rows are what the query set yields: instances, or dictionaries if it is a ``values()`` one that
    contains ``pk`` and the sort column. Several sorts, the last of them by ``pk``, want an index of
    their own. Raises ``BadCursor``.
    """
    order = sort.order if isinstance(sort, Sort) else sort
    fields = {each.column: field_of(queryset.model, each.column) for each in order}
    is_of_instances = issubclass(queryset._iterable_class, ModelIterable)

    def fetch(run: Run, position: Mapping[str, Any], backward: bool) -> list[Any]:
        at = {column: fields[column].to_python(value) for column, value in position.items()}
        found = in_range(queryset, run, at, order, backward)
        return list(first_by_key(found, limit + 1) if is_of_instances else found[: limit + 1])

    def position(row: Any) -> tuple[Any, ...]:
        read = partial(getattr, row) if isinstance(row, Model) else row.__getitem__
        return tuple(read(column) for column in fields)

    return walk(
        fetch, queryset.model, purpose=purpose, order=order, limit=limit, cursor=cursor,
        position=position,
    )  # fmt: skip


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
