"""fightchurn's crm5: 339 firms, 6,591 users, five million events, contracts renewed by the row."""

import csv
import datetime as dt
import itertools
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet

from accounts.actions.accounts import upsert_accounts
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.actions.upsert import Result
from accounts.actors import Actor
from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from tests.realdata.loading import in_batches, ingest

_DAY = dt.timedelta(days=1)
# after it the simulation stopped: an end beyond is the end of a term, not of a contract
_END = dt.date(2024, 1, 1)
_GRADES = ("starter", "basic", "standard", "advanced", "premier")
_ACTOR = Actor.system("loader")

Item = dict[str, Any]


def events_file(folder: Path) -> Path:
    """The events as they were made."""
    return folder / "fightchurn" / "crm5" / "event.parquet"


def load_accounts(folder: Path, workspace: Workspace) -> list[Result]:
    """Accounts, known from the start of their first contract, and all contracts."""
    folder = folder / "fightchurn" / "crm5"
    items = contract_items(_rows(folder / "subscription.csv"))
    began: dict[str, str] = {}
    for item in items:
        account = item["account_external_id"]
        began[account] = min(began.get(account, "9"), item["effective_on"])
    accounts = [
        {
            "external_id": row["id"],
            "name": f"Firm {row['id']}",
            "attributes": {"channel": row["channel"], "state": row["country"]},
            "happened_at": f"{began[row['id']]}T00:00:00+00:00",
        }
        for row in _rows(folder / "account.csv")
        if row["id"] in began
    ]
    results = []
    with tenancy.scope(workspace.pk):
        results += upsert_accounts(
            actor=_ACTOR, now=clock.now(), items=accounts, is_historical=True
        )
    for chain in in_batches(items, 1_000):
        with tenancy.scope(workspace.pk):
            results += upsert_subscriptions(
                actor=_ACTOR, now=clock.now(), items=chain, is_historical=True
            )
    return results


def contract_items(rows: list[dict[str, str]]) -> list[Item]:
    """One contract per unbroken chain of rows of an account and product; its grade may change."""
    for row in rows:
        row["line"] = "crm" if row["units"] == "users" else row["product"]
    rows.sort(key=lambda row: (int(row["account_id"]), row["line"], row["start_date"]))
    items: list[Item] = []
    for _key, group in itertools.groupby(rows, key=itemgetter("account_id", "line")):
        previous: dict[str, str] | None = None
        for row in group:
            if previous is None or previous["end_date"] != row["start_date"]:
                if previous is not None:
                    items.append(_end(items[-1], previous))
                identity = f"{row['account_id']}-{row['line']}-{row['start_date']}"
                items.append({**_terms(row, identity), "starts_on": row["start_date"]})
            else:
                items.append(_terms(row, items[-1]["external_id"]))
            previous = row
        if previous is not None and dt.date.fromisoformat(previous["end_date"]) < _END:
            items.append(_end(items[-1], previous))
    return items


def _terms(row: dict[str, str], identity: str) -> Item:
    item: Item = {
        "external_id": identity,
        "account_external_id": row["account_id"],
        "product": row["line"],
        "plan": row["product"],
        "effective_on": row["start_date"],
        "term_ends_on": dt.date.fromisoformat(row["end_date"]) - _DAY,
        "mrr": row["mrr"],
        "billing_months": row["bill_period_months"],
    }
    if row["line"] == "crm":
        item["seats"] = row["quantity"]
        item["plan_rank"] = 1 + _GRADES.index(row["product"].split("_")[0])
    return item


def _end(item: Item, row: dict[str, str]) -> Item:
    last_paid_on = dt.date.fromisoformat(row["end_date"]) - _DAY
    names = ("external_id", "account_external_id", "product", "effective_on")
    return {**{name: item[name] for name in names}, "ended_on": last_paid_on}


def load_events(folder: Path, workspace: Workspace) -> tuple[int, int]:
    """All events through the ingest path and rolled up: (accepted, duplicates)."""
    accepted, duplicates, parsed = ingest(workspace, _messages(folder))
    if parsed.rejected:
        raise ValueError(f"{len(parsed.rejected)} refused, such as {parsed.rejected[0]}")
    return accepted, duplicates


def _messages(folder: Path) -> Iterator[Item]:
    names = {
        int(row["event_type_id"]): row["event_type_name"]
        for row in _rows(folder / "fightchurn" / "crm5" / "event_type.csv")
    }
    number = itertools.count()
    for batch in pyarrow.parquet.ParquetFile(events_file(folder)).iter_batches(100_000):
        columns = batch.to_pydict()
        for account, moment, kind, user, value in zip(
            columns["account_id"],
            columns["event_time"],
            columns["event_type_id"],
            columns["user_id"],
            columns["event_value"],
            strict=True,
        ):
            yield {
                "type": "track",
                "event": names[kind],
                "messageId": f"crm5-{next(number)}",
                "timestamp": moment,
                "groupId": str(account),
                "userId": f"{account}-{user}",
                "properties": {} if value is None else {"value": value},
            }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
