"""What pages and the API read of scores and risks."""

from health.queries.at_risk import RiskFilters, at_risk, at_risk_on, at_risk_page
from health.queries.explain import Explanation, MeasureRow, explain, history
from health.queries.past import as_they_stood, scored_on
from health.queries.risk import risk_notes, risk_state

__all__ = [
    "Explanation",
    "MeasureRow",
    "RiskFilters",
    "as_they_stood",
    "at_risk",
    "at_risk_on",
    "at_risk_page",
    "explain",
    "history",
    "risk_notes",
    "risk_state",
    "scored_on",
]
