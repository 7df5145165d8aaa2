"""The database backend named in ``DATABASES``."""

import select
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db.backends.postgresql import base

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

    def ending(self) -> AbstractContextManager[None]:
        """The statement run inside is the last of its transaction: only the commit may follow.

        Where it is the first as well, the transaction is one message: it is committed when the
        statement is answered, and what fails later in the block takes nothing back. In an inner
        block it is an ordinary statement.
        """
        is_outermost = self.in_atomic_block and not self.savepoint_ids
        return self.connection.ending() if is_outermost else nullcontext()

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
