"""Tables of the KPIs."""

from metrics.kpis.models.figures import AccountPeriod, Curve, Figure, Period
from metrics.kpis.models.goals import Goal
from metrics.kpis.models.reviews import ChurnReview
from metrics.kpis.models.settings import Settings
from metrics.kpis.models.work import AsOfRequest, Clock, Mark

__all__ = [
    "AccountPeriod",
    "AsOfRequest",
    "ChurnReview",
    "Clock",
    "Curve",
    "Figure",
    "Goal",
    "Mark",
    "Period",
    "Settings",
]
