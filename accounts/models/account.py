"""Customer firms, the people at them, and the history of what was said of both."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.workspace import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Account(TenantModel):
    """A customer firm (顧客企業)."""

    # what an account's own page shows and lists do not
    LONG_FIELDS: ClassVar = ("search_text", "attributes", "goals", "handover_note")

    class Segment(models.TextChoices):
        ENTERPRISE = "enterprise", _("Enterprise")
        MID_MARKET = "mid_market", _("Mid-market")
        SMALL = "small", _("Small business")
        STARTUP = "startup", _("Start-up")

    class Stage(models.TextChoices):
        PROSPECT = "prospect", _("Prospect")
        ONBOARDING = "onboarding", _("Onboarding")
        ADOPTION = "adoption", _("Adoption")
        VALUE = "value", pgettext_lazy("lifecycle stage", "Value")
        RENEWAL = "renewal", pgettext_lazy("lifecycle stage", "Renewal")
        EXPANSION = "expansion", pgettext_lazy("lifecycle stage", "Expansion")
        CHURNED = "churned", pgettext_lazy("lifecycle stage", "Churned")

    class Fit(models.TextChoices):
        GOOD = "good", _("Good fit")
        PARTIAL = "partial", _("Partial fit")
        POOR = "poor", _("Poor fit")

    external_id = models.CharField(_("external id"), max_length=200)
    name = models.CharField(_("name"), max_length=300)
    name_reading = models.CharField(_("reading"), max_length=300, blank=True)
    # name, reading and id folded by accounts.folding, what the trigram search looks in
    search_text = models.TextField(editable=False, default="")
    segment = models.CharField(_("segment"), max_length=20, choices=Segment.choices, blank=True)
    tier = models.CharField(_("tier"), max_length=50, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    stage = models.CharField(
        _("lifecycle stage"), max_length=20, choices=Stage.choices, default=Stage.ADOPTION
    )
    owner = models.ForeignKey(
        Membership,
        verbose_name=_("owner (CSM)"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="owned_accounts",
    )
    sales_owner = models.ForeignKey(
        Membership,
        verbose_name=_("sales owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
    )
    handover_note = models.TextField(_("sales-to-CS hand-over note"), blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent account"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="children",
    )
    referrer = models.ForeignKey(
        "self",
        verbose_name=_("referred by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="referrals",
    )
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    goals = models.TextField(_("what success means to the customer"), blank=True)
    fit = models.CharField(_("fit"), max_length=10, choices=Fit.choices, blank=True)
    onboarding_started_on = models.DateField(_("onboarding started"), null=True, blank=True)
    onboarding_due_on = models.DateField(_("onboarding due"), null=True, blank=True)
    onboarding_completed_on = models.DateField(_("onboarding completed"), null=True, blank=True)
    attributes = models.JSONField(_("custom attributes"), default=dict, blank=True)
    # made by an event that named an account nobody had told us of
    is_unconfirmed = models.BooleanField(_("unconfirmed"), default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="accounts_account_external_id"
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id=""), name="accounts_account_external_id_given"
            ),
            TenantForeignKey(field="owner", name="accounts_account_owner_fk"),
            TenantForeignKey(field="sales_owner", name="accounts_account_sales_owner_fk"),
            TenantForeignKey(field="parent", name="accounts_account_parent_fk"),
            TenantForeignKey(field="referrer", name="accounts_account_referrer_fk"),
        ]
        indexes: ClassVar = [
            GinIndex(
                fields=["search_text"], opclasses=["gin_trgm_ops"], name="accounts_account_search"
            ),
            models.Index(fields=["workspace", "name", "id"], name="accounts_account_by_name"),
            # running onboardings, to be counted without a look at the accounts
            models.Index(
                fields=["workspace", "onboarding_due_on"],
                include=["onboarding_started_on", "stage"],
                name="accounts_account_onboarding",
                condition=models.Q(
                    onboarding_started_on__isnull=False, onboarding_completed_on__isnull=True
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttributeChange(TenantModel):
    """One dated change of something an account is cut by: the history from the first day on.

    ``happened_at`` is when it took effect, ``known_at`` when we were told. The value in force at
    a time, as known at a time, is the latest row by (happened_at, id) within both bounds.
    Append-only.
    """

    application_grants = "SELECT, INSERT"

    class Attribute(models.TextChoices):
        STAGE = "stage", _("Lifecycle stage")
        OWNER = "owner", _("Owner")
        SEGMENT = "segment", _("Segment")
        TIER = "tier", _("Tier")
        SEATS = "seats", _("Seats")
        ONBOARDING_STARTED = "onboarding_started_on", _("Onboarding started")
        ONBOARDING_DUE = "onboarding_due_on", _("Onboarding due")
        ONBOARDING_COMPLETED = "onboarding_completed_on", _("Onboarding completed")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="changes"
    )
    attribute = models.CharField(max_length=30, choices=Attribute.choices)
    # text of the value, '' for none; an owner is the membership's id
    old_value = models.TextField(blank=True)
    new_value = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()
    is_historical = models.BooleanField(default=False)
    # nobody stated it: it follows from the account's contracts
    is_derived = models.BooleanField(default=False, db_default=False)
    changed_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="account", name="accounts_attributechange_account_fk"),
            TenantForeignKey(field="changed_by", name="accounts_attributechange_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "account", "attribute", "happened_at", "id"],
                name="accounts_attributechange_asof",
            )
        ]


class Contact(TenantModel):
    """A person at an account (顧客担当者)."""

    class Consent(models.TextChoices):
        UNKNOWN = "unknown", _("Not asked")
        GIVEN = "given", _("Agreed to mail")
        REFUSED = "refused", _("No mail")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="contacts"
    )
    external_id = models.CharField(_("external id"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    name_reading = models.CharField(_("reading"), max_length=200, blank=True)
    search_text = models.TextField(editable=False, default="")
    email = models.EmailField(_("e-mail address"), blank=True)
    phones = ArrayField(
        models.CharField(max_length=40), verbose_name=_("phone numbers"), default=list, blank=True
    )
    # the same numbers as digits only, in international form where the country is known
    phone_digits = ArrayField(models.CharField(max_length=20), default=list, editable=False)
    department = models.CharField(_("department"), max_length=200, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=[("en", _("English")), ("ja", _("Japanese"))],
        blank=True,
    )
    consent = models.CharField(
        _("consent to mail"), max_length=10, choices=Consent.choices, default=Consent.UNKNOWN
    )
    consent_at = models.DateTimeField(null=True, blank=True)
    # who or what told us of it: a member, an API key, the link in a letter
    consent_source = models.CharField(max_length=200, blank=True, default="")
    # IANA name; blank is that of the account's country, else the workspace's
    timezone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    is_champion = models.BooleanField(_("champion"), default=False)
    is_decision_maker = models.BooleanField(_("decision-maker"), default=False)
    # ids under which this person's usage events arrive
    user_ids = ArrayField(
        models.CharField(max_length=200), verbose_name=_("user ids"), default=list, blank=True
    )
    left_on = models.DateField(_("left the firm"), null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="accounts_contact_external_id"
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id=""), name="accounts_contact_external_id_given"
            ),
            TenantForeignKey(field="account", name="accounts_contact_account_fk"),
        ]
        indexes: ClassVar = [
            GinIndex(
                fields=["search_text"], opclasses=["gin_trgm_ops"], name="accounts_contact_search"
            ),
            GinIndex(fields=["phone_digits"], name="accounts_contact_phones"),
            GinIndex(fields=["user_ids"], name="accounts_contact_user_ids"),
            models.Index(fields=["workspace", "account", "id"], name="accounts_contact_by_account"),
            models.Index("workspace", Lower("email"), name="accounts_contact_by_email"),
        ]

    def __str__(self) -> str:
        return self.name
