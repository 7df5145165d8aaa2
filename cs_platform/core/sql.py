"""The one way to run a `.sql` file.

Files live in ``<app>/sql/<name>.sql`` and are named ``"<app>/<name>"``. Each binds
``%(workspace_id)s``, which comes from the open scope and from nowhere else (``alone`` opens one
itself). A file whose first line is ``-- role: analytics`` runs as the analytics role, which
row-level security lets through: that is for set-based work over many rows, where the policies cost
half the time and hide the trigram indexes; the explicit workspace is then the only wall, so a
contract test checks every such file.

A file whose first line is ``-- prepared`` or ``-- role: analytics, prepared`` is read and planned
once per connection instead of at every call (see `cs_platform.core.prepared`), unless the caller
wants a plan for the sizes of the moment. It must cast every parameter to its type.
"""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from cs_platform.core import prepared
from cs_platform.core.database import analytics_role
from cs_platform.core.tenancy import SETTING, current_workspace_id, scope

ANALYTICS_MARK = "-- role: analytics"
_PREPARED_MARKS = ("-- prepared\n", f"{ANALYTICS_MARK}, prepared\n")


def sql_files() -> dict[str, Path]:
    """Every SQL file of the installed apps by its name."""
    found = {}
    for config in apps.get_app_configs():
        for path in sorted(Path(config.path).glob("sql/*.sql")):
            found[f"{config.label}/{path.stem}"] = path
    return found


@functools.cache
def _load(name: str) -> tuple[str, bool]:
    try:
        text = sql_files()[name].read_text(encoding="utf-8")
    except KeyError:
        raise LookupError(f"no SQL file named {name!r}") from None
    if "%(workspace_id)s" not in text:
        raise ValueError(f"SQL file {name!r} does not bind %(workspace_id)s")
    return text, text.startswith(ANALYTICS_MARK)


@contextmanager
def _executed(name: str, params: Mapping[str, Any], *, replan: bool = False) -> Iterator[Any]:
    text, as_analytics = _load(name)
    run = _planned if replan or not text.startswith(_PREPARED_MARKS) else prepared.execute
    bound = {**params, "workspace_id": current_workspace_id()}
    with connection.cursor() as cursor:
        if not as_analytics:
            run(cursor, text, bound)
            yield cursor
            return
        role = connection.ops.quote_name(analytics_role(connection.settings_dict["NAME"]))
        # Taken on in one message with the statement: either both reach the server or neither does,
        # and a statement that fails ends the transaction, which gives the role back.
        with transaction.atomic(savepoint=False):
            run(cursor, text, bound, before=f"SET LOCAL ROLE {role.replace('%', '%%')}; ")
            yield cursor
            cursor.execute("RESET ROLE")


def _planned(cursor: Any, text: str, bound: Mapping[str, Any], *, before: str = "") -> None:
    cursor.execute(before + text, bound)


def execute(name: str, params: Mapping[str, Any] | None = None, *, replan: bool = False) -> int:
    """Run a file for its effect; the number of rows its last statement touched."""
    with _executed(name, params or {}, replan=replan) as cursor:
        return int(cursor.rowcount)


def rows(
    name: str, params: Mapping[str, Any] | None = None, *, replan: bool = False
) -> list[dict[str, Any]]:
    """Run a file and return its rows as dictionaries."""
    with _executed(name, params or {}, replan=replan) as cursor:
        return _fetched(cursor)


def _fetched(cursor: Any) -> list[dict[str, Any]]:
    columns = [column.name for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def row(
    name: str, params: Mapping[str, Any] | None = None, *, replan: bool = False
) -> dict[str, Any]:
    """Run a file that returns exactly one row."""
    return _one(name, rows(name, params, replan=replan))


def _one(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    if len(found) != 1:
        raise LookupError(f"SQL file {name!r} returned {len(found)} rows, not one")
    return found[0]


def alone(name: str, params: Mapping[str, Any], *, workspace_id: int) -> dict[str, Any]:
    """As ``row`` in a scope that holds nothing else: one message opens it, runs the file, commits.

    Django's way into a transaction and out of it costs more than a small statement. Where one is
    under way the file is part of it. For files that are prepared.
    """
    if not connection.get_autocommit():
        with scope(workspace_id):
            return row(name, params)
    text, _as_analytics = _load(name)
    bound = {**params, "workspace_id": workspace_id}
    with connection.alone() as cursor:  # type: ignore[attr-defined]
        before = f"SET LOCAL {SETTING} = '{int(workspace_id)}'; "
        prepared.execute(cursor, text, bound, before=before)
        return _one(name, _fetched(cursor))
