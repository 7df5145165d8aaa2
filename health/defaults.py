"""The scorecard that every workspace begins with."""

from typing import Any

from health.measures import MEASURES, PERCENTILE, Measure

NAME = "Default"

# Prospects are not customers yet and churned accounts are none any more: both have no score.
STAGES = ["onboarding", "adoption", "value", "renewal", "expansion"]

EXCEPTIONS: list[dict[str, Any]] = [
    {"key": "notice_given", "fact": "notice_given", "at_least": 1, "cap": 30},
    {"key": "silent", "fact": "last_seen", "at_least": 45, "cap": 39},
]

# A seventh of the weight is of surveys, which say nothing of accounts that nobody has asked.
MINIMUM_COVERAGE = 0.35


def entry(measure: Measure) -> dict[str, Any]:
    """A measure with its defaults, as a scorecard version keeps it."""
    points = measure.points
    return {
        "key": measure.key,
        "group": measure.group.value,
        "weight": measure.weight,
        "points": PERCENTILE if isinstance(points, str) else [list(point) for point in points],
        "direction": measure.direction,
        "options": dict(measure.options),
    }


def measures() -> list[dict[str, Any]]:
    """Every measure with its defaults."""
    return [entry(measure) for measure in MEASURES]
