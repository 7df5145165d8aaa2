"""Whoever changes an account need not wait for the sweep: the marks ask for a refresh."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.accounts import assign_owner
from accounts.actions.dirty import mark_dirty
from accounts.actors import Actor
from accounts.models import Account, Workspace
from cs_platform.core import clock
from metrics.usage.ingest import nudging
from tests.cast import Cast


class Heard:
    """Stands where the nudger's thread listens."""

    def __init__(self) -> None:
        self.process = nudging.os.getpid()
        self.waiting: set[int] = set()

    def add(self, database: str, workspace_id: int) -> None:
        self.waiting.add(workspace_id)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()
    monkeypatch.setattr(nudging, "_nudger", heard)
    return heard


def test_a_change_asks_for_a_refresh_once_it_is_committed(
    scoped: Workspace,
    cast: Cast,
    heard: Heard,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    now = clock.now()
    account = Account.objects.create(external_id="a", name="A", created_at=now, updated_at=now)
    with django_capture_on_commit_callbacks(execute=True):
        assign_owner(
            actor=Actor.of(cast["manager"]), now=now, account_ids=[account.pk], owner=cast["csm"]
        )
        assert not heard.waiting
    assert heard.waiting == {scoped.pk}


def test_the_pipelines_own_marks_and_no_marks_ask_for_nothing(
    scoped: Workspace, heard: Heard, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        mark_dirty([1], announce=False)
        mark_dirty([])
    assert not heard.waiting
