"""Batches of which everything is known are one message; the others are one transaction."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import Account, Workspace
from cs_platform.core import clock, sql
from cs_platform.core.tenancy import scope
from metrics.usage.ingest.load import Loaded, Sender, load_events
from metrics.usage.ingest.parse import Reading, parse_body
from metrics.usage.models import Event, RejectedEvent, SeenMessage
from tests.cast import make_workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


@pytest.fixture
def workspace(installation: Any) -> Workspace:
    """A workspace whose rows are committed."""
    found: Workspace = installation.workspace
    return found


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were sent alone."""
    sent: list[str] = []
    alone = sql.alone

    def noted(name: str, *args: Any, **kwargs: Any) -> Any:
        sent.append(name)
        return alone(name, *args, **kwargs)

    monkeypatch.setattr(sql, "alone", noted)
    return sent


def _load(workspace: Workspace, *items: dict[str, Any], size: int | None = None) -> Loaded:
    now = clock.now()
    body = json.dumps({"batch": [{"type": "track", "event": "Opened", **item} for item in items]})
    parsed = parse_body(body.encode(), Reading(workspace.pk, now))
    if size is not None:
        parsed.size = size
    sender = Sender(workspace.pk, "Asia/Tokyo", "create", "tests", api_key_id=1)
    return load_events(parsed, sender=sender, endpoint="batch", received_at=now)


def _kept(workspace: Workspace, of: Callable[[], Any]) -> Any:
    with scope(workspace.pk):
        return of()


def test_what_is_known_is_sent_alone(workspace: Workspace, messages: list[str]) -> None:
    ada = {"userId": "ada", "groupId": "acct-1"}
    assert _load(workspace, {**ada, "messageId": "m1"}).accepted == 1
    assert messages == []
    assert _load(workspace, {**ada, "messageId": "m1"}, {**ada, "messageId": "m2"}).accepted == 1
    assert messages == ["usage/load_batch"]
    account = _kept(workspace, Account.objects.get)
    stored = _kept(workspace, lambda: set(Event.objects.values_list("account_id", "user_id")))
    assert stored == {(account.pk, "ada")}
    assert _kept(workspace, Event.objects.count) == 2


@pytest.mark.parametrize(
    ("item", "rejected"),
    [
        ({"userId": "ada", "groupId": "acct-2"}, 0),  # an account to be made
        ({"userId": "ada"}, 0),  # a user whose account is to be looked up
        ({"userId": "ada", "groupId": "acct-1", "event": "Closed"}, 0),  # a name to be catalogued
        ({"event": "", "userId": "ada", "groupId": "acct-1"}, 1),  # an item to be kept as refused
    ],
    ids=["account", "link", "name", "refused"],
)
def test_what_needs_more_than_its_events_is_one_transaction(
    workspace: Workspace, messages: list[str], item: dict[str, Any], rejected: int
) -> None:
    known = {"userId": "ada", "groupId": "acct-1", "messageId": "m1"}
    _load(workspace, known)
    loaded = _load(workspace, {**known, "messageId": "m2"}, {**item, "messageId": "m3"})
    assert loaded.accepted == 2 - rejected
    assert messages == []
    assert _kept(workspace, RejectedEvent.objects.count) == rejected


def test_in_a_transaction_that_is_under_way_it_is_part_of_it(
    workspace: Workspace, messages: list[str]
) -> None:
    known = {"userId": "ada", "groupId": "acct-1"}
    _load(workspace, {**known, "messageId": "m1"})
    with pytest.raises(KeyError), scope(workspace.pk):
        assert _load(workspace, {**known, "messageId": "m2"}).accepted == 1
        raise KeyError
    assert messages == ["usage/load_batch"]
    assert _kept(workspace, Event.objects.count) == 1


def test_each_workspace_has_its_own_accounts_and_messages(
    workspace: Workspace, messages: list[str]
) -> None:
    other = make_workspace(f"{workspace.slug}-other")
    item = {"userId": "ada", "groupId": "acct-1"}
    for number in (1, 2):
        for one in (workspace, other):
            assert _load(one, {**item, "messageId": f"m{number}"}).accepted == 1
    assert len(messages) == 2
    accounts = [_kept(one, Account.objects.get) for one in (workspace, other)]
    for one, account in zip((workspace, other), accounts, strict=True):
        owners = _kept(one, lambda: list(Event.objects.values_list("account_id", flat=True)))
        assert owners == [account.pk] * 2


def test_what_fails_alone_leaves_nothing(workspace: Workspace, messages: list[str]) -> None:
    known = {"userId": "ada", "groupId": "acct-1"}
    _load(workspace, {**known, "messageId": "m1"})
    # the receipt is the last that is written, and holds no figure below nothing
    with pytest.raises(IntegrityError):
        _load(workspace, {**known, "messageId": "m2"}, size=0)
    assert messages == ["usage/load_batch"]
    for model in (Event, SeenMessage):
        assert _kept(workspace, model.objects.count) == 1
    assert _load(workspace, {**known, "messageId": "m2"}).accepted == 1
