"""Scores as the API shows them."""

from typing import Any

from accounts.models import Account
from cs_platform.core.openapi import component
from cs_platform.core.resources import (
    BOOLEAN,
    DAY,
    DAY_OR_NULL,
    MOMENT,
    MONEY,
    MONEY_OR_NULL,
    Column,
    Resource,
    number_type,
    text_type,
)
from health.measures import MEASURES
from health.models import Band, RiskState, ScoreDay
from health.queries.explain import Explanation, MeasureRow

TEXT = text_type()
NUMBER = number_type()
NUMBER_OR_NULL = number_type(nullable=True)
BAND = {
    "type": "string",
    "enum": Band.values,
    "description": "Empty where there is not enough data.",
}
SCORE = {**NUMBER_OR_NULL, "description": "0–100; null where there is not enough data."}
MEASURE_KEY = {"type": "string", "enum": [measure.key for measure in MEASURES]}

HEALTH = Resource(
    name="Health",
    description="What an account's health is now. Money is in the workspace's currency.",
    columns={
        "account_external_id": Column("external_id", TEXT),
        "name": Column("name", TEXT),
        "owner_email": Column("owner__user__email", text_type(nullable=True)),
        "segment": Column("segment", {"type": "string", "enum": [*Account.Segment.values, ""]}),
        "stage": Column("stage", {"type": "string", "enum": Account.Stage.values}),
        "score": Column("score", SCORE),
        "band": Column("band", BAND),
        "coverage": Column(
            "coverage",
            {**NUMBER_OR_NULL, "description": "Share of the weight that has data, 0–1."},
        ),
        "score_7d": Column("score_7d", {**NUMBER_OR_NULL, "description": "Change in 7 days."}),
        "score_30d": Column("score_30d", {**NUMBER_OR_NULL, "description": "Change in 30 days."}),
        "churn_probability": Column("churn_probability", NUMBER_OR_NULL),
        "expected_loss": Column("expected_loss", MONEY_OR_NULL),
        "mrr": Column("mrr", MONEY),
        "arr": Column("arr", MONEY),
        "renewal_on": Column("renewal_on", DAY_OR_NULL),
        "notice_deadline_on": Column("notice_deadline_on", DAY_OR_NULL),
        "last_seen_on": Column("last_seen_on", DAY_OR_NULL),
        "last_contact_on": Column("last_contact_on", DAY_OR_NULL),
        "reasons": Column(
            "reasons",
            {
                "type": "array",
                "description": "What costs most, dearest first, by measure.",
                "items": {"type": "object", "additionalProperties": True},
            },
        ),
        "is_at_risk": Column("is_at_risk", BOOLEAN),
        "is_flagged": Column(
            "is_flagged", {**BOOLEAN, "description": "A risk by somebody's judgement."}
        ),
        "risk_state": Column("risk_state", {"type": "string", "enum": RiskState.State.values}),
        "snoozed_until": Column("snoozed_until", DAY_OR_NULL),
        "day": Column("day", DAY),
        "computed_at": Column("computed_at", MOMENT),
    },
    example={"account_external_id": "acme-1", "score": 72, "band": "green", "coverage": 0.85},
    sorts={
        name: name
        for name in (
            "name",
            "score",
            "score_7d",
            "score_30d",
            "renewal_on",
            "last_seen_on",
            "last_contact_on",
        )
    },
)

_DAY_COLUMNS: dict[str, Any] = {
    "day": DAY,
    "score": SCORE,
    "band": BAND,
    "coverage": NUMBER,
    "churn_probability": NUMBER_OR_NULL,
    "expected_loss": MONEY_OR_NULL,
    "mrr": MONEY,
    "renewal_on": DAY_OR_NULL,
    "is_flagged": BOOLEAN,
    "computed_at": MOMENT,
}
HEALTH_DAY = component(
    "HealthDay",
    {
        "type": "object",
        "description": "The score of a past day, as it was said then.",
        "properties": {"account_external_id": TEXT, **_DAY_COLUMNS},
        "required": ["account_external_id", *_DAY_COLUMNS],
        "additionalProperties": False,
    },
)
HISTORY = component(
    "HealthHistory",
    {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "description": "Oldest first; days without a score are left out.",
                "items": HEALTH_DAY,
            }
        },
        "required": ["items"],
        "additionalProperties": False,
    },
)


def day_row(account: Account, row: ScoreDay) -> dict[str, Any]:
    """The score of one day."""
    found = {name: getattr(row, name) for name in _DAY_COLUMNS}
    return {"account_external_id": account.external_id, **found}


_MEASURE_NUMBERS = (
    "raw",
    "points",
    "contribution",
    "cost",
    "change_7d",
    "change_30d",
    "raw_7d",
    "raw_30d",
)
EXPLANATION = component(
    "HealthExplanation",
    {
        "type": "object",
        "description": "How the score of a day came about. Contributions are in points of the "
        "score and add up to `average`, the score before rounding and exceptions.",
        "properties": {
            "account_external_id": TEXT,
            "day": DAY,
            "computed_at": MOMENT,
            "scorecard": TEXT,
            "version": {"type": "integer"},
            "score": SCORE,
            "average": NUMBER_OR_NULL,
            "coverage": NUMBER,
            "band": BAND,
            "churn_probability": NUMBER_OR_NULL,
            "exceptions": {"type": "array", "items": {"type": "object"}},
            "measures": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "measure": MEASURE_KEY,
                        "label": TEXT,
                        "unit": TEXT,
                        "weight": NUMBER,
                        **dict.fromkeys(_MEASURE_NUMBERS, NUMBER_OR_NULL),
                    },
                    "required": ["measure", "label", "unit", "weight", *_MEASURE_NUMBERS],
                },
            },
        },
        "required": ["account_external_id", "day", "score", "coverage", "band", "measures"],
        "additionalProperties": False,
    },
)


def explanation_row(account: Account, found: Explanation) -> dict[str, Any]:
    """An explanation as plain data."""
    return {
        "account_external_id": account.external_id,
        "day": found.day,
        "computed_at": found.computed_at,
        "scorecard": found.version.scorecard.name,
        "version": found.version.number,
        "score": found.score,
        "average": found.average,
        "coverage": found.coverage,
        "band": found.band,
        "churn_probability": found.churn_probability,
        "exceptions": found.exceptions,
        "measures": [_measure(row) for row in found.rows],
    }


def _measure(row: MeasureRow) -> dict[str, Any]:
    return {
        "measure": row.measure.key,
        "label": str(row.measure.label),
        "unit": row.measure.unit.value,
        "weight": row.weight,
        **{name: getattr(row, name) for name in _MEASURE_NUMBERS},
    }
