"""Sending what the outbox holds: claimed by row, sent, settled one by one.

A letter's way: ``queued`` → claimed (``sending``, with the moment at which the claim runs out) →
sent. The claim is committed before the letter leaves and its end right after, so a worker that is
killed leaves claimed letters behind; when their claim has run out another one sends them again,
under the same Message-ID. Whoever finds less than ``RESERVE`` of its claim left stops instead of
sending, so that two workers never hold one letter.

What the recipient's server refuses for good (5xx for the recipient or the message) is *bounced*;
what ours refuses, or nobody answers, is tried again after ``BACK_OFF``, then *failed*. One letter's
fate is never another's.
"""

import datetime as dt
import smtplib
from collections.abc import Sequence
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Q

from accounts.letters import one_line
from accounts.models import Contact, OutgoingMail, Workspace
from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope

State = OutgoingMail.State
BATCH = 50
CLAIM = dt.timedelta(seconds=180)
RESERVE = dt.timedelta(seconds=90)
# How long one run of the task goes on while there is more to send.
LONGEST_RUN = dt.timedelta(seconds=120)
BACK_OFF = [
    dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60)
]
MOST_ATTEMPTS = len(BACK_OFF) + 1
_PERMANENT = range(500, 600)
# Ours to mend, not the recipient's word: log-in wanted or refused, encryption wanted.
_OURS = {530, 534, 535, 538}


def is_due(now: dt.datetime) -> Q:
    """Letters to be sent: waiting ones whose time has come, and those of claims that ran out."""
    return Q(state__in=[State.QUEUED, State.SENDING], next_attempt_at__lte=now)


def has_mail(now: dt.datetime) -> bool:
    """Whether the open scope has a letter to send."""
    return OutgoingMail.objects.filter(is_due(now)).exists()


def deliver(workspace_id: int) -> int:
    """Send what is due in a workspace, for at most ``LONGEST_RUN``; how many letters were sent."""
    deadline = clock.now() + LONGEST_RUN
    sent = 0
    while clock.now() < deadline:
        with scope(workspace_id):
            workspace = current_workspace()
            letters = _claim(clock.now())
        if not letters:
            break
        sent += _send_all(workspace, letters)
    return sent


def _claim(now: dt.datetime) -> list[OutgoingMail]:
    """Take letters that nobody else is at, and say until when they are ours.

    Letters to people who have meanwhile refused mail are cancelled instead.
    """
    found = list(
        OutgoingMail.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(is_due(now))
        .select_related("contact")
        .order_by("next_attempt_at", "id")[:BATCH]
    )
    claimed, refused = [], []
    for letter in found:
        contact = letter.contact
        if contact is not None and contact.consent == Contact.Consent.REFUSED:
            refused.append(letter.pk)
            continue
        letter.state = State.SENDING
        letter.attempts += 1
        letter.next_attempt_at = now + CLAIM
        claimed.append(letter)
    OutgoingMail.objects.filter(pk__in=refused).update(
        state=State.CANCELLED, settled_at=now, error=Contact.Consent.REFUSED.value
    )
    OutgoingMail.objects.bulk_update(claimed, ["state", "attempts", "next_attempt_at"])
    return claimed


def _send_all(workspace: Workspace, letters: Sequence[OutgoingMail]) -> int:
    """Send claimed letters over one connection; what cannot be tried any more is given back."""
    connection = get_connection()
    sent = 0
    try:
        for number, letter in enumerate(letters):
            is_reached = True
            if letter.next_attempt_at - clock.now() < RESERVE:
                _give_back(workspace.pk, letters[number:])
                break
            try:
                _send_one(connection, workspace, letter)
            except Exception as error:  # whatever it is, it is this letter's and not the next one's
                is_reached = not _is_about_the_server(error)
                _settle_failure(workspace.pk, letter, error)
                # after an error a connection may be in any state
                connection.close()
            else:
                sent += 1
                _settle(workspace.pk, letter, state=State.SENT, sent_at=clock.now(), error="")
            if not is_reached:
                _give_back(workspace.pk, letters[number + 1 :])
                break
    finally:
        connection.close()
    return sent


def _send_one(connection: Any, workspace: Workspace, letter: OutgoingMail) -> None:
    with scope(workspace.pk):
        attachments = list(letter.attachments.all())
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=formataddr((one_line(workspace.name, 100) or name, address)),
        to=[letter.to_address],
        connection=connection,
        headers={"Message-ID": letter.message_id, **letter.headers},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    for file in attachments:
        message.attach(file.file_name, bytes(file.content), file.content_type)
    # Opened once and left open: the next letter goes over the same connection.
    connection.open()
    message.send()


def _is_about_the_server(error: Exception) -> bool:
    """Whether no other letter would fare better now: the server is away or will not have us."""
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError):
        return True
    if isinstance(error, smtplib.SMTPHeloError | smtplib.SMTPNotSupportedError):
        return True
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)


def _permanent(error: Exception) -> bool:
    """Whether the recipient's side has said no for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
    elif isinstance(error, smtplib.SMTPDataError):
        codes = [error.smtp_code]
    else:
        return False
    return all(code in _PERMANENT and code not in _OURS for code in codes)


def _cannot_be_written(error: Exception) -> bool:
    """Whether the letter itself is at fault, so that trying again is of no use."""
    return isinstance(error, ValueError | TypeError | LookupError) and not isinstance(
        error, OSError
    )


def _settle_failure(workspace_id: int, letter: OutgoingMail, error: Exception) -> None:
    text = one_line(f"{type(error).__name__}: {_said(error)}", 500)
    if _permanent(error):
        _settle(workspace_id, letter, state=State.BOUNCED, error=text)
    elif _cannot_be_written(error) or letter.attempts >= MOST_ATTEMPTS:
        _settle(workspace_id, letter, state=State.FAILED, error=text)
    else:
        pause = BACK_OFF[letter.attempts - 1]
        _settle(
            workspace_id,
            letter,
            state=State.QUEUED,
            next_attempt_at=clock.now() + pause,
            error=text,
        )


def _said(error: Exception) -> str:
    """What the server said, in its words."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        answers = [(error.smtp_code, error.smtp_error)]
    words = [
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        for code, text in answers
    ]
    return "; ".join(words) or str(error)


def _settle(workspace_id: int, letter: OutgoingMail, **values: Any) -> None:
    """Write what became of a letter, if the claim on it is still ours."""
    if values["state"] != State.QUEUED:
        values["settled_at"] = clock.now()
    with scope(workspace_id):
        OutgoingMail.objects.filter(
            pk=letter.pk, state=State.SENDING, next_attempt_at=letter.next_attempt_at
        ).update(**values)


def _give_back(workspace_id: int, letters: Sequence[OutgoingMail]) -> None:
    """Undo the claim on letters that were not tried."""
    now = clock.now()
    for letter in letters:
        with scope(workspace_id):
            OutgoingMail.objects.filter(
                pk=letter.pk, state=State.SENDING, next_attempt_at=letter.next_attempt_at
            ).update(state=State.QUEUED, attempts=letter.attempts - 1, next_attempt_at=now)
