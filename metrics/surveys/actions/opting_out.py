"""A customer who wants no more letters."""

import datetime as dt

from django.db import transaction

from accounts.actions import audit
from accounts.actions.consent import allow_mail, refuse_mail
from accounts.actors import Actor
from accounts.contact_rules import Reason
from accounts.models import Contact
from metrics.surveys.models import Invitation


@transaction.atomic
def opt_out(
    *, now: dt.datetime, contact: Contact, source: str, actor: Actor | None = None
) -> list[Contact]:
    """The person wants no mail, at any account it is known at; ``source`` says how we know.

    Letters and invitations that wait are taken back. Idempotent. Returns the person's contacts.
    """
    already = contact.consent == Contact.Consent.REFUSED
    people = refuse_mail(now=now, contact=contact, source=source)
    Invitation.objects.filter(
        contact_id__in=[person.pk for person in people],
        state=Invitation.State.QUEUED,
        sent_at__isnull=True,
    ).update(state=Invitation.State.SUPPRESSED, reason=Reason.REFUSED)
    if not already:
        audit.record(
            actor=actor or Actor.system(source),
            action="contact_opted_out",
            obj=contact,
            detail={"source": source},
            now=now,
        )
    return people


@transaction.atomic
def opt_in(
    *, now: dt.datetime, contact: Contact, source: str, actor: Actor | None = None
) -> list[Contact]:
    """The person takes it back. What was taken back then is not sent after all."""
    people = allow_mail(now=now, contact=contact, source=source)
    audit.record(
        actor=actor or Actor.system(source),
        action="contact_opted_in",
        obj=contact,
        detail={"source": source},
        now=now,
    )
    return people
