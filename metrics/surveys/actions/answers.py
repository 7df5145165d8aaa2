"""Answers: taken once, changed as long as the survey is open.

The score and the comment are kept by the response itself, all other answers as rows of their own.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.dirty import mark_dirty
from accounts.actions.mail import cancel_mails
from accounts.models import Contact
from cs_platform.core import sql
from cs_platform.core.errors import Conflict, DomainError
from metrics.surveys.actions.follow_ups import open_follow_up
from metrics.surveys.actions.marks import mark_results
from metrics.surveys.models import (
    Answer,
    Channel,
    EmbedLedger,
    Invitation,
    Question,
    Response,
    ResponseRevision,
    Survey,
)
from metrics.surveys.queries.letters import handed_over_at, reminder_keys
from metrics.surveys.queries.public import asked_in, earlier_answer
from metrics.surveys.queries.responses import stored_answers
from metrics.surveys.values import Filled, read_answers


@transaction.atomic
def record_answer(
    *,
    now: dt.datetime,
    survey: Survey,
    answers: Mapping[str, Any],
    channel: str,
    language: str = "",
    invitation: Invitation | None = None,
    contact: Contact | None = None,
    respondent: str = "",
    ip_hash: str = "",
    robot_signs: Sequence[str] = (),
    is_complete: bool = True,
) -> Response:
    """Take an answer: its account is marked for scoring, and a bad one opens a follow-up.

    ``answers`` are by question key (`metrics.surveys.values`). An invitation brings its contact,
    account, wave and touchpoint, and is answered once; who comes without one is known by
    ``respondent``. Without ``is_complete`` it is a beginning: required questions may be open. An
    answer with ``robot_signs`` (`metrics.surveys.robots`) is kept and not
    counted, and leaves its invitation open for the person. Answers to other tools are written by
    `metrics.surveys.actions.response_upserts`. Errors: ``survey_closed``, ``already_answered``,
    ``invitation_expired``, and those of the answers with the question's key as field.
    """
    if invitation is not None:
        invitation = _held(invitation)
        if invitation.state == Invitation.State.ANSWERED:
            raise _already_answered()
        if now >= invitation.expires_at:
            raise Conflict(_("The time to answer this has passed."), code="invitation_expired")
        suspected = Response.objects.filter(invitation=invitation).first()
        if suspected is not None:
            return revise_answer(
                now=now,
                response=suspected,
                answers=answers,
                language=language,
                robot_signs=robot_signs,
                is_complete=is_complete,
            )
        survey, contact = invitation.survey, invitation.contact
    # as it is now, not as it was when its page was made
    survey = Survey.objects.get(pk=survey.pk)
    check_open(survey, now, is_invited=invitation is not None)
    filled = read_answers(asked_in(survey), answers, survey.scale, is_complete=is_complete)
    if respondent:
        # Two at once from one browser: the second waits and finds the first.
        sql.execute("accounts/lock_name", {"name": f"answer:{survey.pk}:{respondent}"})
        if earlier_answer(survey, respondent, channel=channel, now=now) is not None:
            raise _already_answered()
    response = Response.objects.create(
        survey=survey,
        wave_id=invitation.wave_id if invitation else None,
        invitation=invitation,
        contact=contact,
        account=invitation.account if invitation else contact and contact.account,
        kind=survey.kind,
        score=filled.score,
        scale=survey.scale.highest if survey.scale else None,
        comment=filled.comment,
        language=language if language in survey.languages else "",
        channel=channel,
        touchpoint=(invitation.touchpoint if invitation else "") or survey.touchpoint,
        agent=invitation.agent if invitation else None,
        happened_at=now,
        known_at=now,
        is_suspected_robot=bool(robot_signs),
        robot_signs=list(robot_signs),
        ip_hash=ip_hash,
        respondent=respondent,
    )
    _store_others(response, filled)
    if contact is not None and channel == Channel.EMBED:
        EmbedLedger.objects.filter(survey=survey, contact=contact).update(answered_at=now)
    _take_effect(response, now)
    return response


@transaction.atomic
def answer_invitation(
    *,
    now: dt.datetime,
    invitation: Invitation,
    answers: Mapping[str, Any],
    language: str = "",
    ip_hash: str = "",
    robot_signs: Sequence[str] = (),
    is_complete: bool = True,
) -> Response:
    """Take the invited person's answer, or what they now say instead of their first one.

    Sent twice, it is one answer. Errors: those of `record_answer` and `revise_answer`.
    """
    invitation = _held(invitation)
    given = Response.objects.filter(invitation=invitation).first()
    if given is not None and not given.is_suspected_robot:
        return revise_answer(
            now=now,
            response=given,
            answers=answers,
            language=language,
            robot_signs=robot_signs,
            is_complete=is_complete,
        )
    return record_answer(
        now=now,
        survey=invitation.survey,
        answers=answers,
        channel=invitation.channel,
        language=language or invitation.language,
        invitation=invitation,
        ip_hash=ip_hash,
        robot_signs=robot_signs,
        is_complete=is_complete,
    )


@transaction.atomic
def revise_answer(
    *,
    now: dt.datetime,
    response: Response,
    answers: Mapping[str, Any],
    language: str = "",
    robot_signs: Sequence[str] = (),
    is_complete: bool = True,
) -> Response:
    """Put these answers in the place of those given before, which are kept as a revision.

    A person's answer takes the place of a suspected robot's; a robot's never that of a person.
    Unchanged answers change nothing. Errors: ``survey_closed`` and those of the answers.
    """
    response = (
        Response.objects.select_for_update(of=("self",), no_key=True)
        .select_related("survey", "invitation", "account")
        .get(pk=response.pk)
    )
    survey = response.survey
    check_open(survey, now, is_invited=True)
    if robot_signs and not response.is_suspected_robot:
        return response
    filled = read_answers(asked_in(survey), answers, survey.scale, is_complete=is_complete)
    before = stored_answers(response)
    if filled == before and response.is_suspected_robot == bool(robot_signs):
        return response
    ResponseRevision.objects.create(
        response=response,
        score=before.score,
        comment=before.comment,
        answers=before.as_json(),
        replaced_at=now,
    )
    if response.is_suspected_robot and not robot_signs:
        # the person answers only now, whenever the robot did
        response.happened_at = response.known_at = now
    response.score, response.comment = filled.score, filled.comment
    response.is_suspected_robot = bool(robot_signs)
    response.robot_signs = list(robot_signs)
    response.edited_at = now
    if language in survey.languages:
        response.language = language
    response.save()
    Answer.objects.filter(response=response).delete()
    _store_others(response, filled)
    _take_effect(response, now)
    return response


def check_open(survey: Survey, now: dt.datetime, *, is_invited: bool) -> None:
    """Raise ``survey_closed`` unless the survey takes answers now.

    A paused survey still takes those of people who were invited, and changes of answers.
    """
    states = {Survey.State.OPEN, *([Survey.State.PAUSED] if is_invited else [])}
    if survey.state not in states or (survey.closes_at is not None and survey.closes_at <= now):
        raise Conflict(_("This survey takes no answers at present."), code="survey_closed")


def answer_rows(response: Response, filled: Filled, by_key: Mapping[str, Question]) -> list[Answer]:
    """The rows of the answers beside score and comment."""
    found = []
    for key, value in filled.others.items():
        row = Answer(response=response, question=by_key[key])
        if isinstance(value, int):
            row.number = value
        elif isinstance(value, list):
            row.choices = value
        elif by_key[key].kind == Question.Kind.SINGLE:
            row.choices = [value]
        else:
            row.text = value
        found.append(row)
    return found


def _store_others(response: Response, filled: Filled) -> None:
    by_key = {question.key: question for question in asked_in(response.survey)}
    Answer.objects.bulk_create(answer_rows(response, filled, by_key))


def _held(invitation: Invitation) -> Invitation:
    """The invitation, locked until the transaction ends: two answers to it take turns."""
    found: Invitation = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("survey", "contact", "account", "agent")
        .get(pk=invitation.pk)
    )
    return found


def _already_answered() -> DomainError:
    return Conflict(_("This has been answered already."), code="already_answered")


def _take_effect(response: Response, now: dt.datetime) -> None:
    """What follows from a new or changed answer, in its own transaction."""
    mark_results([response.pk])
    invitation = response.invitation
    if invitation is not None and not response.is_suspected_robot:
        Invitation.objects.filter(pk=invitation.pk).update(
            state=Invitation.State.ANSWERED,
            answered_at=response.happened_at,
            # some answer before `settle_letters` has looked at their letter
            sent_at=handed_over_at(invitation, now),
        )
        cancel_mails(now=now, dedupe_keys=reminder_keys(invitation))
    if response.account_id is not None:
        mark_dirty([response.account_id])
    open_follow_up(now=now, response=response)
