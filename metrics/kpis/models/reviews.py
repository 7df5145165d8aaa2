"""What is learnt from lost accounts."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, ContractEvent, Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class ChurnReview(TenantModel):
    """The review of one loss (解約振り返り): an account may be lost again after it has returned.

    ``ended_on`` is the last paid day of the loss; ``mrr_lost`` the monthly recurring revenue that
    went with it, in the workspace's currency, as the list of losses had it.
    """

    class Avoidable(models.TextChoices):
        YES = "yes", pgettext_lazy("could be avoided", "Yes")
        NO = "no", pgettext_lazy("could be avoided", "No")
        UNCLEAR = "unclear", _("Cannot be told")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="churn_reviews"
    )
    ended_on = models.DateField(_("last paid day"))
    mrr_lost = models.DecimalField(_("MRR lost"), max_digits=18, decimal_places=4)
    reason = models.CharField(_("reason"), max_length=20, choices=ContractEvent.Reason.choices)
    avoidable = models.CharField(
        _("could it have been avoided?"), max_length=10, choices=Avoidable.choices
    )
    competitor = models.CharField(_("moved to"), max_length=200, blank=True)
    lesson = models.TextField(_("what we learn from it"))
    reviewed_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    reviewed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "account", "ended_on"], name="kpis_churnreview_once"
            ),
            TenantForeignKey(field="account", name="kpis_churnreview_account_fk"),
            TenantForeignKey(field="reviewed_by", name="kpis_churnreview_reviewed_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "ended_on"], name="kpis_churnreview_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.ended_on}"
