"""The database backend named in ``DATABASES``."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base
from django.db.transaction import TransactionManagementError

from cs_platform.core.postgres.connections import Connection, Cursor


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django's PostgreSQL backend."""

    def get_connection_params(self) -> dict[str, Any]:
        factories = {"connection_factory": Connection, "cursor_factory": Cursor}
        return {**super().get_connection_params(), **factories}

    def set_local(self, name: str, value: str) -> None:
        """Set ``name`` until the end of the transaction, or of the savepoint; needs one."""
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            self.connection.set_local(name, value)

    @contextmanager
    def alone(self) -> Iterator[Cursor]:
        """The driver's cursor outside transactions: each message is one by itself.

        A message of several statements is committed when it is answered, or nothing of it is kept.
        """
        self.close_if_health_check_failed()
        if not self.get_autocommit():
            raise TransactionManagementError("a transaction is under way")
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            yield cursor

    def is_usable(self) -> bool:
        """Whether the server still holds the connection, without asking it.

        Nothing arrives on an idle connection except its end: the socket of one that the server
        closed has something to read. After an error the server is asked, as Django does.
        """
        if self.connection is None or self.errors_occurred:
            return super().is_usable()
        if self.connection.closed:
            return False
        news = select.poll()
        news.register(self.connection.fileno(), select.POLLIN)
        return not news.poll(0)
