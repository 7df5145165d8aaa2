"""What pages and the API read of scores and risks."""

from health.queries.at_risk import RiskFilters, at_risk, at_risk_on, at_risk_page
from health.queries.explain import Explanation, MeasureRow, explain, history
from health.queries.risk import risk_notes, risk_state

__all__ = [
    "Explanation",
    "MeasureRow",
    "RiskFilters",
    "at_risk",
    "at_risk_on",
    "at_risk_page",
    "explain",
    "history",
    "risk_notes",
    "risk_state",
]
