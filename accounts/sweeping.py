"""Going through all workspaces, one of which may fail."""

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from accounts.models import Workspace
from cs_platform.core.tenancy import scope

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


def each_workspace(look: Callable[[], _Answer]) -> Iterator[tuple[int, _Answer]]:
    """Every workspace's id with what ``look`` answers in its scope.

    One that fails is logged and keeps none of the others waiting; an ``ExceptionGroup`` of the
    failures is raised when all have been looked at.
    """
    failures: list[Exception] = []
    for workspace_id in Workspace.objects.order_by("id").values_list("id", flat=True):
        try:
            with scope(workspace_id):
                answer = look()
        except Exception as failure:
            _log.exception("workspace %d could not be looked at", workspace_id)
            failures.append(failure)
        else:
            yield workspace_id, answer
    if failures:
        raise ExceptionGroup("some workspaces could not be looked at", failures)
