from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection, transaction

from cs_platform.core.database import speaks_as_owner, use_role
from cs_platform.core.isolation import apply_isolation, ensure_roles


class Command(MigrateCommand):
    """Django's ``migrate`` as the owner, with roles before it and isolation after it."""

    def handle(self, *args: Any, **options: Any) -> None:
        as_owner = speaks_as_owner(connection)
        if not as_owner:
            use_role(connection, "owner")
        try:
            with transaction.atomic():
                ensure_roles(connection)
            super().handle(*args, **options)
            with transaction.atomic():
                apply_isolation(connection)
        finally:
            if not as_owner:
                use_role(connection, "application")
