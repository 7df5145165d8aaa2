"""The dated history of what accounts are cut by."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from accounts.actors import Actor
from accounts.models import Account, AttributeChange, Membership

ATTRIBUTES = tuple(AttributeChange.Attribute.values)
_Key = tuple[int, str]


def as_text(value: Any) -> str:
    """How history keeps a value: '' for none, ISO for days, the id for an owner."""
    if value is None:
        return ""
    return str(value.pk) if isinstance(value, Membership) else str(value)


class History:
    """What is known of the attributes of some accounts, to place a dated change in it.

    Loaded by one query, and only when a change is dated before now.
    """

    def __init__(self, account_ids: Iterable[int]) -> None:
        self._changes: dict[_Key, list[tuple[dt.datetime, str, str]]] = {}
        rows = (
            AttributeChange.objects.filter(account_id__in=list(account_ids))
            .order_by("happened_at", "id")
            .values_list("account_id", "attribute", "happened_at", "old_value", "new_value")
        )
        for account_id, attribute, happened_at, old, new in rows:
            self._changes.setdefault((account_id, attribute), []).append((happened_at, old, new))

    def in_force(self, account_id: int, attribute: str, at: dt.datetime, now_value: str) -> str:
        """The value at a moment; ``now_value`` where nothing was ever noted."""
        changes = self._changes.get((account_id, attribute), [])
        past = [new for happened_at, _old, new in changes if happened_at <= at]
        if past:
            return past[-1]
        return changes[0][1] if changes else now_value

    def is_latest(self, account_id: int, attribute: str, at: dt.datetime) -> bool:
        """Whether no later change is known, so that one dated ``at`` is what holds now."""
        changes = self._changes.get((account_id, attribute), [])
        return not changes or changes[-1][0] <= at


def change_row(
    account: Account,
    attribute: str,
    old: str,
    new: str,
    *,
    actor: Actor,
    happened_at: dt.datetime,
    known_at: dt.datetime,
    is_historical: bool,
    is_derived: bool = False,
) -> AttributeChange:
    """An entry of the history, not yet stored."""
    return AttributeChange(
        account=account,
        attribute=attribute,
        old_value=old,
        new_value=new,
        happened_at=happened_at,
        known_at=known_at,
        is_historical=is_historical,
        is_derived=is_derived,
        changed_by=actor.membership,
    )
