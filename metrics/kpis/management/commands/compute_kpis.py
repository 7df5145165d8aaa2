import datetime as dt
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.kpis.actions import schedule
from metrics.kpis.queries.history import first_day


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


class Command(BaseCommand):
    """Computes what is missing, the past again, or one past day."""

    help = (
        "Compute the KPIs of a workspace: the running periods, and closed ones that have no "
        "figures yet. --from: closed periods that end after that day again, by what is known now, "
        "beside their first figures, which never change. --as-of: as it would have been shown at "
        "the end of one past day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--workspace", metavar="SLUG", help="the workspace to compute (default: every one)"
        )
        parser.add_argument("--from", type=_day, dest="since", metavar="DATE", help="first day")
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="one past day")

    def handle(self, *args: Any, **options: Any) -> None:
        workspaces = Workspace.objects.order_by("slug")
        if options["workspace"]:
            workspaces = workspaces.filter(slug=options["workspace"])
            if not workspaces:
                raise CommandError(f"there is no workspace {options['workspace']}")
        if options["since"] and options["as_of"]:
            raise CommandError("give --from or --as-of, not both")
        for workspace in workspaces:
            if options["as_of"]:
                self._as_of(workspace, options["as_of"])
            else:
                self._up_to_now(workspace, options["since"])

    def _as_of(self, workspace: Workspace, day: dt.date) -> None:
        with scope(workspace.pk):
            first = first_day()
            if first is None or day < first:
                raise CommandError(f"{workspace.slug}: nobody was a customer on {day} yet")
            try:
                periods = schedule.compute_as_of(now=clock.now(), as_of=day)
            except ValueError as error:
                raise CommandError(f"{workspace.slug}: {error}") from error
        self.stdout.write(f"{workspace.slug}: {len(periods)} periods as of {day}")

    def _up_to_now(self, workspace: Workspace, since: dt.date | None) -> None:
        with scope(workspace.pk):
            if first_day() is None:
                self.stdout.write(f"{workspace.slug}: no contracts, nothing to compute")
                return
            schedule.refresh_current(clock.now())
            if since is not None:
                schedule.ask_again(since=since)
        done = 0
        is_quiet = not sys.stderr.isatty()
        with tqdm(desc=workspace.slug, unit="period", disable=is_quiet) as bar:
            while True:
                with scope(workspace.pk):
                    batches = schedule.due_batches()
                    if not batches and not schedule.look_for_lapses(clock.now()):
                        break
                bar.total = done + sum(map(len, batches))
                for batch in batches:
                    with scope(workspace.pk):
                        schedule.compute_batch(batch, now=clock.now())
                    done += len(batch)
                    bar.update(len(batch))
        self.stdout.write(f"{workspace.slug}: {done} closed periods computed")
