"""Connections of the driver that begin a transaction in the message of its first statement.

psycopg2 sends ``BEGIN`` by itself and waits for the answer, and the setting that opens a scope
costs another wait; for a request of one or two statements these are half the round trips.
"""

from typing import Any

from psycopg2 import InterfaceError, ProgrammingError, extensions

_IDLE = extensions.TRANSACTION_STATUS_IDLE


class Cursor(extensions.cursor):
    """A cursor whose first statement of a transaction brings what opens it along."""

    def execute(self, query: Any, vars: Any = None) -> None:
        opening = self.connection.opening()
        if opening and isinstance(query, str) and self.name is None:
            query = opening + query
        elif opening:
            self.connection.open()
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        self.connection.open()
        super().executemany(query, vars_list)

    def callproc(self, procname: Any, parameters: Any = None) -> Any:
        self.connection.open()
        return super().callproc(procname, parameters)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        self.connection.open()
        super().copy_expert(sql, file, size)

    def copy_from(self, *args: Any, **kwargs: Any) -> None:
        self.connection.open()
        super().copy_from(*args, **kwargs)

    def copy_to(self, *args: Any, **kwargs: Any) -> None:
        self.connection.open()
        super().copy_to(*args, **kwargs)


class Connection(extensions.connection):
    """A connection of psycopg2 whose transactions are begun by us.

    For psycopg2 it is always in autocommit mode. Whether a transaction is under way is the
    server's word, as libpq keeps it: a first statement that could not even be parsed has begun
    nothing, and the next one begins again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_transactions = False
        self._settings = ""
        extensions.connection.autocommit.__set__(self, True)

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction of its own."""
        return not self._in_transactions

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        if self.closed:
            raise InterfaceError("connection already closed")
        if self.info.transaction_status != _IDLE:
            raise ProgrammingError("autocommit cannot be set inside a transaction")
        self._in_transactions = not value
        self._settings = ""

    def opening(self) -> str:
        """What must come before the next statement; empty when a transaction is under way."""
        if not self._in_transactions or self.info.transaction_status != _IDLE:
            return ""
        return "BEGIN; " + self._settings

    def open(self) -> None:
        """Begin the transaction now, for what cannot bring its opening along."""
        if opening := self.opening():
            with super().cursor(cursor_factory=extensions.cursor) as cursor:
                cursor.execute(opening)

    def set_local(self, name: str, value: str) -> None:
        """Set ``name`` for the transaction: now, or with its opening if that is to come."""
        # SET LOCAL and not set_config(): only the former reaches the workers of a Citus cluster.
        statement = f"SET LOCAL {name} = {extensions.QuotedString(value)}; "
        if self.opening():
            self._settings += statement
            return
        with super().cursor(cursor_factory=extensions.cursor) as cursor:
            cursor.execute(statement)

    def cursor(self, name: Any = None, *args: Any, **kwargs: Any) -> Any:
        # psycopg2, in autocommit mode, has only cursors that outlive transactions.
        if name is not None:
            kwargs["withhold"] = True
        return super().cursor(name, *args, **kwargs)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        self._settings = ""
        if self.closed or self.info.transaction_status != _IDLE:
            with super().cursor(cursor_factory=extensions.cursor) as cursor:
                cursor.execute(statement)
