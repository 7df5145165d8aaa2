"""Tables of the KPIs."""

from metrics.kpis.models.figures import AccountPeriod, Curve, Figure, Period
from metrics.kpis.models.settings import Settings
from metrics.kpis.models.work import AsOfRequest, Clock, Mark

__all__ = [
    "AccountPeriod",
    "AsOfRequest",
    "Clock",
    "Curve",
    "Figure",
    "Mark",
    "Period",
    "Settings",
]
