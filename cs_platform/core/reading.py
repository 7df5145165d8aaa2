"""Rows of one table by their ids, with what the tables it refers to say of them.

The ORM takes longer to write such a statement than PostgreSQL to answer it for fifty rows. So it
writes one for each choice of columns, once; PostgreSQL plans it once per connection.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection
from django.db.models import F, JSONField, Lookup, Model

from cs_platform.core import prepared
from cs_platform.core.tenancy import current_workspace_id


class _Among(Lookup):
    """``column = ANY(ids)``: one parameter, however many ids."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", (*params, self.rhs)


@dataclass(frozen=True)
class _Statement:
    """A statement that binds ``workspace_id`` and ``ids``, and which of its columns are JSON."""

    text: str
    json: tuple[int, ...]


_IDS = object()


@functools.cache
def _statement(model: type[Model], sources: tuple[str, ...]) -> _Statement:
    rows = model._default_manager.filter(_Among(F("id"), _IDS)).order_by()
    compiler = rows.values_list("id", *sources).query.get_compiler(connection=connection)
    text, params = compiler.as_sql()
    if params != (current_workspace_id(), _IDS):
        raise ValueError(f"the columns of {model.__name__} bind more than its ids: {sources}")
    columns = [expression for expression, *_rest in compiler.select]
    json = [n for n, column in enumerate(columns) if isinstance(column.output_field, JSONField)]
    if other := compiler.get_converters(columns).keys() - set(json):
        raise ValueError(f"{model.__name__}.{sources[min(other) - 1]} is not read as it is stored")
    return _Statement(text % ("%(workspace_id)s", "%(ids)s"), tuple(json))


def rows_by_id(
    model: type[Model], ids: Sequence[int], sources: tuple[str, ...]
) -> dict[int, tuple[Any, ...]]:
    """The values of ``sources``, paths of the ORM, for those rows of the open scope that exist.

    JSON comes as ``msgspec.Raw``, ready to be sent on.
    """
    if not ids:
        return {}
    statement = _statement(model, sources)
    with connection.cursor() as cursor:
        bound = {"workspace_id": current_workspace_id(), "ids": list(ids)}
        prepared.execute(cursor, statement.text, bound)
        found = cursor.fetchall()
    if statement.json:
        found = [_with_raw(row, statement.json) for row in found]
    return {row[0]: row[1:] for row in found}


def _with_raw(row: tuple[Any, ...], positions: tuple[int, ...]) -> tuple[Any, ...]:
    values = list(row)
    for position in positions:
        if values[position] is not None:
            values[position] = msgspec.Raw(values[position])
    return tuple(values)
