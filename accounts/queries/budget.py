"""Whether people may be written to, as the ledger of the contact budget stands."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Q
from django.db.models.functions import Lower

from accounts.contact_rules import (
    ACCOUNT_DAYS,
    Reason,
    has_left,
    is_account_full,
    is_too_soon,
    person_key,
)
from accounts.models import Contact, ContactBudget, ContactReservation
from accounts.queries.workspaces import current_workspace


def contact_budget() -> ContactBudget:
    """The limits of the open scope's workspace: the defaults until somebody sets them."""
    found: ContactBudget | None = ContactBudget.objects.first()
    return found or ContactBudget()


@dataclass(frozen=True)
class Asked:
    """A letter somebody wants to send: to whom, when, and in which request it belongs."""

    contact: Contact
    at: dt.datetime
    topic: str


@dataclass
class Ledger:
    """Entries that count, by person and by account. ``add`` as letters are let through."""

    budget: ContactBudget
    refused: set[str] = field(default_factory=set)
    by_person: dict[str, list[tuple[dt.datetime, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    by_account: dict[int, list[dt.datetime]] = field(default_factory=lambda: defaultdict(list))

    def refusal(self, asked: Asked) -> Reason | None:
        """Why the letter may not be sent; None when it may."""
        contact = asked.contact
        person = person_key(contact.email)
        if not person:
            return Reason.NO_ADDRESS
        if contact.left_on is not None and has_left(contact.left_on, asked.at, self._zone):
            return Reason.LEFT
        if contact.consent == Contact.Consent.REFUSED or person in self.refused:
            return Reason.REFUSED
        others = [at for at, topic in self.by_person.get(person, ()) if topic != asked.topic]
        if is_too_soon(asked.at, others, self.budget.days_between):
            return Reason.TOO_SOON
        letters = self.by_account.get(contact.account_id, ())
        if is_account_full(asked.at, letters, self.budget.account_most):
            return Reason.ACCOUNT_FULL
        return None

    @cached_property
    def _zone(self) -> str:
        return current_workspace().timezone

    def add(self, asked: Asked) -> None:
        """Count the letter from now on."""
        self.by_person[person_key(asked.contact.email)].append((asked.at, asked.topic))
        self.by_account[asked.contact.account_id].append(asked.at)


def ledger_of(asked: Sequence[Asked]) -> Ledger:
    """What bears on these letters, in three queries. Without a lock, so for looking at."""
    ledger = Ledger(contact_budget())
    if not asked:
        return ledger
    first, last = min(a.at for a in asked), max(a.at for a in asked)
    gap = dt.timedelta(days=ledger.budget.days_between)
    window = dt.timedelta(days=ACCOUNT_DAYS)
    entries = ContactReservation.objects.filter(released_at__isnull=True)
    people = {person_key(a.contact.email) for a in asked}
    # whoever has refused at one account has refused at all of them
    ledger.refused = set(
        Contact.objects.filter(consent=Contact.Consent.REFUSED)
        .alias(address=Lower("email"))
        .filter(address__in=people)
        .values_list(Lower("email"), flat=True)
    )
    for address, at, topic in entries.filter(
        address__in=people, at__gt=first - gap, at__lt=last + gap
    ).values_list("address", "at", "topic"):
        ledger.by_person[address].append((at, topic))
    if ledger.budget.account_most is not None:
        accounts = {a.contact.account_id for a in asked}
        for account_id, at in entries.filter(
            account_id__in=accounts, at__gt=first - window, at__lt=last + window
        ).values_list("account_id", "at"):
            ledger.by_account[account_id].append(at)
    return ledger


def refusals(
    contacts: Iterable[Contact], *, at: dt.datetime, topic: str = ""
) -> Mapping[int, Reason]:
    """For each contact who could not be written to at ``at``, why: {contact id: reason}.

    Letters of the same look count against one another, as they would when sent.
    """
    asked = [Asked(contact, at, topic or f"contact {contact.pk}") for contact in contacts]
    ledger = ledger_of(asked)
    found = {}
    for one in asked:
        reason = ledger.refusal(one)
        if reason is None:
            ledger.add(one)
        else:
            found[one.contact.pk] = reason
    return found


def reservations_of(contact: Contact) -> list[ContactReservation]:
    """The person's entries in the ledger, the latest first, released ones left out."""
    mine = Q(contact=contact) | Q(address=person_key(contact.email), address__gt="")
    found = ContactReservation.objects.filter(mine, released_at__isnull=True)
    return list(found.order_by("-at", "-id"))
