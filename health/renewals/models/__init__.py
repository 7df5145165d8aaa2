"""Renewals, the history of their steps, and what was forecast of them."""

from health.renewals.models.forecast import Forecast, Forecaster, RenewalForecast
from health.renewals.models.outlook import CalibrationBin, QuarterOutlook, RenewalsClock
from health.renewals.models.renewal import Renewal, RenewalNote, Step

__all__ = [
    "CalibrationBin",
    "Forecast",
    "Forecaster",
    "QuarterOutlook",
    "Renewal",
    "RenewalForecast",
    "RenewalNote",
    "RenewalsClock",
    "Step",
]
