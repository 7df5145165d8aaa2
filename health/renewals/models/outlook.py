"""What the workers keep for the pages: the outlook of a quarter, and how forecasts held."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cs_platform.core.tenancy import TenantModel
from health.renewals.models.forecast import Forecaster


class QuarterOutlook(TenantModel):
    """What a fiscal quarter is expected to keep, as it was expected on a day, by one forecaster.

    Amounts are yearly recurring revenue in the workspace's currency at the rates of the quarter's
    first day. ``start = booked + open + lost``, to the last digit: what is safe already, what is
    up for renewal in the rest of the quarter, and what is lost already. ``expansion`` is what the
    accounts of the start have gained so far. Low and high bound the middle 95 % of the outcomes.
    """

    class Cut(models.TextChoices):
        ALL = "all"
        OWNER = "owner"
        SEGMENT = "segment"

    starts_on = models.DateField()
    # first day after the quarter
    ends_on = models.DateField()
    day = models.DateField()
    forecaster = models.CharField(max_length=5, choices=Forecaster.choices)
    cut = models.CharField(max_length=7, choices=Cut.choices)
    # membership id or segment; '' for all, for nobody's and for no segment
    value = models.CharField(max_length=20, blank=True)
    accounts = models.IntegerField()
    start = models.DecimalField(max_digits=24, decimal_places=4)
    booked = models.DecimalField(max_digits=24, decimal_places=4)
    lost = models.DecimalField(max_digits=24, decimal_places=4)
    expansion = models.DecimalField(max_digits=24, decimal_places=4)
    open = models.DecimalField(max_digits=24, decimal_places=4)
    # open renewals, and how many of them this forecaster has judged
    due = models.IntegerField()
    judged = models.IntegerField()
    # of the open renewals, how many renew
    renewing_low = models.IntegerField()
    renewing_mid = models.FloatField()
    renewing_high = models.IntegerField()
    # of the open revenue, how much is kept
    keeping_low = models.DecimalField(max_digits=24, decimal_places=4)
    keeping_mid = models.DecimalField(max_digits=24, decimal_places=4)
    keeping_high = models.DecimalField(max_digits=24, decimal_places=4)
    # shares; null where nothing was there at the start
    grr_low = models.FloatField(null=True)
    grr_mid = models.FloatField(null=True)
    grr_high = models.FloatField(null=True)
    nrr_low = models.FloatField(null=True)
    nrr_mid = models.FloatField(null=True)
    nrr_high = models.FloatField(null=True)
    # open renewals of the quarter by currency that had no rate on its first day: they count in none
    # of the amounts
    unrated = models.JSONField(default=dict)
    computed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "starts_on", "day", "forecaster", "cut", "value"],
                name="renewals_outlook_one",
            ),
        ]


class CalibrationBin(TenantModel):
    """Renewals of a closed quarter that one forecaster put into one band of probability.

    The forecasts are those that held when the quarter began. Amounts are yearly.
    """

    quarter_on = models.DateField()
    forecaster = models.CharField(max_length=5, choices=Forecaster.choices)
    # tenth of the probability scale, 0 to 9
    tenth = models.PositiveSmallIntegerField()
    n = models.IntegerField()
    renewed = models.IntegerField()
    probability_sum = models.FloatField()
    # Σ |forecast − outcome| and Σ (forecast − outcome)² of the renewals, outcome 0 or 1
    error_sum = models.FloatField()
    squared_error_sum = models.FloatField()
    expected = models.DecimalField(max_digits=24, decimal_places=4)
    actual = models.DecimalField(max_digits=24, decimal_places=4)
    computed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "quarter_on", "forecaster", "tenth"],
                name="renewals_calibrationbin_one",
            ),
        ]


class RenewalsClock(TenantModel):
    """How far the workers have come.

    ``day`` is the last one on which everything was looked at, ``looked_at`` the last look at what
    had changed, ``last_event_id`` the last ledger entry it saw. ``settled_quarters`` are the first
    days of closed quarters whose forecasts have been compared for good.
    """

    day = models.DateField(null=True)
    looked_at = models.DateTimeField(null=True)
    last_event_id = models.BigIntegerField(default=0)
    settled_quarters = ArrayField(models.DateField(), default=list)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="renewals_renewalsclock_one"),
        ]
