"""What is due for renewal, and how far the work on it has come."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, Membership, Subscription
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from health.models import Band
from health.renewals.models.forecast import Forecast


class Step(models.TextChoices):
    """How far a renewal has come; the last two follow from the contract ledger alone."""

    UNTOUCHED = "untouched", pgettext_lazy("step of a renewal", "Not started")
    APPROACHED = "approached", pgettext_lazy("step of a renewal", "Approached")
    QUOTED = "quoted", pgettext_lazy("step of a renewal", "Quote sent")
    IN_APPROVAL = "in_approval", pgettext_lazy("step of a renewal", "In approval")
    AGREED = "agreed", pgettext_lazy("step of a renewal", "Agreed verbally")
    RENEWED = "renewed", pgettext_lazy("step of a renewal", "Renewed")
    LOST = "lost", pgettext_lazy("step of a renewal", "Lost")


CLOSED = (Step.RENEWED, Step.LOST)
OPEN = tuple(step for step in Step if step not in CLOSED)


class Renewal(TenantModel):
    """One end of a contract's term: the contract renews there, or is lost.

    ``sql/derive_renewals.sql`` alone writes what the ledger says: the term, its deadline, whether
    it is closed. Owner, segment and band are those of the account when it was last looked at, so
    that a list of 100,000 can be cut by them. Money is per year, in the workspace's currency.
    ``version`` grows with every change of step, term or forecast: two people who move the same
    row cannot overwrite each other unseen.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    # first day of the uninterrupted stretch of the contract that the term belongs to
    starts_on = models.DateField()
    # last paid day of the term
    term_ends_on = models.DateField(_("renewal"))
    notice_deadline_on = models.DateField(_("cancellation-notice deadline"), null=True)
    notice_given_on = models.DateField(null=True)
    auto_renew = models.BooleanField(default=False)
    # null where the contract's currency has no rate yet: missing, never counted as 0
    arr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    owner = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    segment = models.CharField(max_length=20, choices=Account.Segment.choices, blank=True)
    band = models.CharField(max_length=6, choices=Band.choices, blank=True)
    score = models.SmallIntegerField(null=True)
    # the account's probability of churn, before it becomes the day's forecast
    churn_probability = models.FloatField(null=True)

    step = models.CharField(max_length=12, choices=Step.choices, default=Step.UNTOUCHED)
    # where people had brought it before the ledger closed it: it returns there if that is voided
    open_step = models.CharField(max_length=12, choices=Step.choices, default=Step.UNTOUCHED)
    # first day of the new term, or last paid day, by the ledger
    closed_on = models.DateField(null=True)
    # yearly revenue right after closing; 0 where lost
    closed_arr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # the term does not stand in the ledger any more: kept for its history, shown nowhere
    is_void = models.BooleanField(default=False)
    is_open = models.GeneratedField(
        # Django takes conditions here; the stub names expressions alone
        expression=~Q(step__in=[step.value for step in CLOSED])  # type: ignore[arg-type]
        & Q(is_void=False),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    next_step = models.CharField(_("next step"), max_length=300, blank=True)
    due_on = models.DateField(_("due"), null=True)

    # the latest of each forecaster's history, for the list
    model_probability = models.FloatField(null=True)
    model_arr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    model_on = models.DateField(null=True)
    csm_category = models.CharField(max_length=6, choices=Forecast.choices, blank=True)
    csm_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    final_category = models.CharField(max_length=6, choices=Forecast.choices, blank=True)
    final_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "subscription", "term_ends_on"], name="renewals_renewal_term"
            ),
            models.CheckConstraint(
                condition=Q(step__in=[step.value for step in CLOSED]) | Q(closed_on__isnull=True),
                name="renewals_renewal_closed",
            ),
            models.CheckConstraint(
                condition=Q(open_step__in=[step.value for step in OPEN]),
                name="renewals_renewal_open_step",
            ),
            TenantForeignKey(field="subscription", name="renewals_renewal_subscription_fk"),
            TenantForeignKey(field="account", name="renewals_renewal_account_fk"),
            TenantForeignKey(field="owner", name="renewals_renewal_owner_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "term_ends_on", "id"], name="renewals_by_term"),
            models.Index(fields=["workspace", "account", "id"], name="renewals_by_account"),
            models.Index(
                fields=["workspace", "term_ends_on", "id"],
                name="renewals_open_by_term",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "notice_deadline_on", "id"],
                name="renewals_open_by_deadline",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "arr", "id"],
                name="renewals_open_by_arr",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "due_on", "id"],
                name="renewals_open_by_due",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "model_probability", "id"],
                name="renewals_open_by_model",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "owner", "term_ends_on", "id"],
                name="renewals_open_by_owner",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "band", "term_ends_on", "id"],
                name="renewals_open_by_band",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["workspace", "step", "term_ends_on", "id"], name="renewals_by_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription.external_id} {self.term_ends_on}"


class RenewalNote(TenantModel):
    """One dated entry of a renewal's history. Append-only.

    ``happened_at`` is when the step was reached, ``known_at`` when it was entered. What the
    ledger did by itself has no author.
    """

    application_grants = "SELECT, INSERT"

    class Kind(models.TextChoices):
        STEP = "step", _("Step moved")
        PLAN = "plan", _("Next step set")
        TERM = "term", _("Term moved by the ledger")
        CLOSED = "closed", _("Closed by the ledger")
        REOPENED = "reopened", _("Reopened by the ledger")

    renewal = models.ForeignKey(
        Renewal, on_delete=models.CASCADE, db_constraint=False, related_name="notes"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    old_step = models.CharField(max_length=12, choices=Step.choices)
    new_step = models.CharField(max_length=12, choices=Step.choices)
    # where the term was before and is since, the same unless it moved
    old_term_ends_on = models.DateField()
    new_term_ends_on = models.DateField()
    next_step = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True)
    note = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()
    author = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    author_label = models.CharField(max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="renewal", name="renewals_note_renewal_fk"),
            TenantForeignKey(field="author", name="renewals_note_author_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "renewal", "known_at", "id"], name="renewals_note_by_renewal"
            )
        ]
