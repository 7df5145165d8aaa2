"""What people decided about a risk, and the log of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class RiskState(TenantModel):
    """Where the work on an account's risk stands; accounts nobody worked on have no row.

    "Saved" and "not a risk" hold for 90 days, or until the band is worse than it was when they
    were decided (``settled_band``); the account then comes back to the list as new.
    """

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("state of a risk", "New")
        WORKING = "working", pgettext_lazy("state of a risk", "Working on it")
        WAITING = "waiting", pgettext_lazy("state of a risk", "Waiting")
        SAVED = "saved", pgettext_lazy("state of a risk", "Saved")
        LOST = "lost", pgettext_lazy("state of a risk", "Lost")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    # last workspace-local day on which the account stays out of the list
    snoozed_until = models.DateField(null=True)
    snooze_reason = models.CharField(max_length=500, blank=True)
    is_dismissed = models.BooleanField(default=False)
    dismiss_reason = models.CharField(max_length=500, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_band = models.CharField(max_length=6, blank=True)
    is_flagged = models.BooleanField(default=False)
    flag_reason = models.CharField(max_length=500, blank=True)
    flagged_at = models.DateTimeField(null=True)
    flagged_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "account"], name="health_riskstate_account"
            ),
            TenantForeignKey(field="account", name="health_riskstate_account_fk"),
            TenantForeignKey(field="flagged_by", name="health_riskstate_flagged_by_fk"),
        ]


class RiskNote(TenantModel):
    """One dated change of a risk's state, with its reason. Append-only."""

    application_grants = "SELECT, INSERT"

    class Kind(models.TextChoices):
        STATE = "state", _("State changed")
        SNOOZE = "snooze", _("Snoozed")
        UNSNOOZE = "unsnooze", _("Snooze ended")
        DISMISS = "dismiss", _("Marked as not a risk")
        FLAG = "flag", _("Risk flagged by judgement")
        UNFLAG = "unflag", _("Flag taken away")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    old_state = models.CharField(max_length=10, choices=RiskState.State.choices)
    new_state = models.CharField(max_length=10, choices=RiskState.State.choices)
    until_on = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField()
    author = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    author_label = models.CharField(max_length=200)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="account", name="health_risknote_account_fk"),
            TenantForeignKey(field="author", name="health_risknote_author_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "account", "happened_at", "id"],
                name="health_risknote_by_account",
            )
        ]
