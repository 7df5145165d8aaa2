"""A workspace that fails keeps no other one waiting, and is not kept secret."""

import logging
from typing import Any

import pytest
from django.db import DataError, connection

from accounts.models import Workspace
from accounts.queries.workspaces import current_workspace
from accounts.sweeping import each_workspace
from cs_platform import pipeline, tasks
from cs_platform.core.tenancy import current_workspace_id


def fails_in(workspace: Workspace) -> Any:
    def look(*_arguments: Any) -> bool:
        if current_workspace_id() == workspace.pk:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return current_workspace().pk == current_workspace_id()

    return look


def test_the_others_are_looked_at_and_the_failure_is_told(
    workspace: Workspace, rival_workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []
    with caplog.at_level(logging.ERROR), pytest.raises(ExceptionGroup) as raised:
        for found in each_workspace(fails_in(workspace)):
            seen.append(found)
    assert workspace.pk < rival_workspace.pk
    # tests with servers of their own leave workspaces behind, all of them older
    assert [found for found in seen if found[0] >= workspace.pk] == [(rival_workspace.pk, True)]
    assert [type(failure) for failure in raised.value.exceptions] == [DataError]
    assert [record.getMessage() for record in caplog.records] == [
        f"workspace {workspace.pk} could not be looked at"
    ]


def test_the_sweep_asks_for_the_others_refresh(
    workspace: Workspace, rival_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(pipeline, "has_work", fails_in(workspace))
    monkeypatch.setattr(
        tasks.refresh_workspace, "apply_async", lambda args, **_options: asked.append(args[0])
    )
    with pytest.raises(ExceptionGroup):
        tasks.sweep()
    assert [found for found in asked if found >= workspace.pk] == [rival_workspace.pk]
