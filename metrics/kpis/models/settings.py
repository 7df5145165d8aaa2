"""What a workspace chooses about its KPIs."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cs_platform.core.tenancy import TenantModel


class Settings(TenantModel):
    """One row per workspace; none stands for the defaults.

    ``first_day`` settles what a change on the very first day of a period is. As a rule it is part
    of the period: a contract from 1 April is new in April. With ``OPENING`` the opening figure is
    the state on the first day, that day's changes included, and the closing figure is the state
    on the first day of the next period: the convention of *Fighting Churn With Data*.
    """

    class FirstDay(models.TextChoices):
        PERIOD = "period", _("Changes on the first day belong to the period")
        OPENING = "opening", _("Changes on the first day belong to the opening figure")

    # share of revenue left after the direct cost of delivering it; none: only the revenue form
    gross_margin = models.DecimalField(
        _("gross margin"), max_digits=5, decimal_places=4, null=True, blank=True
    )
    onboarding_target_days = models.PositiveSmallIntegerField(
        _("target days of an onboarding"), default=90
    )
    first_day = models.CharField(
        _("changes on the first day"),
        max_length=10,
        choices=FirstDay.choices,
        default=FirstDay.PERIOD,
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="kpis_settings_one"),
            models.CheckConstraint(
                condition=models.Q(gross_margin__isnull=True)
                | models.Q(gross_margin__gte=-1, gross_margin__lte=1),
                name="kpis_settings_gross_margin",
            ),
            models.CheckConstraint(
                condition=models.Q(onboarding_target_days__range=(1, 3650)),
                name="kpis_settings_target_days",
            ),
        ]

    def __str__(self) -> str:
        return "KPI settings"
