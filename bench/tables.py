"""The table the baselines write to: an event's columns, once without and once with a key."""

import functools
from typing import Any

from django.db import connection, models

COLUMNS = (
    "workspace_id bigint, account_id text, user_id text, name text, happened_at timestamptz, "
    "known_at timestamptz, properties jsonb, message_key uuid"
)


def make() -> None:
    """Create both tables anew; needs the owner role."""
    from psycopg2 import sql

    from cs_platform.core.database import application_role, use_role

    use_role(connection, "owner")
    role = sql.Identifier(application_role(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy, bench_event")
        cursor.execute("CREATE TABLE bench_copy (" + COLUMNS + ")")
        cursor.execute(
            "CREATE TABLE bench_event ("
            + COLUMNS.replace("message_key uuid", "message_key uuid PRIMARY KEY")
            + ")"
        )
        grant = sql.SQL("GRANT ALL ON bench_copy, bench_event TO {}").format(role)
        cursor.execute(grant.as_string(cursor.cursor.connection))
    use_role(connection, "application")


@functools.cache
def plain_event() -> Any:
    """A plain model over ``bench_event``."""

    class PlainEvent(models.Model):
        workspace_id = models.BigIntegerField()
        account_id = models.CharField(max_length=200)
        user_id = models.CharField(max_length=200)
        name = models.CharField(max_length=200)
        happened_at = models.DateTimeField()
        known_at = models.DateTimeField()
        properties = models.JSONField()
        message_key = models.UUIDField(primary_key=True)

        class Meta:
            app_label = "bench"
            db_table = "bench_event"
            managed = False

        def __str__(self) -> str:
            return self.name

    return PlainEvent
