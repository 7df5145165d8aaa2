"""Letters of invitations: written when they are due, reminded of, settled, and at last expired.

Each step takes a chunk of rows that nobody else is at (SKIP LOCKED) and says how many it did, so
that a worker may go on until nothing is left, beside others, and be killed anywhere.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from accounts.actions.budget import reserve_contacts
from accounts.actions.mail import Letter, queue_mails
from accounts.actors import Actor
from accounts.contact_rules import Reason, has_left
from accounts.models import Contact, ContactReservation, OutgoingMail, Workspace
from accounts.queries.budget import Asked
from accounts.queries.workspaces import current_workspace
from accounts.zones import zone_of
from cs_platform.core import sql
from metrics.surveys import links
from metrics.surveys.actions.invitations import topic_of
from metrics.surveys.actions.surveys import close_survey
from metrics.surveys.actions.waves import Moments
from metrics.surveys.invitation_letter import Addresses, write_invitation
from metrics.surveys.models import Invitation, Question, Survey, SurveyLogo, Wave
from metrics.surveys.queries.letters import letter_key
from metrics.surveys.timing import is_in_window

CHUNK = 200
EXPIRE_CHUNK = 5000
INVITATION, REMINDER = "survey_invitation", "survey_reminder"
# No reminder so shortly before the time to answer ends.
_LAST_CALL = dt.timedelta(days=1)
_DAY = dt.timedelta(days=1)


class _Writer:
    """Writes the letters of a chunk, reading each survey's questions and logo once."""

    def __init__(self, workspace: Workspace, invitations: Sequence[Invitation]) -> None:
        self._workspace = workspace
        ids = {invitation.survey_id for invitation in invitations}
        self._first: dict[int, Question] = {}
        for question in Question.objects.filter(survey_id__in=ids, is_retired=False).order_by(
            "-position"
        ):
            self._first[question.survey_id] = question
        self._with_logo = set(
            SurveyLogo.objects.filter(survey_id__in=ids).values_list("survey_id", flat=True)
        )

    def letter(self, invitation: Invitation, *, is_reminder: bool = False) -> Letter:
        """The invitation's letter, or its next reminder."""
        survey, contact = invitation.survey, invitation.contact
        workspace = self._workspace
        unsubscribe = links.unsubscribe_url(workspace, contact)
        has_logo = survey.pk in self._with_logo
        written = write_invitation(
            survey=survey,
            first_question=self._first.get(survey.pk),
            sender=survey.brand_name or workspace.name,
            name=contact.name,
            language=invitation.language,
            addresses=Addresses(
                answer=lambda score: links.answer_url(workspace, invitation, score),
                unsubscribe=unsubscribe,
                logo=links.logo_url(workspace, survey) if has_logo else "",
            ),
            is_reminder=is_reminder,
        )
        return Letter(
            kind=REMINDER if is_reminder else INVITATION,
            to=contact.email,
            subject=written.subject,
            text=written.text,
            html=written.html,
            contact=contact,
            dedupe_key=letter_key(invitation, invitation.reminders_sent + 1 if is_reminder else 0),
            headers={
                # RFC 2369 and RFC 8058: mail programs show a button that needs no visit
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )


def _take(rows: QuerySet[Invitation], *, order: str, chunk: int) -> list[Invitation]:
    """The first of open surveys' invitations that nobody else is at, locked.

    They are found off their own index first; only those are then joined with others.
    """
    is_open = Survey.objects.filter(state=Survey.State.OPEN).values_list("pk", flat=True)
    ids = list(
        rows.filter(survey_id__in=list(is_open))
        .select_for_update(skip_locked=True, no_key=True)
        .order_by(order, "id")
        .values_list("pk", flat=True)[:chunk]
    )
    found = Invitation.objects.filter(pk__in=ids).select_related("survey", "contact__account")
    return list(found.order_by(order, "id"))


@transaction.atomic
def send_due(*, now: dt.datetime, chunk: int = CHUNK) -> int:
    """Put the letters of due invitations into the outbox; how many invitations were looked at.

    One whose window has closed meanwhile waits for the next; one whose person has left, refused or
    lost the address is suppressed.
    """
    invitations = _take(
        Invitation.objects.filter(
            state=Invitation.State.QUEUED, mail__isnull=True, due_at__lte=now, expires_at__gt=now
        ),
        order="due_at",
        chunk=chunk,
    )
    workspace = current_workspace()
    to_write = []
    for invitation in invitations:
        reason = _no_longer(invitation, workspace, now)
        if reason is not None:
            _suppress(invitation, reason, now)
        elif _is_in_window(invitation, workspace, now):
            to_write.append(invitation)
        else:
            _postpone(invitation, workspace, now)
    writer = _Writer(workspace, to_write)
    mails = queue_mails(now=now, letters=[writer.letter(invitation) for invitation in to_write])
    for invitation, mail in zip(to_write, mails, strict=True):
        invitation.mail = mail
    Invitation.objects.bulk_update(to_write, ["mail"])
    return len(invitations)


def _no_longer(invitation: Invitation, workspace: Workspace, now: dt.datetime) -> Reason | None:
    contact = invitation.contact
    if not contact.email:
        return Reason.NO_ADDRESS
    if has_left(contact.left_on, now, workspace.timezone):
        return Reason.LEFT
    return Reason.REFUSED if contact.consent == Contact.Consent.REFUSED else None


def _suppress(invitation: Invitation, reason: str, now: dt.datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(
        state=Invitation.State.SUPPRESSED, reason=reason
    )
    _reservations(invitation).update(released_at=now)


def _postpone(invitation: Invitation, workspace: Workspace, now: dt.datetime) -> None:
    due_at = Moments(invitation.survey, workspace, now).of(invitation.contact)
    Invitation.objects.filter(pk=invitation.pk).update(due_at=due_at)
    _reservations(invitation).update(at=due_at)


def _reservations(invitation: Invitation) -> QuerySet[ContactReservation]:
    return ContactReservation.objects.filter(
        topic=topic_of(invitation), released_at__isnull=True, kind=ContactReservation.Kind.SURVEY
    )


def _is_in_window(invitation: Invitation, workspace: Workspace, now: dt.datetime) -> bool:
    survey, contact = invitation.survey, invitation.contact
    zone = zone_of(contact.timezone, contact.account.country, workspace.timezone)
    return is_in_window(now, zone, survey.window_days, survey.window_from, survey.window_to)


@transaction.atomic
def settle_letters() -> int:
    """Write what became of the letters of invitations; how many were settled."""
    return sql.execute("surveys/settle_letters")


@transaction.atomic
def remind_due(*, now: dt.datetime, chunk: int = CHUNK) -> int:
    """Remind people who have not answered; how many invitations were looked at.

    Outside of the person's window, or where the budget has no room for it now, a reminder waits;
    when the time to answer is nearly over it is dropped.
    """
    invitations = _take(
        Invitation.objects.filter(state=Invitation.State.SENT, remind_at__lte=now),
        order="remind_at",
        chunk=chunk,
    )
    workspace = current_workspace()
    ready = []
    for invitation in invitations:
        survey = invitation.survey
        if (
            invitation.reminders_sent >= survey.reminders
            or invitation.expires_at - now < _LAST_CALL
            or _no_longer(invitation, workspace, now) is not None
        ):
            invitation.remind_at = None
        elif _is_in_window(invitation, workspace, now):
            ready.append(invitation)
        else:
            invitation.remind_at = Moments(survey, workspace, now).of(invitation.contact)
    results = reserve_contacts(
        now=now,
        kind=ContactReservation.Kind.REMINDER,
        asked=[Asked(i.contact, now, topic_of(i)) for i in ready],
    )
    writer = _Writer(workspace, ready)
    letters = []
    for invitation, result in zip(ready, results, strict=True):
        if isinstance(result, Reason):
            invitation.remind_at = now + _DAY
            continue
        letters.append(writer.letter(invitation, is_reminder=True))
        invitation.reminders_sent += 1
        invitation.reminded_at = now
        has_more = invitation.reminders_sent < invitation.survey.reminders
        pause = dt.timedelta(days=invitation.survey.reminder_days)
        invitation.remind_at = now + pause if has_more else None
    queue_mails(now=now, letters=letters)
    Invitation.objects.bulk_update(invitations, ["remind_at", "reminders_sent", "reminded_at"])
    return len(invitations)


@transaction.atomic
def expire_due(*, now: dt.datetime) -> int:
    """End invitations whose time has passed or whose survey is closed; how many were ended."""
    return sql.execute("surveys/expire_invitations", {"now": now, "most": EXPIRE_CHUNK})


@transaction.atomic
def close_due(*, now: dt.datetime) -> int:
    """Close surveys whose last day has passed; how many."""
    due = Survey.objects.filter(
        state__in=[Survey.State.OPEN, Survey.State.PAUSED], closes_at__lte=now
    )
    found = list(due)
    for survey in found:
        close_survey(actor=Actor.system("survey"), now=now, survey=survey)
    return len(found)


def has_work(now: dt.datetime) -> bool:
    """Whether the open scope has anything for `metrics.surveys.tasks.run` to do."""
    waiting = Invitation.objects.filter(state=Invitation.State.QUEUED)
    settled = [
        OutgoingMail.State.SENT,
        OutgoingMail.State.FAILED,
        OutgoingMail.State.BOUNCED,
        OutgoingMail.State.CANCELLED,
    ]
    is_open = Survey.objects.filter(state=Survey.State.OPEN)
    over = Invitation.objects.filter(state__in=[Invitation.State.QUEUED, Invitation.State.SENT])
    return any(
        rows.exists()
        for rows in (
            is_open.filter(by_mail=True, next_wave_at__lte=now),
            Survey.objects.filter(
                state__in=[Survey.State.OPEN, Survey.State.PAUSED], closes_at__lte=now
            ),
            Wave.objects.filter(built_at__isnull=True).exclude(survey__state=Survey.State.PAUSED),
            waiting.filter(mail__isnull=True, due_at__lte=now, survey__state=Survey.State.OPEN),
            waiting.filter(mail__state__in=settled),
            Invitation.objects.filter(
                state=Invitation.State.SENT, remind_at__lte=now, survey__state=Survey.State.OPEN
            ),
            over.filter(expires_at__lte=now).exclude(
                state=Invitation.State.QUEUED, mail__isnull=False
            ),
            over.filter(survey__state=Survey.State.CLOSED).exclude(
                state=Invitation.State.QUEUED, mail__isnull=False
            ),
        )
    )
