import getpass
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.workspace import create_workspace
from accounts.models import User
from cs_platform.core import clock
from cs_platform.core.errors import DomainError


class Command(BaseCommand):
    help = "Create a workspace with its first owner; prints the owner's password if it made one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="address: /w/SLUG/")
        parser.add_argument("--name", required=True)
        parser.add_argument("--timezone", default="Asia/Tokyo", help="IANA name")
        parser.add_argument("--currency", default="JPY", help="ISO 4217 code")
        parser.add_argument("--fiscal-year-start-month", type=int, default=4)
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--owner-name", default="")
        password = parser.add_mutually_exclusive_group()
        password.add_argument("--owner-password", help="default: one is made and printed once")
        password.add_argument(
            "--ask-password", action="store_true", help="read the password from the terminal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["owner_email"]
        is_known = User.objects.filter(email__iexact=email).exists()
        password = options["owner_password"]
        if options["ask_password"]:
            password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip()
        made = "" if password or is_known else secrets.token_urlsafe(12)
        try:
            workspace = create_workspace(
                slug=options["slug"],
                name=options["name"],
                timezone=options["timezone"],
                currency=options["currency"],
                fiscal_year_start_month=options["fiscal_year_start_month"],
                owner_email=email,
                owner_name=options["owner_name"],
                owner_password=None if is_known else password or made,
                now=clock.now(),
            )
        except DomainError as error:
            where = f"--{error.field}: ".replace("_", "-") if error.field else ""
            raise CommandError(f"{where}{error.message}") from error
        self.stdout.write(f"Workspace {workspace.slug}: /w/{workspace.slug}/")
        if is_known:
            self.stdout.write(f"Owner {email} (logs in with the password it has)")
        else:
            self.stdout.write(f"Owner {email}")
        if made:
            self.stdout.write(f"Password (shown once): {made}")
