"""Statements that PostgreSQL reads and plans once per connection instead of at every call.

For a small batch or a page of fifty rows that is half the work. Behind a pooler that hands out
connections by the transaction, where prepared statements get lost, ``DISABLE_SERVER_SIDE_CURSORS``
turns this off with the rest. So does a connection that holds very many already.

Truth values become part of the statement: a plan fits one of them alone. A plan is kept for a
minute: one made when the tables were small is wrong when they have grown, and statistics may lag
behind.
"""

import functools
import hashlib
import math
import re
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_PARAMETER = re.compile(r"%\(([\w ]+)\)s")
_MOST = 500
_SECONDS = 60

# By connection of the driver, when each was prepared: a new one has nothing prepared.
_prepared: WeakKeyDictionary[Any, dict[str, float]] = WeakKeyDictionary()


@functools.lru_cache(maxsize=2 * _MOST)
def _forms(text: str, truths: frozenset[tuple[str, bool]]) -> tuple[str, str, str]:
    """The name of the prepared statement, what prepares it and what executes it."""
    for parameter, is_true in truths:
        text = text.replace(f"%({parameter})s", "true" if is_true else "false")
    parameters = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbers = {parameter: f"${number}" for number, parameter in enumerate(parameters, 1)}
    statement = f"cs_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    body = _PARAMETER.sub(lambda found: numbers[found[1]], text).replace("%%", "%")
    values = ", ".join(f"%({parameter})s" for parameter in parameters)
    return statement, f"PREPARE {statement} AS {body}", f"EXECUTE {statement} ({values})"


def execute(cursor: Any, text: str, bound: Mapping[str, Any], *, before: str = "") -> None:
    """Run ``text``, one statement with parameters by name whose types PostgreSQL can tell.

    ``before`` goes to the server in the same message, in front of it.
    """
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        cursor.execute(before + text, bound)
        return
    truths = frozenset(item for item in bound.items() if isinstance(item[1], bool))
    statement, prepare, run = _forms(text, truths)
    known = _prepared.setdefault(connection.connection, {})
    if statement not in known and len(known) >= _MOST:
        cursor.execute(before + text, bound)
        return
    now = time.monotonic()
    if now - known.get(statement, -math.inf) > _SECONDS:
        if statement in known:
            cursor.execute(f"DEALLOCATE {statement}")
            del known[statement]
        cursor.execute(prepare)
        known[statement] = now
    cursor.execute(before + run, bound)
