import argparse
import datetime as dt
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.usage.files import BadFile, messages, read_mapping
from metrics.usage.ingest.load import Sender, load_events
from metrics.usage.ingest.parse import Reading, parse_body
from metrics.usage.partitions import make_partition

_BATCH = 5_000


class Command(BaseCommand):
    """Load past events from a file, through the same path as posted ones."""

    help = (
        "Loads historical events from a .parquet, .jsonl or .csv file. They count as known when "
        "they happened. Safe to repeat: rows with a messageId, or with the same content, are "
        "loaded once. The worker rolls them up, or `manage.py rollup` does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", required=True, help="address (slug) of the workspace")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping",
            default="",
            help="FIELD=COLUMN,… or a JSON file {field: column}; FIELD='text' for a fixed value",
        )
        parser.add_argument(
            "--progress", action=argparse.BooleanOptionalAction, default=None, help="show a bar"
        )

    def handle(
        self,
        *args: Any,
        workspace: str,
        file: Path,
        mapping: str,
        progress: bool | None,
        **options: Any,
    ) -> None:
        found = Workspace.objects.filter(slug=workspace).first()
        if found is None:
            raise CommandError(f"There is no workspace “{workspace}”.")
        try:
            counts = self._load(found, file, read_mapping(mapping), progress)
        except (BadFile, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{counts['accepted']:,} events loaded, {counts['duplicate']:,} were there already, "
            f"{counts['rejected']:,} rejected (see the event browser)."
        )

    def _load(
        self, workspace: Workspace, file: Path, mapping: dict[str, str], progress: bool | None
    ) -> Counter[str]:
        sender = Sender(
            workspace_id=workspace.pk,
            timezone=workspace.timezone,
            unknown_accounts=workspace.unknown_accounts,
            name="load_events",
        )
        counts: Counter[str] = Counter()
        months: set[dt.date] = set()
        hidden = None if progress is None else not progress
        with tqdm(unit=" events", unit_scale=True, disable=hidden) as bar:
            rows = messages(file, mapping)
            # itertools.batched came with Python 3.12
            while batch := list(islice(rows, _BATCH)):
                now = clock.now()
                parsed = parse_body(
                    msgspec.json.encode({"batch": batch}),
                    Reading(workspace.pk, received_at=now, is_historical=True),
                )
                new = {row.at.date().replace(day=1) for row in parsed.rows} - months
                with scope(workspace.pk):
                    for month in sorted(new):
                        make_partition(month)
                loaded = load_events(parsed, sender=sender, endpoint="load_events", received_at=now)
                months |= new
                rejected = len(parsed.rejected)
                counts["accepted"] += loaded.accepted
                counts["rejected"] += rejected
                counts["duplicate"] += parsed.size - loaded.accepted - rejected
                bar.update(parsed.size)
        return counts
