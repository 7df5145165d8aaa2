"""Statements that the ORM writes once for each shape of a question, and PostgreSQL plans once.

The ORM takes longer to write the statement of a list than PostgreSQL to answer it for fifty rows.
So what changes from request to request stands in it as a ``Slot``, and the text is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Expression, Field, ForeignKey, JSONField, Lookup, QuerySet
from psycopg2.extensions import new_type, register_type

from cs_platform.core import prepared
from cs_platform.core.tenancy import current_workspace_id

_JSON_OID, _JSONB_OID = 114, 3802


class Slot(Expression):
    """Where each execution puts the value called ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


@Field.register_lookup
@ForeignKey.register_lookup
class Among(Lookup):
    """``column = ANY(values)``: one parameter, however many values."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        values, more = self.process_rhs(compiler, connection)
        return f"{column} = ANY ({values})", (*params, *more)


def _unread(text: str | None, cursor: Any) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text)


_JSON = new_type((_JSON_OID, _JSONB_OID), "JSON", _unread)


@dataclass(frozen=True)
class Statement:
    """A statement that binds ``workspace_id`` and its slots."""

    text: str

    def rows(self, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Its rows in the open scope. JSON comes as ``msgspec.Raw``, ready to be sent on."""
        with connection.cursor() as cursor:
            register_type(_JSON, cursor.cursor)
            bound = {**bound, "workspace_id": current_workspace_id()}
            prepared.execute(cursor, self.text, bound)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def written(rows: QuerySet[Any]) -> Statement:
    """``rows``, a query set of lists of values, as a statement.

    Raises ``ValueError`` where it holds a value that is not a slot, or a column that Django would
    have to convert.
    """
    compiler = rows.query.get_compiler(connection=connection)
    text, params = compiler.as_sql()
    names = []
    for param in params:
        if not isinstance(param, Slot) and param != current_workspace_id():
            raise ValueError(f"a list of {rows.model.__name__} holds a value: {param!r}")
        names.append(f"%({param.name if isinstance(param, Slot) else 'workspace_id'})s")
    columns = [expression for expression, *_rest in compiler.select]
    json = {n for n, column in enumerate(columns) if isinstance(column.output_field, JSONField)}
    if other := compiler.get_converters(columns).keys() - json:
        raise ValueError(f"{columns[min(other)]} is not read as it is stored")
    return Statement(text.replace("%%", "%%%%") % tuple(names))
