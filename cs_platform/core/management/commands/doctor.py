from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from cs_platform.core.database import speaks_as_owner, use_role
from cs_platform.core.diagnosis import Level, findings


class Command(BaseCommand):
    """Tells in plain words what is wrong with this installation."""

    help = "Check this installation and say what to do about what is wrong. Exit code 1 on faults."
    requires_system_checks = ()
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.FAULT: self.style.ERROR,
        }
        faults = 0
        as_owner = speaks_as_owner(connection)
        try:
            for finding in findings():
                faults += finding.level is Level.FAULT
                self.stdout.write(f"{styles[finding.level](f'{finding.level:<8}')} {finding.text}")
                if finding.advice:
                    self.stdout.write(f"{'':<8} → {finding.advice}")
        finally:
            use_role(connection, "owner" if as_owner else "application")
        if faults:
            raise CommandError(f"{faults} fault(s)")
        self.stdout.write("Everything needed is in order.")
