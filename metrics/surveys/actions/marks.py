"""Marks that make the roll-up look at answers again."""

from collections.abc import Iterable

from django.db import transaction

from accounts.actions.dirty import marked
from cs_platform.core.tenancy import current_workspace_id
from metrics.surveys.models import ResultMark


def mark_results(response_ids: Iterable[int]) -> None:
    """Mark responses that are new or have changed, in the caller's transaction.

    Whoever writes a response calls this; results, comments and themes follow within seconds.
    Marking twice is harmless.
    """
    ids = sorted(set(response_ids))
    ResultMark.objects.bulk_create(
        [ResultMark(response_id=response_id) for response_id in ids], batch_size=5000
    )
    if ids:
        workspace_id = current_workspace_id()
        transaction.on_commit(
            lambda: marked.send(sender=ResultMark, workspace_id=workspace_id), robust=True
        )
