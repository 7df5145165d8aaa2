"""From parsed rows to stored events: one statement per batch, after its accounts are known."""

import datetime as dt
import time
from bisect import bisect_right

import msgspec
from django.db import transaction

from accounts.actions.unknown import create_unknown_accounts
from accounts.actors import Actor
from accounts.models import Workspace
from cs_platform.core import sql
from cs_platform.core.tenancy import scope
from metrics.usage.ingest.messages import Row
from metrics.usage.ingest.parse import Parsed
from metrics.usage.logins import is_login
from metrics.usage.models import EventName, RejectedEvent, UnknownAccount

_BODY_BYTES = 32 * 1024
_KNOWN_NAMES_MOST = 100_000


class Sender(msgspec.Struct, frozen=True):
    """Whose events these are and what their workspace wants of them."""

    workspace_id: int
    timezone: str
    unknown_accounts: str
    name: str
    api_key_id: int | None = None


class Loaded(msgspec.Struct, frozen=True):
    """What became of a batch; ``duplicate_keys`` are those that had been stored before."""

    accepted: int
    duplicate_keys: frozenset[str]


class _KnownAccounts:
    """External ids and ids of accounts, forgotten after a while."""

    SECONDS = 30
    MOST = 200_000

    def __init__(self) -> None:
        self.began_at = 0.0
        self.ids: dict[int, dict[str, int]] = {}

    def get(self, workspace_id: int, refs: set[str]) -> tuple[dict[str, int], set[str]]:
        """Those that are known, and the refs that are not."""
        if time.monotonic() - self.began_at > self.SECONDS:
            self.ids.clear()
            self.began_at = time.monotonic()
        known = self.ids.get(workspace_id, {})
        found = {ref: known[ref] for ref in refs if ref in known}
        return found, refs - found.keys()

    def put(self, workspace_id: int, ids: dict[str, int]) -> None:
        if sum(map(len, self.ids.values())) + len(ids) > self.MOST:
            self.ids.clear()
        self.ids.setdefault(workspace_id, {}).update(ids)


_known_accounts = _KnownAccounts()
_known_names: set[tuple[int, str]] = set()


def load_events(
    parsed: Parsed, *, sender: Sender, endpoint: str, received_at: dt.datetime
) -> Loaded:
    """Store a batch as a transaction of its own, or in the one that is under way.

    Nothing is visible before everything is. Safe to repeat and to run at the same time as itself: a
    message key is stored once, and rows are written in an order that cannot deadlock.
    """
    workspace_id = sender.workspace_id
    if _is_familiar(parsed, workspace_id):
        batch = _bound(parsed, sender, received_at)
        stored = sql.alone("usage/load_batch", batch, workspace_id=workspace_id)
        return Loaded(stored["accepted"], frozenset(stored["duplicate_keys"]))
    rows = parsed.rows
    with scope(workspace_id):
        _name_accounts(rows, sender, received_at, parsed.is_historical)
        _follow_links(rows)
        _catalogue(rows, workspace_id)
        if parsed.rejected:
            keep_rejected(parsed, sender=sender, endpoint=endpoint, received_at=received_at)
        stored = sql.row("usage/load_batch", _bound(parsed, sender, received_at))
    return Loaded(stored["accepted"], frozenset(stored["duplicate_keys"]))


def _is_familiar(parsed: Parsed, workspace_id: int) -> bool:
    """Whether the database has nothing to be asked or told but the events, as it mostly is.

    Their accounts are named then, out of what this process knows.
    """
    rows = parsed.rows
    refs = {row.ref for row in rows}
    if parsed.rejected or "" in refs:
        return False
    ids, unknown = _known_accounts.get(workspace_id, refs)
    if unknown or not _known_names.issuperset({(workspace_id, row.name) for row in rows}):
        return False
    for row in rows:
        row.account_id = ids[row.ref]
    return True


def _bound(parsed: Parsed, sender: Sender, received_at: dt.datetime) -> dict[str, object]:
    return {
        **_columns(parsed.rows),
        "identities": msgspec.json.encode(parsed.identities).decode(),
        "received_at": received_at,
        "received_on": received_at.date(),
        "is_historical": parsed.is_historical,
        "timezone": sender.timezone,
        "api_key_id": sender.api_key_id,
        "size": parsed.size,
        "rejected": len(parsed.rejected),
    }


def _columns(rows: list[Row]) -> dict[str, str]:
    return {
        name: msgspec.json.encode([getattr(row, name) for row in rows]).decode()
        for name in Row.__struct_fields__
    }


