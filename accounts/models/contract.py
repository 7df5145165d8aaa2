"""Contracts and the ledger that every change of them goes through."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.account import Account
from accounts.models.workspace import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Product(TenantModel):
    """Something that is sold by subscription."""

    code = models.CharField(_("code"), max_length=100)
    name = models.CharField(_("name"), max_length=200)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "code"], name="accounts_product_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(TenantModel):
    """A grade of a product; ``rank`` orders grades, so that a change up is an upsell."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, db_constraint=False, related_name="plans"
    )
    code = models.CharField(_("code"), max_length=100)
    name = models.CharField(_("name"), max_length=200)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "product", "code"], name="accounts_plan_code"
            ),
            TenantForeignKey(field="product", name="accounts_plan_product_fk"),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(TenantModel):
    """A contract (契約) as it stands now: the sum of its ledger, written by the ledger alone."""

    class Status(models.TextChoices):
        UPCOMING = "upcoming", _("Not started yet")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        OVERDUE = "overdue", _("Renewal overdue")
        ENDED = "ended", _("Ended")
        VOIDED = "voided", _("Entered by mistake")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="subscriptions"
    )
    external_id = models.CharField(_("external id"), max_length=200)
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+"
    )
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    unit_price = models.DecimalField(
        _("unit price per month"), max_digits=18, decimal_places=4, default=0
    )
    # unit price × seats (× 1 without seats), per month, in the contract's currency, before tax;
    # 0 once the contract has ended
    mrr = models.DecimalField(_("monthly recurring revenue"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    billing_months = models.PositiveSmallIntegerField(_("billing interval in months"), default=1)
    starts_on = models.DateField(_("start"))
    # last paid day of the current term; none for an open-ended contract
    term_ends_on = models.DateField(_("last paid day"), null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(_("term in months"), null=True, blank=True)
    auto_renew = models.BooleanField(_("renews by itself"), default=False)
    notice_deadline_on = models.DateField(_("cancellation-notice deadline"), null=True, blank=True)
    notice_given_on = models.DateField(_("notice given"), null=True, blank=True)
    # last paid day of the whole contract: past, or to come where its end is entered already
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="accounts_subscription_external_id"
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id=""), name="accounts_subscription_external_id_given"
            ),
            models.CheckConstraint(
                condition=models.Q(mrr__gte=0), name="accounts_subscription_mrr_not_negative"
            ),
            TenantForeignKey(field="account", name="accounts_subscription_account_fk"),
            TenantForeignKey(field="product", name="accounts_subscription_product_fk"),
            TenantForeignKey(field="plan", name="accounts_subscription_plan_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "account", "id"], name="accounts_sub_by_account"),
            models.Index(fields=["workspace", "term_ends_on"], name="accounts_sub_by_term_end"),
            models.Index(fields=["workspace", "notice_deadline_on"], name="accounts_sub_by_notice"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ContractEvent(TenantModel):
    """One dated entry of the contract ledger. Append-only; a mistake is voided by a later entry.

    ``effective_on`` is the first day on which the state after the entry holds; for a churn it is
    the day after the last paid day, and ``last_paid_on`` is that last day. The state after
    the entry is complete in the row (plan, seats, price, term, notice, pause), so the recurring
    revenue of any date is read off the latest entry of each subscription. A one-off purchase and
    a void hold no state; only a one-off purchase may stand without a subscription.
    """

    application_grants = "SELECT, INSERT"

    class Kind(models.TextChoices):
        NEW = "new", pgettext_lazy("contract event", "New")
        RENEWAL = "renewal", pgettext_lazy("contract event", "Renewal")
        UPSELL = "upsell", _("Upsell")
        PRICE_RISE = "price_rise", _("Price rise")
        CROSS_SELL = "cross_sell", _("Cross-sell")
        CONTRACTION = "contraction", _("Contraction")
        ONE_OFF = "one_off", _("One-off purchase")
        PAUSE = "pause", _("Pause")
        RESUME = "resume", _("Resume")
        NOTICE = "notice", _("Notice given")
        NOTICE_WITHDRAWN = "notice_withdrawn", _("Notice withdrawn")
        TERMS = "terms", _("Change of terms")
        CHURN = "churn", pgettext_lazy("contract event", "Churn")
        REACTIVATION = "reactivation", _("Reactivation")
        VOID = "void", _("Entry voided")

    class Reason(models.TextChoices):
        PRICE = "price", _("Price")
        FEATURES = "features", _("Missing features")
        QUALITY = "quality", _("Product quality")
        SUPPORT = "support", _("Support")
        ADOPTION = "adoption", _("Not adopted")
        COMPETITOR = "competitor", _("Moved to a competitor")
        BUDGET = "budget", _("Budget")
        BUSINESS_CLOSED = "business_closed", _("Business closed or merged")
        OTHER = "other", _("Other")
        UNKNOWN = "unknown", _("Unknown")

    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        related_name="ledger",
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="ledger"
    )
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    effective_on = models.DateField(_("effective on"))
    last_paid_on = models.DateField(_("last paid day"), null=True, blank=True)
    known_at = models.DateTimeField()
    is_historical = models.BooleanField(default=False)
    # the state after the entry
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    seats = models.PositiveIntegerField(_("seats"), null=True)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=4)
    mrr = models.DecimalField(_("monthly recurring revenue"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    billing_months = models.PositiveSmallIntegerField(default=1)
    # first day of the uninterrupted stretch the entry belongs to
    starts_on = models.DateField(null=True)
    term_ends_on = models.DateField(null=True)
    term_months = models.PositiveSmallIntegerField(null=True)
    auto_renew = models.BooleanField(default=False)
    notice_deadline_on = models.DateField(null=True)
    notice_given_on = models.DateField(null=True)
    is_paused = models.BooleanField(default=False)
    # value of a one-off purchase, in the contract's currency
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4, null=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices, blank=True)
    competitor = models.CharField(_("competitor"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    voids = models.OneToOneField(
        "self", on_delete=models.PROTECT, db_constraint=False, null=True, related_name="voided_by"
    )
    recorded_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="accounts_contractevent_external_id"
            ),
            models.CheckConstraint(
                condition=models.Q(subscription__isnull=False) | models.Q(kind="one_off"),
                name="accounts_contractevent_subscription_given",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=False)
                | models.Q(kind__in=["one_off", "void"]),
                name="accounts_contractevent_start_given",
            ),
            models.CheckConstraint(
                condition=models.Q(mrr__gte=0), name="accounts_contractevent_mrr_not_negative"
            ),
            TenantForeignKey(field="subscription", name="accounts_contractevent_sub_fk"),
            TenantForeignKey(field="account", name="accounts_contractevent_account_fk"),
            TenantForeignKey(field="plan", name="accounts_contractevent_plan_fk"),
            TenantForeignKey(field="voids", name="accounts_contractevent_voids_fk"),
            TenantForeignKey(field="recorded_by", name="accounts_contractevent_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "subscription", "effective_on", "id"],
                name="accounts_ledger_by_sub",
            ),
            models.Index(
                fields=["workspace", "account", "effective_on", "id"],
                name="accounts_ledger_by_account",
            ),
            # Not (workspace, effective_on): the latest entry of a contract would be looked up by it
            # on a table without statistics, walking everybody's entries.
            models.Index(
                fields=["workspace", "kind", "effective_on"], name="accounts_ledger_by_kind"
            ),
            models.Index(
                fields=["workspace", "voids"],
                condition=models.Q(voids__isnull=False),
                name="accounts_ledger_voids",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"


class ExchangeRate(TenantModel):
    """What one unit of a currency is worth in the workspace's currency, from a date on."""

    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "currency", "valid_from"], name="accounts_exchangerate_date"
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0), name="accounts_exchangerate_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.valid_from}"
