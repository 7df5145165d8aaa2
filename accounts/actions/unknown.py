"""Accounts that events name and nobody has told us of."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from accounts.actions.dirty import mark_dirty
from accounts.actions.history import ATTRIBUTES, as_text, change_row
from accounts.actors import Actor
from accounts.folding import fold
from accounts.models import Account


@transaction.atomic
def create_unknown_accounts(
    *,
    actor: Actor,
    first_seen: Mapping[str, dt.datetime],
    now: dt.datetime,
    is_historical: bool = False,
) -> int:
    """Create an unconfirmed account for each external id that has none; how many were made.

    ``first_seen`` gives each id's earliest event. An account that somebody else creates at the
    same moment is left as it is, and neither waits for the other's turn twice: rows are inserted
    in the order of their ids.
    """
    wanted = [
        Account(
            external_id=external_id,
            name=external_id,
            search_text=fold(external_id),
            is_unconfirmed=True,
            created_at=first_seen[external_id],
            updated_at=now,
        )
        for external_id in sorted(first_seen)
    ]
    Account.objects.bulk_create(wanted, ignore_conflicts=True)
    made = [
        account
        for account in Account.objects.filter(
            external_id__in=first_seen, is_unconfirmed=True, updated_at=now
        )
        if account.created_at == first_seen[account.external_id]
    ]
    changes = [
        change_row(
            account,
            name,
            "",
            as_text(getattr(account, name)),
            actor=actor,
            happened_at=account.created_at,
            known_at=account.created_at if is_historical else now,
            is_historical=is_historical,
        )
        for account in made
        for name in ATTRIBUTES
        if as_text(getattr(account, name))
    ]
    if changes:
        type(changes[0]).objects.bulk_create(changes, batch_size=5000)
    mark_dirty(account.pk for account in made)
    return len(made)
