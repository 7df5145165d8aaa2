"""The database backend named in ``DATABASES``."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django's PostgreSQL backend."""

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
