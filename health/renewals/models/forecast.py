"""What was forecast of a renewal, by whom and when: three forecasters, each with a history."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Forecaster(models.TextChoices):
    """Who forecasts. None of them ever overwrites another."""

    MODEL = "model", pgettext_lazy("forecaster", "Model")
    CSM = "csm", pgettext_lazy("forecaster", "CSM")
    FINAL = "final", pgettext_lazy("forecaster", "Final")


class Forecast(models.TextChoices):
    """What a person expects; `health.renewals.categories` says which probability stands for it."""

    COMMIT = "commit", pgettext_lazy("forecast of a renewal", "Commit")
    LIKELY = "likely", pgettext_lazy("forecast of a renewal", "Likely")
    RISK = "risk", pgettext_lazy("forecast of a renewal", "At risk")
    LOST = "lost", pgettext_lazy("forecast of a renewal", "Will be lost")


class RenewalForecast(TenantModel):
    """One forecast as it was made. Append-only; the latest of a forecaster is the one that holds.

    The model's is written at most once a day, and only where it differs from the one before, so
    the latest row up to a day is what was forecast on that day. ``amount`` is the yearly revenue
    after the renewal if it renews, in the workspace's currency; null: as before. A forecast
    without a probability takes the forecaster's earlier ones back.
    """

    application_grants = "SELECT, INSERT"

    renewal = models.ForeignKey(
        "renewals.Renewal", on_delete=models.CASCADE, db_constraint=False, related_name="forecasts"
    )
    forecaster = models.CharField(max_length=5, choices=Forecaster.choices)
    category = models.CharField(max_length=6, choices=Forecast.choices, blank=True)
    probability = models.FloatField(null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # yearly revenue up for renewal when the forecast was made
    arr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    note = models.TextField(_("note"), blank=True)
    # the workspace's day of ``known_at``
    day = models.DateField()
    known_at = models.DateTimeField()
    author = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    author_label = models.CharField(max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "renewal", "day"],
                condition=Q(forecaster="model"),
                name="renewals_forecast_model_day",
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__range=(0, 1)),
                name="renewals_forecast_probability",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="renewals_forecast_amount",
            ),
            TenantForeignKey(field="renewal", name="renewals_forecast_renewal_fk"),
            TenantForeignKey(field="author", name="renewals_forecast_author_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "renewal", "forecaster", "known_at", "id"],
                name="renewals_forecast_by_renewal",
            )
        ]
