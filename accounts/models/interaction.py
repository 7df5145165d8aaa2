"""What was said to customers, and what was promised."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account, Contact
from accounts.models.workspace import Membership
from accounts.wordings import said
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Interaction(TenantModel):
    """One contact with a customer (対応履歴)."""

    class Kind(models.TextChoices):
        CALL_IN = "call_in", _("Call received")
        CALL_OUT = "call_out", _("Call made")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        CHAT = "chat", _("Chat")
        SOCIAL = "social", _("Social post or review")
        NOTE = "note", _("Note")

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", _("Positive")
        NEUTRAL = "neutral", _("Neutral")
        NEGATIVE = "negative", _("Negative")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="interactions"
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="interactions",
    )
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    happened_at = models.DateTimeField(_("when"))
    known_at = models.DateTimeField()
    is_historical = models.BooleanField(default=False)
    duration_minutes = models.PositiveIntegerField(_("duration in minutes"), null=True, blank=True)
    participants = models.TextField(_("participants"), blank=True)
    sentiment = models.CharField(
        _("sentiment"), max_length=10, choices=Sentiment.choices, blank=True
    )
    summary = models.TextField(_("summary"))
    customer_words = models.TextField(_("in the customer's own words"), blank=True)
    need = models.TextField(_("the need behind them"), blank=True)
    is_read_back = models.BooleanField(_("read back and confirmed"), default=False)
    next_step = models.CharField(_("next step"), max_length=300, blank=True)
    next_step_on = models.DateField(_("by when"), null=True, blank=True)
    author = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="accounts_interaction_external_id"
            ),
            TenantForeignKey(field="account", name="accounts_interaction_account_fk"),
            TenantForeignKey(field="contact", name="accounts_interaction_contact_fk"),
            TenantForeignKey(field="author", name="accounts_interaction_author_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "account", "happened_at", "id"],
                name="accounts_interaction_timeline",
            )
        ]

    @property
    def is_contact(self) -> bool:
        """Whether the customer took part: a note to oneself is no contact."""
        return self.kind != self.Kind.NOTE


class Task(TenantModel):
    """Something a member has promised to do by a day."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="tasks",
    )
    interaction = models.ForeignKey(
        Interaction,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="tasks",
    )
    # in its owner's language where the product worded it
    title = models.CharField(_("what"), max_length=300)
    wording = models.CharField(max_length=40, blank=True, default="")
    words = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        Membership,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="tasks",
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="account", name="accounts_task_account_fk"),
            TenantForeignKey(field="interaction", name="accounts_task_interaction_fk"),
            TenantForeignKey(field="owner", name="accounts_task_owner_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "owner", "due_on", "id"],
                condition=models.Q(done_at__isnull=True),
                name="accounts_task_open",
            ),
            models.Index(fields=["workspace", "account", "id"], name="accounts_task_by_account"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """What is to be done: the title, in the reader's language where the product worded it."""
        return said(self.title, self.wording, self.words)
