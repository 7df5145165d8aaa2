import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.actions.dirty import mark_dirty
from accounts.models import Workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_end, day_start
from cs_platform.core.tenancy import scope
from metrics.usage.rollup import roll_up_days

_MONTH = dt.timedelta(days=31)


class Command(BaseCommand):
    """Rebuild roll-ups from events, say after the workspace's time zone was changed."""

    help = "Computes the usage roll-ups of a range of days again from the events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", required=True, help="address (slug) of the workspace")
        parser.add_argument("--from", dest="first", type=_day, required=True, help="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=_day, required=True, help="YYYY-MM-DD")

    def handle(
        self, *args: Any, workspace: str, first: dt.date, last: dt.date, **options: Any
    ) -> None:
        found = Workspace.objects.filter(slug=workspace).first()
        if found is None:
            raise CommandError(f"There is no workspace “{workspace}”.")
        if last < first:
            raise CommandError("--to is before --from.")
        total = 0
        with tqdm(total=(last - first).days + 1, unit="day", disable=None) as progress:
            start = first
            while start <= last:
                end = min(start + _MONTH - dt.timedelta(days=1), last)
                total += self._rebuild(found, start, end)
                progress.update((end - start).days + 1)
                start = end + dt.timedelta(days=1)
        self.stdout.write(f"{total:,} account-days from {first} to {last} rolled up.")

    def _rebuild(self, workspace: Workspace, first: dt.date, last: dt.date) -> int:
        with scope(workspace.pk):
            bounds = {
                "timezone": workspace.timezone,
                "first": first,
                "last": last,
                "starts_at": day_start(first, workspace.timezone),
                "ends_at": day_end(last, workspace.timezone),
            }
            days = [
                (row["account_id"], row["day"]) for row in sql.rows("usage/days_in_range", bounds)
            ]
            if days:
                roll_up_days(days)
                mark_dirty({account_id for account_id, _day in days}, is_of_use=True)
        return len(days)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
