"""``manage.py generate_workspace``: fill a workspace with a generated world."""

import datetime as dt
import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.actions import audit
from accounts.actions.keys import create_key
from accounts.actions.members import add_member
from accounts.actions.workspace import create_workspace
from accounts.actors import Actor
from accounts.models import ApiKey, AuditEntry, Membership, Role, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.core.errors import DomainError
from cs_platform.demo import oddities, reviews, satisfaction, scores, signs_of_life, teamwork
from cs_platform.demo.load import Loader
from cs_platform.demo.world import Settings, World

_MADE = "workspace_generated"
_ODD_EVENTS_FROM = 1_000


class Command(BaseCommand):
    help = (
        "Fill a workspace with invented customers, their contracts, conversations and usage, "
        "through the import and ingest paths. The same seed and day give the same data. "
        "A run that was stopped is finished by running it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", "--slug", required=True, help="address of the workspace")
        parser.add_argument("--name", default="Kanade", help="name, where it is to be made")
        parser.add_argument("--owner-email", default="", help="owner, where it is to be made")
        parser.add_argument("--accounts", type=int, default=200, help="how many customers")
        parser.add_argument("--events", type=int, default=300_000, help="how many usage events")
        parser.add_argument("--months", type=int, default=18, help="months of usage up to today")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--csms", type=int, default=5, help="CSMs besides the owner")
        parser.add_argument("--today", type=dt.date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--password", default="", help="of members that are made")
        parser.add_argument(
            "--no-scores", action="store_true", help="leave out the history of daily scores"
        )
        parser.add_argument(
            "--score-days", type=int, default=None, help="daily scores of the last N days alone"
        )
        parser.add_argument(
            "--credentials-file",
            type=Path,
            help="write the log-ins and new keys there as JSON, readable by you alone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, least in (
            ("accounts", 1),
            ("events", 0),
            ("months", 1),
            ("seed", 0),
            ("csms", 1),
        ):
            if options[name] < least:
                raise CommandError(f"--{name} must be at least {least}")
        self.is_quiet = options["verbosity"] < 1
        password = options["password"] or secrets.token_urlsafe(9)
        try:
            workspace = self._workspace(options, password)
            now = _moment(options["today"], workspace.timezone)
            world = World(self._settings(workspace, options, now))
            owners = self._members(workspace, world, password, now)
            self._fill(Loader(workspace, world, owners, now), options)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        if options["credentials_file"]:
            self._credentials(options["credentials_file"], workspace, owners, password, now)

    def _workspace(self, options: dict[str, Any], password: str) -> Workspace:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            email = options["owner_email"] or f"owner@{options['workspace']}.example"
            workspace = create_workspace(
                slug=options["workspace"],
                name=options["name"],
                timezone="Asia/Tokyo",
                currency="JPY",
                owner_email=email,
                owner_password=password,
                owner_name="石川 直美",
                now=clock.now(),
            )
        if workspace.currency != "JPY":
            raise CommandError(
                f"the workspace {workspace.slug} reckons in {workspace.currency}; "
                "the generated contracts need one that reckons in JPY"
            )
        return workspace

    def _settings(
        self, workspace: Workspace, options: dict[str, Any], now: dt.datetime
    ) -> Settings:
        """The world to make; where a run was stopped before, the one that it had begun."""
        wanted = {name: options[name] for name in ("accounts", "events", "months", "seed", "csms")}
        today = clock.local_date(now, workspace.timezone)
        with tenancy.scope(workspace.pk):
            begun = AuditEntry.objects.filter(action=_MADE).order_by("id").first()
            if begun is None:
                audit.record(
                    actor=Actor.system("generate_workspace"),
                    action=_MADE,
                    obj=workspace,
                    detail={**wanted, "today": today.isoformat()},
                    now=now,
                )
            else:
                before = dict(begun.detail)
                today = dt.date.fromisoformat(before.pop("today"))
                if before != wanted:
                    raise CommandError(
                        f"the workspace {workspace.slug} was generated with {before}: "
                        "give the same numbers, or another workspace"
                    )
        odd = oddities.COUNT if wanted["events"] >= _ODD_EVENTS_FROM else 0
        return Settings(**{**wanted, "events": wanted["events"] - odd}, today=today)

    def _members(
        self, workspace: Workspace, world: World, password: str, now: dt.datetime
    ) -> list[str]:
        """Addresses of the members in the world's order; those that are missing are made."""
        memberships = Membership.objects.filter(workspace=workspace).select_related("user")
        owner = memberships.filter(role=Role.OWNER, is_active=True).order_by("id").first()
        if owner is None:
            raise CommandError(f"the workspace {workspace.slug} has no owner")
        known = {member.user.email for member in memberships}
        emails = [owner.user.email]
        with tenancy.scope(workspace.pk):
            for member in world.members[1:]:
                email = f"{member.mail}@{workspace.slug}.example"
                emails.append(email)
                if email in known:
                    continue
                made, _ = add_member(
                    actor=Actor.of(owner),
                    workspace=workspace,
                    now=now,
                    email=email,
                    role=member.role,
                    name=member.name,
                    password=password,
                )
                made.user.language = member.language
                made.user.save(update_fields=["language"])
        return emails

    def _fill(self, loader: Loader, options: dict[str, Any]) -> None:
        settings, workspace = loader.world.settings, loader.workspace
        loader.catalogue()
        with self._progress("Customers", settings.accounts) as bar:
            loader.customers(bar.update)
        with self._progress("Events", settings.events) as bar:
            loader.usage(bar.update)
        with self._progress("Answers", settings.accounts) as bar:
            satisfaction.past_answers(workspace, loader.world, loader.actor, loader.now, bar.update)
        satisfaction.latest_round(workspace, loader.world, loader.actor, loader.now)
        if settings.events + oddities.COUNT == options["events"]:
            loader.ingest(oddities.messages(loader.now, settings.seed), is_historical=False)
            loader.roll_up()
        if not options["no_scores"]:
            days = (settings.today - settings.since).days
            if options["score_days"] is not None:
                days = min(days, max(options["score_days"], 0))
            first = settings.today - dt.timedelta(days=days)
            with self._progress("Scores, by day", days) as bar:
                scores.backfill(workspace, first, settings.today, loader.now, bar.update)
        with tenancy.scope(workspace.pk):
            signs_of_life.open_tasks(actor=loader.actor, now=loader.now)
        scores.score_now(workspace, loader.now)
        with tenancy.scope(workspace.pk):
            signs_of_life.judgements(actor=loader.actor, now=loader.now)
        scores.score_now(workspace, loader.now)
        teamwork.goals(workspace, loader.now)
        teamwork.renewals(workspace, loader.now)
        reviews.churn_reviews(workspace, loader.now)

    def _progress(self, what: str, total: int) -> "tqdm[Any]":
        return tqdm(total=total, desc=what, unit="", disable=self.is_quiet, file=self.stderr)

    def _credentials(
        self,
        path: Path,
        workspace: Workspace,
        owners: list[str],
        password: str,
        now: dt.datetime,
    ) -> None:
        """Log-ins and fresh keys, as JSON; the password is that of the members made by this run."""
        secrets_by_name = {}
        with tenancy.scope(workspace.pk):
            for name, scopes in (
                ("write_key", [ApiKey.Scope.INGEST]),
                ("api_key", [ApiKey.Scope.READ, ApiKey.Scope.WRITE]),
            ):
                _, secrets_by_name[name] = create_key(
                    actor=Actor.system("generate_workspace"),
                    workspace=workspace,
                    name=name,
                    scopes=scopes,
                    now=now,
                )
        content = {
            "workspace": workspace.slug,
            "email": owners[0],
            "password": password,
            "members": owners[1:],
            **secrets_by_name,
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)
            json.dump(content, file, indent=1, ensure_ascii=False)


def _moment(today: dt.date | None, zone: str) -> dt.datetime:
    """Now, or the evening of a given day."""
    now = clock.now()
    if today is None or today == clock.local_date(now, zone):
        return now
    if today > clock.local_date(now, zone):
        raise CommandError("--today lies in the future")
    return clock.day_start(today, zone) + dt.timedelta(hours=18)
