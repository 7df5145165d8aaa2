"""What can be imported: the fields of each kind and the action that takes them."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.actions import (
    accounts,
    catalogue,
    contacts,
    contract_events,
    interactions,
    subscriptions,
)
from accounts.actions.upsert import Result
from accounts.fields import Number, Rule, YesNo

Writer = Callable[..., list[Result]]


@dataclass(frozen=True)
class Kind:
    """``virtual`` fields are understood by the import alone and not stored as they are.

    Of rows of one file with the same ``key`` the last is taken, or with ``first_counts`` the first.
    """

    rules: Mapping[str, Rule]
    write: Writer
    takes_historical: bool
    key: tuple[str, ...] = ("external_id",)
    first_counts: bool = False
    required: tuple[str, ...] = ("external_id",)
    virtual: Mapping[str, Rule] | None = None
    # rows are taken in the order of this day, so that the ledger grows forwards
    in_order_of: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Rule]:
        return {**self.rules, **(self.virtual or {})}

    def take(self, items: list[dict[str, Any]], *, actor: Any, now: dt.datetime, **how: Any) -> Any:
        """Write a batch of items; ``is_historical`` is passed on where it means something."""
        if not self.takes_historical:
            how = {}
        return self.write(actor=actor, now=now, items=items, **how)


KINDS = {
    "accounts": Kind(
        accounts.RULES,
        accounts.upsert_accounts,
        True,
        # an account may have a row for each date of its history, and so may a contract
        key=("external_id", "happened_at"),
    ),
    "contacts": Kind(
        contacts.RULES,
        contacts.upsert_contacts,
        False,
        required=("external_id", "account_external_id"),
    ),
    "subscriptions": Kind(
        subscriptions.RULES,
        subscriptions.upsert_subscriptions,
        True,
        key=("external_id", "effective_on"),
        required=("external_id", "account_external_id", "product", "starts_on"),
        virtual={"arr": Number(4), "churned": YesNo(empty=None)},
        in_order_of=("starts_on",),
    ),
    "interactions": Kind(
        interactions.RULES,
        interactions.upsert_interactions,
        True,
        required=("external_id", "account_external_id", "kind", "summary", "happened_at"),
    ),
    "contract_events": Kind(
        contract_events.RULES,
        contract_events.record_contract_events,
        True,
        # an entry of the ledger is never restated
        first_counts=True,
        required=("external_id", "kind"),
        in_order_of=("effective_on", "last_paid_on"),
    ),
    "exchange_rates": Kind(
        catalogue.RATE_RULES,
        catalogue.upsert_rates,
        False,
        key=("currency", "valid_from"),
        required=("currency", "valid_from", "rate"),
    ),
}


def register(name: str, kind: Kind) -> None:
    """Add a kind from an app above this one, when it is ready. Doing it twice is harmless."""
    KINDS[name] = kind
