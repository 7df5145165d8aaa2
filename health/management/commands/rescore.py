import datetime as dt
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import Workspace
from cs_platform.core import clock, sql
from cs_platform.core.tenancy import scope
from health.models import ScoreDay
from health.scoring import score_accounts, score_past_day


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


class Command(BaseCommand):
    """Scores everybody now, or fills in and corrects the past."""

    help = (
        "Score every account of a workspace again. Without dates: now. With --as-of or --from and "
        "--to: past days, as they were known then; days that have a score keep it. --corrected "
        "computes past days with everything known today, as a second series beside the first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--workspace", metavar="SLUG", help="the workspace to score")
        which.add_argument("--all", action="store_true", help="every workspace, one by one")
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="one past day")
        parser.add_argument(
            "--from", type=_day, dest="first", metavar="DATE", help="first past day"
        )
        parser.add_argument("--to", type=_day, dest="last", metavar="DATE", help="last past day")
        parser.add_argument("--corrected", action="store_true", help="write the corrected series")

    def handle(self, *args: Any, **options: Any) -> None:
        workspaces = Workspace.objects.order_by("slug")
        if options["workspace"]:
            workspaces = workspaces.filter(slug=options["workspace"])
        if not workspaces:
            raise CommandError(f"there is no workspace {options['workspace'] or ''}".rstrip())
        first, last = options["first"], options["last"]
        if options["as_of"] and (first or last):
            raise CommandError("give --as-of, or --from and --to, not both")
        if options["as_of"]:
            first = last = options["as_of"]
        if (first is None) != (last is None):
            raise CommandError("--from and --to belong together")
        if options["corrected"] and first is None:
            raise CommandError("--corrected needs --as-of, or --from and --to")
        for workspace in workspaces:
            now = clock.now()
            if first is None:
                self._score_present(workspace, now)
            else:
                self._score_past(workspace, now, first, last, corrected=options["corrected"])

    def _score_present(self, workspace: Workspace, now: dt.datetime) -> None:
        with scope(workspace.pk):
            written = score_accounts(now=now)
        self.stdout.write(f"{workspace.slug}: {written} accounts changed")

    def _score_past(
        self,
        workspace: Workspace,
        now: dt.datetime,
        first: dt.date,
        last: dt.date,
        *,
        corrected: bool,
    ) -> None:
        yesterday = clock.local_date(now, workspace.timezone) - dt.timedelta(days=1)
        if last > yesterday:
            raise CommandError(f"{last} is not over yet in {workspace.timezone}")
        if first > last:
            raise CommandError("--from is after --to")
        series = ScoreDay.Series.CORRECTED if corrected else ScoreDay.Series.LIVE
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        written = 0
        for day in tqdm(days, desc=workspace.slug, unit="day", disable=not sys.stderr.isatty()):
            with scope(workspace.pk):
                written += score_past_day(day=day, now=now, series=series)
        with scope(workspace.pk):
            if not corrected:
                sql.execute("health/rebuild_sparks")
        self.stdout.write(f"{workspace.slug}: {written} daily scores written")
