"""Whether a person wants mail: said once, held to everywhere."""

import datetime as dt

from django.db import transaction
from django.db.models.functions import Lower

from accounts.contact_rules import person_key
from accounts.models import Contact, ContactReservation, OutgoingMail


def _same_person(contact: Contact) -> list[Contact]:
    """Every contact with the address, locked; the contact alone where it has none."""
    rows = Contact.objects.select_for_update(no_key=True).order_by("id")
    key = person_key(contact.email)
    if not key:
        return list(rows.filter(pk=contact.pk))
    return list(rows.alias(address=Lower("email")).filter(address=key))


def _store(contacts: list[Contact], consent: str, now: dt.datetime, source: str) -> list[Contact]:
    changed = [contact for contact in contacts if contact.consent != consent]
    for contact in changed:
        contact.consent = consent
        contact.consent_at = now
        contact.consent_source = source.replace("\0", "")[:200]
        contact.updated_at = now
    Contact.objects.bulk_update(changed, ["consent", "consent_at", "consent_source", "updated_at"])
    return changed


@transaction.atomic
def refuse_mail(*, now: dt.datetime, contact: Contact, source: str) -> list[Contact]:
    """The person wants no mail, said through ``source``; everybody with the address it holds for.

    Letters that wait are cancelled, and what they had reserved is given back. Idempotent: the
    first time and source stay.
    """
    people = _same_person(contact)
    _store(people, Contact.Consent.REFUSED, now, source)
    ids = [person.pk for person in people]
    OutgoingMail.objects.filter(contact_id__in=ids, state=OutgoingMail.State.QUEUED).update(
        state=OutgoingMail.State.CANCELLED, settled_at=now, error=Contact.Consent.REFUSED.value
    )
    ContactReservation.objects.filter(
        contact_id__in=ids, at__gt=now, released_at__isnull=True
    ).update(released_at=now)
    return people


@transaction.atomic
def allow_mail(*, now: dt.datetime, contact: Contact, source: str) -> list[Contact]:
    """The person agrees to mail after all. Idempotent."""
    people = _same_person(contact)
    _store(people, Contact.Consent.GIVEN, now, source)
    return people
