"""Who was asked, when, and what became of it."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Membership, OutgoingMail
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys.models.survey import Survey


class Channel(models.TextChoices):
    """The way an answer came."""

    MAIL = "mail", _("E-mail")
    LINK = "link", _("Open link")
    EMBED = "embed", _("Inside the product")
    AFTER_CASE = "after_case", _("After a case")
    API = "api", _("API")
    IMPORT = "import", _("Import")


def new_nonce() -> str:
    """What makes an invitation's address unguessable beside its signature, and revocable."""
    return secrets.token_hex(8)


class Wave(TenantModel):
    """One round of a survey. Its invitations are made in chunks, in the order of contacts.

    ``built_until`` is the last contact that was looked at: a killed worker's successor goes on
    after it. ``excluded`` counts the people left out by reason (`metrics.surveys.audience`).
    """

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="waves"
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    built_until = models.BigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    # the highest draw of the sample (`metrics.surveys.audience.draw`); None without one
    sample_bound = models.BigIntegerField(null=True)
    # people the filters name, before sampling and before anybody was left out
    population = models.PositiveIntegerField(default=0)
    # people who were invited
    audience_size = models.PositiveIntegerField(default=0)
    excluded = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "survey", "number"], name="surveys_wave_number"
            ),
            TenantForeignKey(field="survey", name="surveys_wave_survey_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "id"],
                condition=models.Q(built_at__isnull=True),
                name="surveys_wave_unbuilt",
            )
        ]


class Invitation(TenantModel):
    """One person asked once. ``due_at`` is when the letter may go out, in the person's window.

    Delivered is what was sent and not refused: ``sent_at`` is set and the state is not bounced.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Delivered")
        BOUNCED = "bounced", _("Refused by the recipient's server")
        ANSWERED = "answered", _("Answered")
        EXPIRED = "expired", _("Expired")
        SUPPRESSED = "suppressed", _("Not sent")

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="invitations"
    )
    wave = models.ForeignKey(
        Wave, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="invitations"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_constraint=False, related_name="invitations"
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="invitations"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    language = models.CharField(max_length=5)
    touchpoint = models.CharField(max_length=100, blank=True)
    agent = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    # what the invitation is about in the system that asked for it (a case number, say)
    external_id = models.CharField(max_length=200, null=True, blank=True)
    nonce = models.CharField(max_length=32, default=new_nonce)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # why it was not sent, a code of accounts.contact_rules
    reason = models.CharField(max_length=40, blank=True)
    mail = models.ForeignKey(
        OutgoingMail, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    # when the next reminder may go out; None when there is none to come
    remind_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "wave", "contact"], name="surveys_invitation_once"
            ),
            models.UniqueConstraint(
                fields=["workspace", "survey", "external_id"],
                name="surveys_invitation_external_id",
            ),
            TenantForeignKey(field="survey", name="surveys_invitation_survey_fk"),
            TenantForeignKey(field="wave", name="surveys_invitation_wave_fk"),
            TenantForeignKey(field="contact", name="surveys_invitation_contact_fk"),
            TenantForeignKey(field="account", name="surveys_invitation_account_fk"),
            TenantForeignKey(field="agent", name="surveys_invitation_agent_fk"),
            TenantForeignKey(field="mail", name="surveys_invitation_mail_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "due_at", "id"],
                condition=models.Q(state="queued", mail__isnull=True),
                name="surveys_invitation_due",
            ),
            models.Index(
                fields=["workspace", "survey", "state", "id"], name="surveys_invitation_by_state"
            ),
            models.Index(
                fields=["workspace", "expires_at"],
                condition=models.Q(state__in=["queued", "sent"]),
                name="surveys_invitation_open",
            ),
            models.Index(
                fields=["workspace", "id"],
                condition=models.Q(state="queued", mail__isnull=False),
                name="surveys_invitation_mailed",
            ),
            models.Index(
                fields=["workspace", "remind_at", "id"],
                condition=models.Q(state="sent", remind_at__isnull=False),
                name="surveys_invitation_remind",
            ),
            models.Index(
                fields=["workspace", "contact", "created_at"], name="surveys_invitation_contact"
            ),
            models.Index(
                fields=["workspace", "account", "created_at"], name="surveys_invitation_account"
            ),
            models.Index(fields=["workspace", "mail"], name="surveys_invitation_mail"),
        ]


class EmbedLedger(TenantModel):
    """What one user of the customer's product has seen of an embedded survey."""

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="embeds"
    )
    user_id = models.CharField(max_length=200)
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    shown_at = models.DateTimeField()
    times_shown = models.PositiveIntegerField(default=1)
    dismissed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "survey", "user_id"], name="surveys_embedledger_once"
            ),
            TenantForeignKey(field="survey", name="surveys_embedledger_survey_fk"),
            TenantForeignKey(field="contact", name="surveys_embedledger_contact_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "contact"], name="surveys_embedledger_contact")
        ]
