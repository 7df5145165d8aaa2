from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection, transaction

from cs_platform.core.database import speaks_as_owner, use_role
from cs_platform.core.isolation import apply_isolation, ensure_roles


class Command(MigrateCommand):
    """Django's ``migrate`` as the owner, with roles before it and isolation after it."""

    def execute(self, *args: Any, **options: Any) -> Any:
        # Around the checks as well: some ask the server, and the application's role may not be yet.
        if speaks_as_owner(connection):
            return super().execute(*args, **options)
        use_role(connection, "owner")
        try:
            return super().execute(*args, **options)
        finally:
            use_role(connection, "application")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            ensure_roles(connection)
        super().handle(*args, **options)
        with transaction.atomic():
            apply_isolation(connection)
