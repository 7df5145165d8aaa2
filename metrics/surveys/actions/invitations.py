"""One person asked, for a reason of their own: after a case, by hand, by another system."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.actions.budget import ContactBudgetSpent, release_contacts, reserve_contact
from accounts.actors import Actor
from accounts.models import Contact, ContactReservation, Membership
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.errors import Conflict, DomainError
from metrics.surveys.actions.answers import check_open
from metrics.surveys.actions.waves import Moments, new_invitation
from metrics.surveys.models import Channel, Invitation, Survey

__all__ = [
    "ContactBudgetSpent",
    "invite",
    "invite_after",
    "survey_after",
    "surveys_after",
    "topic_of",
    "withdraw",
]

# The reason of an invitation that was taken back.
WITHDRAWN = "withdrawn"


def topic_of(invitation: Invitation) -> str:
    """What the budget knows the invitation and its reminders by."""
    if invitation.wave_id is not None:
        return f"wave:{invitation.wave_id}:{invitation.contact_id}"
    return f"invitation:{invitation.nonce}"


@transaction.atomic
def invite(
    *,
    actor: Actor,
    now: dt.datetime,
    survey: Survey,
    contact: Contact,
    channel: str = Channel.MAIL,
    touchpoint: str = "",
    agent: Membership | None = None,
    external_id: str | None = None,
) -> Invitation:
    """Invite one person by letter, in their sending window and within the contact budget.

    With an ``external_id`` that the survey has invited by already, that invitation is the answer.
    Errors: ``survey_closed``, ``ContactBudgetSpent`` with its reason, ``contact_differs``.
    """
    if external_id is not None:
        sql.execute("accounts/lock_name", {"name": f"invitation:{survey.pk}:{external_id}"})
        known = Invitation.objects.filter(survey=survey, external_id=external_id).first()
        if known is not None:
            if known.contact_id != contact.pk:
                raise Conflict(
                    _("Another person was invited under this id."),
                    code="contact_differs",
                    field="external_id",
                )
            return known
    check_open(survey, now, is_invited=False)
    due_at = Moments(survey, current_workspace(), now).of(contact)
    invitation = new_invitation(survey, contact, due_at=due_at, now=now, channel=channel)
    invitation.touchpoint = touchpoint or survey.touchpoint
    invitation.agent = agent
    invitation.external_id = external_id
    if invitation.expires_at <= due_at:
        raise Conflict(_("The survey closes before the letter may go out."), code="survey_closed")
    reserve_contact(
        now=now,
        contact=contact,
        account=contact.account,
        kind=ContactReservation.Kind.SURVEY,
        at=due_at,
        topic=topic_of(invitation),
    )
    invitation.save()
    return invitation


def survey_after(touchpoint: str) -> Survey | None:
    """The open survey to be sent after such a moment: its own, else one for any moment.

    Of several the one published last.
    """
    found = Survey.objects.filter(state=Survey.State.OPEN, after_case=True).order_by(
        "-published_at", "-id"
    )
    own: Survey | None = found.filter(touchpoint=touchpoint).first()
    general: Survey | None = found.filter(touchpoint="").first()
    return own or general


def surveys_after(now: dt.datetime) -> list[Survey]:
    """Open surveys that are sent after a resolved case, the one published last first."""
    found = Survey.objects.filter(state=Survey.State.OPEN, after_case=True).exclude(
        closes_at__lte=now
    )
    return list(found.order_by("-published_at", "-id"))


def invite_after(
    *,
    actor: Actor,
    now: dt.datetime,
    contact: Contact,
    touchpoint: str,
    agent: Membership | None = None,
    survey: Survey | None = None,
    external_id: str | None = None,
) -> Invitation:
    """Ask a person how the help was, once a case of theirs is resolved.

    ``agent`` is who helped: results are cut by them. Errors: ``no_survey`` where none is open for
    such moments, and those of `invite`.
    """
    survey = survey or survey_after(touchpoint)
    if survey is None:
        raise DomainError(
            _("No open survey is sent after this."), code="no_survey", field="touchpoint"
        )
    return invite(
        actor=actor,
        now=now,
        survey=survey,
        contact=contact,
        channel=Channel.AFTER_CASE,
        touchpoint=touchpoint,
        agent=agent,
        external_id=external_id,
    )


@transaction.atomic
def withdraw(*, actor: Actor, now: dt.datetime, invitation: Invitation) -> Invitation:
    """Take back an invitation whose letter has not been written yet.

    Its place in the contact budget is free again. Idempotent. Errors: ``already_sent``.
    """
    rows = Invitation.objects.select_related("survey", "contact").select_for_update(of=("self",))
    found: Invitation = rows.get(pk=invitation.pk)
    if found.reason == WITHDRAWN:
        return found
    if found.state != Invitation.State.QUEUED or found.mail_id is not None:
        raise Conflict(_("The letter is on its way already."), code="already_sent")
    found.state = Invitation.State.SUPPRESSED
    found.reason = WITHDRAWN
    found.save(update_fields=["state", "reason"])
    release_contacts(now=now, topics=[topic_of(found)])
    record(
        actor=actor, action="invitation_withdrawn", obj=found.survey, now=now,
        detail={"contact": found.contact.name},
    )  # fmt: skip
    return found