def keep_rejected(
    parsed: Parsed, *, sender: Sender, endpoint: str, received_at: dt.datetime
) -> None:
    """Keep the refused items with their reasons."""
    RejectedEvent.objects.bulk_create(
        [
            RejectedEvent(
                received_at=received_at,
                api_key_id=sender.api_key_id,
                endpoint=endpoint,
                position=rejection.position,
                code=rejection.code,
                message=rejection.message,
                body=rejection.item[:_BODY_BYTES]
                .decode("utf-8", "replace")
                .replace("\0", "\N{SYMBOL FOR NULL}"),
            )
            for rejection in parsed.rejected
        ],
        batch_size=2000,
    )


def _name_accounts(
    rows: list[Row], sender: Sender, received_at: dt.datetime, is_historical: bool
) -> None:
    """Put the account's id beside the external id; make or hold the accounts that are unknown."""
    refs = {row.ref for row in rows if row.ref}
    if not refs:
        return
    ids = _account_ids(sender.workspace_id, refs)
    unknown = refs - ids.keys()
    if unknown:
        first_seen: dict[str, dt.datetime] = {}
        for row in rows:
            if row.ref in unknown and row.at <= first_seen.get(row.ref, row.at):
                first_seen[row.ref] = row.at
        if sender.unknown_accounts == Workspace.UnknownAccounts.CREATE:
            create_unknown_accounts(
                actor=Actor.system(sender.name),
                first_seen=first_seen,
                now=received_at,
                is_historical=is_historical,
            )
            ids |= _account_ids(sender.workspace_id, unknown)
        else:
            # The update locks the row: an account created meanwhile finds these events after us.
            UnknownAccount.objects.bulk_create(
                [
                    UnknownAccount(
                        external_id=ref, first_seen_at=first_seen[ref], last_seen_at=received_at
                    )
                    for ref in sorted(unknown)
                ],
                update_conflicts=True,
                unique_fields=["workspace", "external_id"],
                update_fields=["last_seen_at"],
            )
    for row in rows:
        if row.ref:
            row.account_id = ids.get(row.ref)


def _account_ids(workspace_id: int, refs: set[str]) -> dict[str, int]:
    """Ids of the accounts that exist, looked up at most every 30 s by each process."""
    found, missing = _known_accounts.get(workspace_id, refs)
    if missing:
        found_now = sql.rows("usage/find_accounts", {"refs": list(missing)})
        stored = {row["external_id"]: row["id"] for row in found_now}
        found |= stored
        # What this transaction sees may be its own, and not committed in the end.
        transaction.on_commit(lambda: _known_accounts.put(workspace_id, stored))
    return found


def _follow_links(rows: list[Row]) -> None:
    """Attribute rows that name no account by their user's link in force at the time.

    Before the first link the first one counts: who belongs to an account later was its user.
    """
    users = {row.user for row in rows if not row.ref and row.user}
    if not users:
        return
    links: dict[str, list[tuple[dt.datetime, int]]] = {}
    for link in sql.rows("usage/find_links", {"users": list(users)}):
        links.setdefault(link["user_id"], []).append((link["happened_at"], link["account_id"]))
    for row in rows:
        if row.kind in {"group", "identify"} and row.account_id is not None and row.user in users:
            links.setdefault(row.user, []).append((row.at, row.account_id))
    for history in links.values():
        history.sort()
    for row in rows:
        if not row.ref and row.user in links:
            history = links[row.user]
            position = bisect_right(history, row.at, key=lambda link: link[0])
            row.account_id = history[max(position - 1, 0)][1]


def _catalogue(rows: list[Row], workspace_id: int) -> None:
    """Add names to the catalogue that this process has not met yet.

    Only a name's first sight is written here; when it was last seen is the roll-up's to say, or
    every batch would wait for the same row.
    """
    first: dict[str, Row] = {}
    for row in rows:
        if (workspace_id, row.name) not in _known_names:
            earlier = first.get(row.name)
            if earlier is None or row.at < earlier.at:
                first[row.name] = row
    if not first:
        return
    EventName.objects.bulk_create(
        [
            EventName(
                name=name,
                kind=first[name].kind,
                is_login=is_login(name),
                first_seen_at=first[name].at,
                last_seen_at=first[name].at,
            )
            for name in sorted(first)
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(lambda: _remember({(workspace_id, name) for name in first}))


def _remember(names: set[tuple[int, str]]) -> None:
    if len(_known_names) > _KNOWN_NAMES_MOST:
        _known_names.clear()
    _known_names.update(names)
