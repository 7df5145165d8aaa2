"""What a public address leads to."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import Contact
from cs_platform.core.errors import NotFound
from metrics.surveys.models import Channel, Invitation, Question, Response, Survey
from metrics.surveys.timing import add_months
from metrics.surveys.tokens import ContactClaim, InvitationClaim


def asked_in(survey: Survey) -> list[Question]:
    """What the survey asks now, in order."""
    return list(Question.objects.filter(survey=survey, is_retired=False).order_by("position"))


def find_invitation(claim: InvitationClaim) -> Invitation:
    """The invitation a token speaks of, with its survey, contact and account.

    Raises ``NotFound`` for one that is gone or whose addresses were made dead.
    """
    found: Invitation | None = (
        Invitation.objects.select_related("survey", "contact", "account")
        .filter(pk=claim.invitation_id, nonce=claim.nonce)
        .first()
    )
    if found is None or found.workspace_id != claim.workspace_id:
        raise NotFound(_("This address leads nowhere any more."))
    return found


def find_open_survey(open_key: str) -> Survey:
    """The survey of an open link or embed code; not a draft. Raises ``NotFound``."""
    found: Survey | None = None
    if "\0" not in open_key:
        found = Survey.objects.filter(open_key=open_key).exclude(state=Survey.State.DRAFT).first()
    if found is None:
        raise NotFound(_("This address leads nowhere any more."))
    return found


def find_contact(claim: ContactClaim) -> Contact:
    """Whose wish an unsubscribing address carries. Raises ``NotFound``."""
    found: Contact | None = (
        Contact.objects.select_related("account").filter(pk=claim.contact_id).first()
    )
    if found is None or found.workspace_id != claim.workspace_id:
        raise NotFound(_("This address leads nowhere any more."))
    return found


def earlier_answer(
    survey: Survey, respondent: str, *, channel: str, now: dt.datetime
) -> Response | None:
    """The answer a browser or user has given already, and which a new one would repeat.

    Of an embedded survey, one within the days until it is shown again; of a survey that repeats,
    one since its last turn; else any.
    """
    if not respondent:
        return None
    found = Response.objects.filter(survey=survey, respondent=respondent)
    if channel == Channel.EMBED:
        found = found.filter(happened_at__gt=now - dt.timedelta(days=survey.embed_gap_days))
    elif survey.recurrence_months:
        found = found.filter(happened_at__gt=add_months(now, -survey.recurrence_months, "UTC"))
    latest: Response | None = found.order_by("-happened_at", "-id").first()
    return latest
