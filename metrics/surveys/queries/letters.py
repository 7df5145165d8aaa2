"""Letters of invitations, as the outbox knows them."""

import datetime as dt

from django.db.models import Max

from accounts.models import OutgoingMail
from metrics.surveys.models import Invitation


def waiting_letters(account_id: int, *, limit: int) -> list[Invitation]:
    """Invitations of an account's people whose letters are not written yet, the next one first."""
    waiting = Invitation.objects.filter(
        account_id=account_id, state=Invitation.State.QUEUED, mail__isnull=True
    )
    return list(waiting.select_related("survey", "contact").order_by("due_at", "id")[:limit])


def letter_key(invitation: Invitation, reminder: int = 0) -> str:
    """What the outbox knows a letter of the invitation by; ``reminder`` 1 is the first reminder."""
    key = f"invitation:{invitation.pk}"
    return f"{key}:reminder:{reminder}" if reminder else key


def reminder_keys(invitation: Invitation) -> list[str]:
    """The keys of every reminder that has been put into the outbox."""
    return [letter_key(invitation, n) for n in range(1, invitation.reminders_sent + 1)]


def handed_over_at(invitation: Invitation, now: dt.datetime) -> dt.datetime | None:
    """When the invitation's letter was handed to the recipient's server, settled or not yet.

    ``now`` while it is being handed over: nobody else can have its address. None for one that was
    not sent, or was refused.
    """
    if invitation.sent_at is not None:
        return invitation.sent_at
    letter = OutgoingMail.objects.filter(pk=invitation.mail_id).first()
    if letter is None:
        return None
    return now if letter.state == OutgoingMail.State.SENDING else letter.sent_at


def last_handed_over_at(invitation: Invitation, now: dt.datetime) -> dt.datetime | None:
    """The same of the person's latest letter, reminders included."""
    reminders = OutgoingMail.objects.filter(dedupe_key__in=reminder_keys(invitation))
    reminded: dt.datetime | None = reminders.aggregate(last=Max("sent_at"))["last"]
    return reminded or handed_over_at(invitation, now)
