"""Letters: put into the outbox in the transaction of their cause, taken back while they wait.

Nothing is sent here. `accounts.delivery` sends what is committed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.fields import BadValue
from accounts.letters import Attachment, Letter, new_message_id, one_line
from accounts.letters import address as clean_address
from accounts.letters import body as clean_body
from accounts.letters import headers as clean_headers
from accounts.models import Contact, MailAttachment, Membership, OutgoingMail
from cs_platform.core.errors import Conflict, DomainError

__all__ = ["Attachment", "Letter", "cancel_mails", "queue_mail", "queue_mails", "retry_mail"]

_MOST_ATTACHED_BYTES = 20 * 1024 * 1024


def queue_mail(
    *,
    now: dt.datetime,
    kind: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    contact: Contact | None = None,
    membership: Membership | None = None,
    dedupe_key: str,
    attachments: Sequence[Attachment] = (),
    headers: Mapping[str, str] | None = None,
) -> OutgoingMail:
    """Queue one letter; with a ``dedupe_key`` that is there already, that letter is the answer.

    Errors: ``not_an_email``, ``attachments_too_large``.
    """
    letter = Letter(
        kind=kind,
        to=to,
        subject=subject,
        text=text,
        html=html,
        contact=contact,
        membership=membership,
        dedupe_key=dedupe_key,
        attachments=attachments,
        headers=headers or {},
    )
    (queued,) = queue_mails(now=now, letters=[letter])
    return queued


@transaction.atomic
def queue_mails(*, now: dt.datetime, letters: Sequence[Letter]) -> list[OutgoingMail]:
    """Queue letters, in their order; each with a known ``dedupe_key`` is the one that is there.

    All or none. Errors: those of `queue_mail`.
    """
    rows = [_row(letter, now) for letter in letters]
    keys = [row.dedupe_key for row in rows]
    known = set(
        OutgoingMail.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    )
    # Another transaction may be at the same keys: the second one's rows are then left out.
    OutgoingMail.objects.bulk_create(
        [row for row in rows if row.dedupe_key not in known],
        ignore_conflicts=True,
        batch_size=500,
    )
    stored = {mail.dedupe_key: mail for mail in OutgoingMail.objects.filter(dedupe_key__in=keys)}
    attached = []
    for letter, row in zip(letters, rows, strict=True):
        mail = stored[letter.dedupe_key]
        # ours, and not what was there before
        if letter.attachments and mail.message_id == row.message_id:
            attached += [_attached(mail, attachment) for attachment in letter.attachments]
    MailAttachment.objects.bulk_create(attached)
    return [stored[key] for key in keys]


def _row(letter: Letter, now: dt.datetime) -> OutgoingMail:
    try:
        to_address = clean_address(letter.to)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="to") from error
    if sum(len(attachment.content) for attachment in letter.attachments) > _MOST_ATTACHED_BYTES:
        raise DomainError(
            _("A letter may carry %(limit)d MB of files.")
            % {"limit": _MOST_ATTACHED_BYTES // 2**20},
            code="attachments_too_large",
            field="attachments",
        )
    return OutgoingMail(
        kind=letter.kind,
        to_address=to_address,
        contact=letter.contact,
        membership=letter.membership,
        subject=one_line(letter.subject, 500),
        text=clean_body(letter.text),
        html=clean_body(letter.html),
        headers=clean_headers(letter.headers),
        dedupe_key=letter.dedupe_key,
        message_id=new_message_id(settings.DEFAULT_FROM_EMAIL),
        next_attempt_at=now,
        created_at=now,
    )


def _attached(mail: OutgoingMail, attachment: Attachment) -> MailAttachment:
    return MailAttachment(
        mail=mail,
        file_name=one_line(attachment.file_name, 200),
        content_type=one_line(attachment.content_type, 100),
        content=attachment.content,
    )


def cancel_mails(*, now: dt.datetime, dedupe_keys: Iterable[str]) -> int:
    """Take back letters that still wait; how many. One that is being sent goes out."""
    return OutgoingMail.objects.filter(
        dedupe_key__in=list(dedupe_keys), state=OutgoingMail.State.QUEUED
    ).update(state=OutgoingMail.State.CANCELLED, settled_at=now)


@transaction.atomic
def retry_mail(*, actor: Actor, now: dt.datetime, mail: OutgoingMail) -> OutgoingMail:
    """Send a letter that failed or was refused once more, under its old Message-ID.

    Errors: ``not_failed``.
    """
    mail = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if mail.state not in {OutgoingMail.State.FAILED, OutgoingMail.State.BOUNCED}:
        raise Conflict(_("Only a letter that failed can be sent again."), code="not_failed")
    mail.state = OutgoingMail.State.QUEUED
    mail.attempts = 0
    mail.next_attempt_at = now
    mail.settled_at = None
    mail.error = ""
    mail.save()
    audit.record(actor=actor, action="mail_retried", obj=mail, now=now)
    return mail


@transaction.atomic
def forget_texts(*, before: dt.datetime) -> int:
    """Empty letters that were settled before a moment: their addresses hold keys, their files
    figures. What was sent to whom and when stays. How many letters; idempotent."""
    old = OutgoingMail.objects.filter(settled_at__lt=before)
    MailAttachment.objects.filter(mail__in=old).delete()
    return old.exclude(text="", html="").update(text="", html="")
