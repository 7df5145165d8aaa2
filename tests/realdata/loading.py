"""What the loaders share: files through the import, messages through the ingest path."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from django.db import connection

from accounts.actors import Actor
from accounts.imports.engine import Report, import_rows
from accounts.imports.kinds import KINDS
from accounts.imports.mapping import check_columns, parse_mapping
from accounts.imports.reader import read_table
from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from metrics.usage.ingest.load import Sender, load_events
from metrics.usage.ingest.parse import Parsed, Reading, parse_body
from metrics.usage.rollup import roll_up_usage

_MAPPINGS = Path(__file__).resolve().parent / "mappings"
_EVENTS_AT_ONCE = 10_000
_EVENTS_PER_ROLLUP = 500_000
_Thing = TypeVar("_Thing")


def import_file(workspace: Workspace, kind: str, data: bytes, mapping_name: str) -> Report:
    """Import a CSV file by one of our mapping files, as ``manage.py import_csv`` does."""
    mapping = parse_mapping(
        (_MAPPINGS / f"{mapping_name}.json").read_text(encoding="utf-8"), KINDS[kind]
    )
    table = read_table(data, encoding=mapping.encoding, delimiter=mapping.delimiter)
    check_columns(mapping, table.columns)
    return import_rows(
        kind,
        table.rows,
        mapping,
        workspace=workspace,
        actor=Actor.system("loader"),
        now=clock.now(),
        file_name=mapping_name,
    )


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows of one shape as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def ingest(workspace: Workspace, messages: Iterable[dict[str, Any]]) -> tuple[int, int, Parsed]:
    """Take in history as ``/v1/import`` does: (accepted, duplicates, what else was found)."""
    accepted, duplicates, found = 0, 0, Parsed(size=0)
    since_roll_up = 0
    sender = Sender(workspace.pk, workspace.timezone, workspace.unknown_accounts, "loader")
    for batch in in_batches(messages, _EVENTS_AT_ONCE):
        now = clock.now()
        parsed = parse_body(
            msgspec.json.encode({"batch": batch}), Reading(workspace.pk, now, is_historical=True)
        )
        loaded = load_events(parsed, sender=sender, endpoint="import", received_at=now)
        accepted += loaded.accepted
        duplicates += len(loaded.duplicate_keys) + len(parsed.repeated)
        found.rejected += parsed.rejected
        since_roll_up += len(batch)
        if since_roll_up >= _EVENTS_PER_ROLLUP:
            roll_up(workspace)
            since_roll_up = 0
    roll_up(workspace)
    return accepted, duplicates, found


def roll_up(workspace: Workspace) -> None:
    """Bring the workspace's daily figures up to date."""
    with tenancy.scope(workspace.pk):
        roll_up_usage(clock.now())


def in_batches(things: Iterable[_Thing], size: int) -> Iterator[list[_Thing]]:
    """``things`` in lists of at most ``size``."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def revenue(workspace: Workspace, day: dt.date) -> tuple[float, int, int]:
    """(monthly recurring revenue, contracts, accounts) in force on a day, as the product says."""
    with tenancy.scope(workspace.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(mrr), 0), count(*), count(DISTINCT account_id) "
            "FROM recurring_revenue(%s, %s, now())",
            [workspace.pk, day],
        )
        total, contracts, accounts = cursor.fetchone()
    return float(total), contracts, accounts
