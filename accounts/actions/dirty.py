"""Marks that make the pipeline look at an account again."""

from collections.abc import Iterable

from django.db import transaction
from django.dispatch import Signal

from accounts.models import DirtyAccount
from cs_platform.core.tenancy import current_workspace_id

# Sent with ``workspace_id`` once marks are committed, so that nobody need wait for a sweep.
marked = Signal()


def mark_dirty(
    account_ids: Iterable[int], *, is_of_use: bool = False, announce: bool = True
) -> None:
    """Mark accounts of the open scope for rescoring, in the caller's transaction.

    ``is_of_use``: nothing but the roll-ups of their use has changed.
    Marking twice is harmless: the pipeline takes all marks of an account at once. The pipeline
    itself, which is about to take them, does not ``announce`` its marks.
    """
    ids = sorted(set(account_ids))
    DirtyAccount.objects.bulk_create(
        [DirtyAccount(account_id=account_id, is_of_use=is_of_use) for account_id in ids],
        batch_size=5000,
    )
    if ids and announce:
        workspace_id = current_workspace_id()
        transaction.on_commit(
            lambda: marked.send(sender=DirtyAccount, workspace_id=workspace_id), robust=True
        )
