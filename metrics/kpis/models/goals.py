"""What the workspace wants its figures to be, and by when."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Goal(TenantModel):
    """A target for one KPI over one kind of period, to be reached by a day.

    ``target`` and ``baseline`` are in the KPI's unit (shares of one, money per month, months …).
    ``baseline`` is the figure as it was when the goal was set, from which progress is measured;
    null where there was none.
    """

    class Direction(models.TextChoices):
        AT_LEAST = "at_least", _("At least")
        AT_MOST = "at_most", _("At most")

    kpi = models.CharField(_("KPI"), max_length=40)
    period_kind = models.CharField(_("period"), max_length=12)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    target = models.DecimalField(_("target"), max_digits=24, decimal_places=6)
    due_on = models.DateField(_("by"))
    baseline = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    set_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "kpi", "period_kind", "due_on"], name="kpis_goal_once"
            ),
            TenantForeignKey(field="set_by", name="kpis_goal_set_by_fk"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.due_on}"
