"""What may follow from a logged contact, offered by the apps above this one.

An app registers an offer when it is ready (`AppConfig.ready`); the dialog that logs a contact shows
its field, and acts on it in the transaction of the contact.
"""

import datetime as dt
from typing import Protocol

from django import forms

from accounts.actors import Actor
from accounts.models import Account, Interaction


class LogOffer(Protocol):
    """One thing more to be done with a contact. ``name`` is that of its field."""

    name: str

    def field(self, account: Account, now: dt.datetime) -> forms.Field | None:
        """What to ask for; None where there is nothing to offer for this account."""

    def act(self, *, actor: Actor, now: dt.datetime, interaction: Interaction, value: str) -> str:
        """Do what was chosen; what was done, in words. Raises ``DomainError``."""


log_offers: list[LogOffer] = []


def offer_after_contacts(offer: LogOffer) -> None:
    """Show the offer wherever a contact is logged, from now on."""
    log_offers.append(offer)
