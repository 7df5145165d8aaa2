"""Marks that make the pipeline look at an account again."""

from collections.abc import Iterable

from accounts.models import DirtyAccount


def mark_dirty(account_ids: Iterable[int]) -> None:
    """Mark accounts of the open scope for rescoring, in the caller's transaction.

    Marking twice is harmless: the pipeline takes all marks of an account at once.
    """
    DirtyAccount.objects.bulk_create(
        [DirtyAccount(account_id=account_id) for account_id in sorted(set(account_ids))],
        batch_size=5000,
    )
