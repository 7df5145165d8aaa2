"""Whether a user of a customer's product is to be shown a survey."""

import datetime as dt

from accounts.models import Contact
from metrics.surveys.models import EmbedLedger, Survey


def contact_of_user(user_id: str) -> Contact | None:
    """The contact whose usage arrives under this id; None where there is none, or several."""
    if not user_id:
        return None
    found = list(Contact.objects.select_related("account").filter(user_ids__contains=[user_id])[:2])
    return found[0] if len(found) == 1 else None


def embed_is_due(survey: Survey, user_id: str, *, now: dt.datetime) -> bool:
    """Whether the user is to be shown the survey now.

    Not while it is not open, nor within its days after it was shown, closed or answered; and not to
    contacts who want to hear nothing from us.
    """
    if survey.state != Survey.State.OPEN or not survey.by_embed or not user_id:
        return False
    if survey.closes_at is not None and survey.closes_at <= now:
        return False
    ledger = EmbedLedger.objects.filter(survey=survey, user_id=user_id).first()
    if ledger is not None:
        moments = (ledger.shown_at, ledger.dismissed_at, ledger.answered_at)
        last = max(moment for moment in moments if moment is not None)
        if now - last < dt.timedelta(days=survey.embed_gap_days):
            return False
    contact = contact_of_user(user_id)
    return contact is None or contact.consent != Contact.Consent.REFUSED
