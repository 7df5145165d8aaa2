"""Scorecards, the scores they gave, and what people do about them."""

from health.models.current import AccountCurrent, ScoringClock
from health.models.history import DayFigures, PercentileBound, ScoreDay
from health.models.risk import RiskNote, RiskState
from health.models.scorecard import Band, Scorecard, ScorecardVersion

__all__ = [
    "AccountCurrent",
    "Band",
    "DayFigures",
    "PercentileBound",
    "RiskNote",
    "RiskState",
    "ScoreDay",
    "Scorecard",
    "ScorecardVersion",
    "ScoringClock",
]
