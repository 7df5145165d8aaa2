"""Who is who: links from users to accounts, and the events that waited for them.

Runs in the worker, one at a time per workspace, before the roll-up: collection only notes the
calls, so that no batch waits for another. A user's events go to the account the user belonged to
at the time; events from before the first link go to the first one.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from accounts.models import Workspace
from cs_platform.core import sql
from metrics.usage.models import Kind, UserAlias, UserLink
from metrics.usage.profiles import describe_accounts, describe_contacts

ANONYMOUS = "~"


@dataclass(frozen=True)
class Call:
    """An identify, group or alias call; with an empty kind, a user who had no account yet."""

    kind: str
    user_id: str
    previous_id: str
    account_id: int | None
    happened_at: dt.datetime
    known_at: dt.datetime
    traits: dict[str, Any]


def _call(row: dict[str, Any]) -> Call:
    return Call(**{**row, "traits": msgspec.json.decode(row["traits"])})


def settle_identities(workspace: Workspace, now: dt.datetime) -> None:
    """Work off the queue of identity calls and the events held for accounts that exist now.

    Attributed events mark their days dirty; contacts and account attributes are filled in.
    """
    calls = [_call(row) for row in sql.rows("usage/drain_identities")]
    calls = _held(workspace, now) + calls
    if not calls:
        return
    _store_links(
        UserLink(
            user_id=call.user_id,
            account_id=call.account_id,
            happened_at=call.happened_at,
            known_at=call.known_at,
        )
        for call in calls
        if call.account_id is not None and call.user_id and call.kind in {Kind.IDENTIFY, Kind.GROUP}
    )
    users = {call.user_id for call in calls if call.user_id}
    users |= _share_links(users | _store_aliases(calls))
    found = sql.rows(
        "usage/attribute_events", {"users": _linked(users), "timezone": workspace.timezone}
    )
    calls += [_call(row) for row in found]
    describe_accounts(
        ((call.account_id, call.traits) for call in calls if call.kind == Kind.GROUP), now
    )
    accounts = _accounts_of({c.user_id for c in calls if c.kind == Kind.IDENTIFY})
    describe_contacts(
        (
            (call.user_id, call.account_id or accounts[call.user_id], call.traits)
            for call in calls
            if call.kind == Kind.IDENTIFY and (call.account_id or call.user_id in accounts)
        ),
        now,
    )


def _held(workspace: Workspace, now: dt.datetime) -> list[Call]:
    # In two statements: the first waits for batches that name the account at this moment, and
    # only a statement begun after that sees their events.
    created = sql.rows("usage/take_created_accounts")
    if not created:
        return []
    rows = sql.rows(
        "usage/attribute_held",
        {
            "external_ids": [row["external_id"] for row in created],
            "account_ids": [row["account_id"] for row in created],
            "now": now,
            "timezone": workspace.timezone,
        },
    )
    return [_call(row) for row in rows]


def _links(users: Iterable[str]) -> dict[str, list[UserLink]]:
    links: dict[str, list[UserLink]] = {}
    for link in UserLink.objects.filter(user_id__in=set(users)).order_by("happened_at"):
        links.setdefault(link.user_id, []).append(link)
    return links


def _linked(users: set[str]) -> list[str]:
    return sorted(_links(users))


def _accounts_of(users: set[str]) -> dict[str, int]:
    return {user: links[-1].account_id for user, links in _links(users).items()}


def _store_links(wanted: Iterable[UserLink]) -> None:
    """Add the links that say something new: the account is not the one in force already."""
    wanted = sorted(wanted, key=lambda link: link.happened_at)
    history = _links(link.user_id for link in wanted)
    new = []
    for link in wanted:
        known = history.setdefault(link.user_id, [])
        position = bisect_right(known, link.happened_at, key=lambda other: other.happened_at)
        if position and known[position - 1].account_id == link.account_id:
            continue
        known.insert(position, link)
        new.append(link)
    UserLink.objects.bulk_create(new, ignore_conflicts=True, batch_size=5000)


def _store_aliases(calls: Iterable[Call]) -> set[str]:
    """Note which ids belong to one person; the ids concerned."""
    aliases = [
        UserAlias(user_id=call.user_id, previous_id=previous)
        for call in calls
        if call.previous_id
        # an alias call may name an anonymous id, which events carry with its mark
        for previous in {call.previous_id, ANONYMOUS + call.previous_id.removeprefix(ANONYMOUS)}
    ]
    UserAlias.objects.bulk_create(aliases, ignore_conflicts=True, batch_size=5000)
    return {alias.previous_id for alias in aliases}


def _share_links(users: set[str]) -> set[str]:
    """Give an id without an account the links of the other ids of its person; those ids."""
    pairs = set(
        UserAlias.objects.filter(user_id__in=users).values_list("user_id", "previous_id")
    ) | set(UserAlias.objects.filter(previous_id__in=users).values_list("user_id", "previous_id"))
    links = _links({user for pair in pairs for user in pair})
    shared: dict[str, list[UserLink]] = {}
    for pair in sorted(pairs):
        for user, other in (pair, pair[::-1]):
            if user not in links and other in links:
                shared[user] = links[other]
    UserLink.objects.bulk_create(
        [
            UserLink(
                user_id=user,
                account_id=link.account_id,
                happened_at=link.happened_at,
                known_at=link.known_at,
            )
            for user, found in shared.items()
            for link in found
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )
    return set(shared)
