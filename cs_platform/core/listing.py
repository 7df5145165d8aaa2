"""Pages of a table by conditions, as the API has them, off statements that are written once."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import JSONField, Model, QuerySet

from cs_platform.core.paging import Page, Run, Sort, in_range, walk
from cs_platform.core.reading import Slot, Statement, written

# Choices of columns and conditions come from outside; so many are kept.
_MOST_STATEMENTS = 1000


@dataclass(frozen=True)
class Listing:
    """The rows of a table for which all of ``wanted`` holds and none of ``unwanted``.

    Both are look-ups of the ORM with their values.
    """

    model: type[Model]
    wanted: Mapping[str, Any] = field(default_factory=dict)
    unwanted: Mapping[str, Any] = field(default_factory=dict)

    def rows(self) -> QuerySet[Any]:
        """As a query set."""
        return _among(self.model, self.wanted, self.unwanted)

    def page(
        self,
        sources: tuple[str, ...],
        *,
        purpose: str,
        order: tuple[Sort, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page:
        """The page that ``cursor`` points to, as ``paging.page_of`` has it.

        Its rows are the values of ``sources``, paths of the ORM. Raises ``BadCursor``.
        """
        shape = _Shape(
            self.model, _without_values(self.wanted), _without_values(self.unwanted), sources
        )
        bound = {**self._bound("wanted", self.wanted), **self._bound("unwanted", self.unwanted)}

        def fetch(run: Run, position: Mapping[str, Any], backward: bool) -> list[Any]:
            statement = _written(shape, order, run, backward, limit + 1)
            at = {f"at {column}": value for column, value in position.items()}
            return statement.rows({**bound, **at})

        found = walk(
            fetch, self.model, purpose=purpose, order=order, limit=limit, cursor=cursor,
            position=lambda row: row[: len(order)],
        )  # fmt: skip
        return replace(found, rows=[row[len(order) :] for row in found.rows])

    def _bound(self, part: str, lookups: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the slots, by their names."""
        return {f"{part} {name}": self._stored(name, value) for name, value in lookups.items()}

    def _stored(self, lookup: str, value: Any) -> Any:
        field = self.model._meta.get_field(lookup.partition("__")[0])
        return msgspec.json.encode(value).decode() if isinstance(field, JSONField) else value


# Look-ups, with the values of those that are true or false: an index may hold for one alone.
_Conditions = tuple[tuple[str, bool | None], ...]


@dataclass(frozen=True)
class _Shape:
    """A listing without what its statement binds."""

    model: type[Model]
    wanted: _Conditions
    unwanted: _Conditions
    sources: tuple[str, ...]


def _without_values(lookups: Mapping[str, Any]) -> _Conditions:
    return tuple(
        (name, value if isinstance(value, bool) else None) for name, value in lookups.items()
    )


def _slots(part: str, conditions: _Conditions) -> dict[str, Any]:
    return {name: Slot(f"{part} {name}") if value is None else value for name, value in conditions}


def _among(
    model: type[Model], wanted: Mapping[str, Any], unwanted: Mapping[str, Any]
) -> QuerySet[Any]:
    rows = model._default_manager.filter(**wanted)
    for name, value in unwanted.items():
        rows = rows.exclude(**{name: value})
    return rows


@functools.lru_cache(maxsize=_MOST_STATEMENTS)
def _written(
    shape: _Shape, order: tuple[Sort, ...], run: Run, backward: bool, rows: int
) -> Statement:
    """The keys are found first; only those rows are then joined with others, so that no plan can
    join the whole table to show fifty rows of it."""
    columns = [sort.column for sort in order]
    at = {column: Slot(f"at {column}") for column in columns}
    found = _among(shape.model, _slots("wanted", shape.wanted), _slots("unwanted", shape.unwanted))
    keys = in_range(found, run, at, order, backward).values("pk")[:rows]
    shown = shape.model._default_manager.filter(pk__among=ArraySubquery(keys))
    shown = in_range(shown, Run(), at, order, backward)
    return written(shown.values_list(*columns, *shape.sources))
