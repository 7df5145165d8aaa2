"""The outbox: letters written in the transaction of their cause, and sent by workers."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Contact
from accounts.models.workspace import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class OutgoingMail(TenantModel):
    """One letter to one address.

    ``dedupe_key`` says what the letter is ("invitation 7, reminder 1"): a second one with the same
    key is the same letter. ``message_id`` stays the same however often it is tried, so that a
    mailbox that got it before a worker was killed shows it once.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        BOUNCED = "bounced", _("Refused by the recipient's server")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(max_length=40)
    to_address = models.EmailField(max_length=254)
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="mails"
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    dedupe_key = models.CharField(max_length=200)
    message_id = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # not before this moment; while it is being sent, when the worker's claim on it runs out
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField()
    # when the recipient's server, or ours on its behalf, took it
    sent_at = models.DateTimeField(null=True)
    # when the state last became what it is
    settled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "dedupe_key"], name="accounts_outgoingmail_dedupe"
            ),
            TenantForeignKey(field="contact", name="accounts_outgoingmail_contact_fk"),
            TenantForeignKey(field="membership", name="accounts_outgoingmail_membership_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "next_attempt_at", "id"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="accounts_outgoingmail_due",
            ),
            models.Index(
                fields=["workspace", "contact", "id"], name="accounts_outgoingmail_contact"
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class MailAttachment(TenantModel):
    """A file that goes with a letter."""

    mail = models.ForeignKey(
        OutgoingMail, on_delete=models.CASCADE, db_constraint=False, related_name="attachments"
    )
    file_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="mail", name="accounts_mailattachment_mail_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "mail"], name="accounts_mailattachment_mail")
        ]
