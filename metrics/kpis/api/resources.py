"""KPIs as the API shows them."""

from typing import Any

from cs_platform.core.openapi import component
from cs_platform.core.resources import (
    BOOLEAN,
    DAY,
    DAY_OR_NULL,
    MOMENT,
    MONEY_OR_NULL,
    number_type,
    text_type,
)
from metrics.kpis.definitions import KPIS, Kpi, Unit
from metrics.kpis.models import AsOfRequest, Figure, Period
from metrics.kpis.queries.series import Point
from metrics.kpis.queries.shapes import FigureView, PeriodView

TEXT = text_type()
NUMBER_OR_NULL = number_type(nullable=True)
COUNT = number_type("integer")
KIND = {"type": "string", "enum": Period.Kind.values}
CUTS = [value for value in Figure.Dimension.values if value and value != Figure.Dimension.REASON]

PERIOD = component(
    "Period",
    {
        "type": "object",
        "description": "Days [starts_on, ends_on) in the workspace's calendar. `until_on` is the "
        "first day not counted yet, `ends_on` once the period is over.",
        "properties": {
            "kind": KIND,
            "starts_on": DAY,
            "ends_on": DAY,
            "until_on": DAY,
            "is_open": {**BOOLEAN, "description": "It still runs."},
            "is_restated": {
                **BOOLEAN,
                "description": "Something became known after its end that changed it.",
            },
            "as_of": {**DAY_OR_NULL, "description": "The past day it is shown as of."},
            "computed_at": MOMENT,
        },
        "required": ["kind", "starts_on", "ends_on", "until_on", "is_open", "is_restated"],
        "additionalProperties": False,
    },
)
_FIGURE: dict[str, Any] = {
    "figure": {
        **NUMBER_OR_NULL,
        "description": "In the unit of the KPI, shares 0–1; null where there was nothing to divide "
        "by, or no exchange rate.",
    },
    "low": {**NUMBER_OR_NULL, "description": "Lower end of the 95% interval."},
    "high": {**NUMBER_OR_NULL, "description": "Upper end of the 95% interval."},
    "numerator": MONEY_OR_NULL,
    "denominator": MONEY_OR_NULL,
    "n": {**COUNT, "description": "Accounts (renewals: contracts) behind the figure."},
    "missing": {
        **COUNT,
        "description": "Accounts left out because no exchange rate was in force.",
    },
}
FIGURE = component(
    "Figure",
    {
        "type": "object",
        "properties": _FIGURE,
        "required": list(_FIGURE),
        "additionalProperties": False,
    },
)
_KPI: dict[str, Any] = {
    "name": TEXT,
    "label": TEXT,
    "unit": {"type": "string", "enum": [unit.value for unit in Unit]},
    "currency": text_type(nullable=True, description="Of a KPI in money."),
    "good": {"type": "string", "enum": ["up", "down"], "description": "Which way is good."},
    "formula": TEXT,
    "cuts": {"type": "array", "items": {"type": "string", "enum": CUTS}},
}
_FIGURE_OR_NULL = {"oneOf": [FIGURE, {"type": "null"}]}
METRICS = component(
    "Metrics",
    {
        "type": "object",
        "description": "Every KPI of one period.",
        "properties": {
            "period": {"oneOf": [PERIOD, {"type": "null"}]},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {**_KPI, "current": _FIGURE_OR_NULL},
                    "required": [*_KPI, "current"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["period", "items"],
        "additionalProperties": False,
    },
)
METRIC = component(
    "Metric",
    {
        "type": "object",
        "description": "One KPI: its figure, how it has come to be so, and its cut.",
        "properties": {
            **_KPI,
            "period": {"oneOf": [PERIOD, {"type": "null"}]},
            "current": _FIGURE_OR_NULL,
            "trend": {
                "type": "array",
                "description": "Oldest first. `figure` is as first known, `restated` with what "
                "became known after the period was closed, null where that changed nothing.",
                "items": {
                    "type": "object",
                    "properties": {
                        "period": PERIOD,
                        "figure": _FIGURE_OR_NULL,
                        "restated": _FIGURE_OR_NULL,
                    },
                    "required": ["period", "figure", "restated"],
                    "additionalProperties": False,
                },
            },
            "cut": {
                "type": ["array", "null"],
                "description": "By the values of the dimension asked for with `cut`.",
                "items": {
                    "type": "object",
                    "properties": {
                        "value": {**TEXT, "description": "Empty for accounts without one."},
                        "label": TEXT,
                        **_FIGURE,
                    },
                    "required": ["value", "label", *_FIGURE],
                    "additionalProperties": False,
                },
            },
        },
        "required": [*_KPI, "period", "current", "trend", "cut"],
        "additionalProperties": False,
    },
)
WAITING = component(
    "MetricsWaiting",
    {
        "type": "object",
        "description": "The day is being computed. Ask again after `Retry-After` seconds.",
        "properties": {
            "state": {"type": "string", "enum": AsOfRequest.State.values},
            "as_of": DAY,
            "requested_at": MOMENT,
        },
        "required": ["state", "as_of", "requested_at"],
        "additionalProperties": False,
    },
)


def period_row(period: PeriodView | None) -> dict[str, Any] | None:
    """A period, null where nothing has been computed yet."""
    if period is None:
        return None
    return {
        "kind": period.kind,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "until_on": period.until_on,
        "is_open": period.is_open,
        "is_restated": period.is_restated,
        "as_of": period.as_of,
        "computed_at": period.computed_at,
    }


def figure_row(found: FigureView | None) -> dict[str, Any] | None:
    """A figure, null where the period has none."""
    if found is None:
        return None
    return {
        "figure": found.figure,
        "low": found.low,
        "high": found.high,
        "numerator": _text(found.numerator),
        "denominator": _text(found.denominator),
        "n": found.n,
        "missing": found.missing,
    }


def _text(value: Any) -> str | None:
    return None if value is None else format(value, "f")


def kpi_row(kpi: Kpi, currency: str) -> dict[str, Any]:
    """What a KPI is."""
    return {
        "name": kpi.slug,
        "label": str(kpi.label),
        "unit": kpi.unit.value,
        "currency": currency if kpi.unit == Unit.MONEY else None,
        "good": kpi.direction,
        "formula": str(kpi.formula),
        "cuts": [str(cut) for cut in kpi.cuts],
    }


def point_row(point: Point) -> dict[str, Any]:
    """One period of a trend."""
    return {
        "period": period_row(point.period),
        "figure": figure_row(point.figure),
        "restated": figure_row(point.restated),
    }


def cut_row(found: FigureView) -> dict[str, Any]:
    """One value of a cut."""
    row = figure_row(found)
    assert row is not None  # noqa: S101 - for the type checker: a figure is given
    return {"value": found.value, "label": found.label, **row}


EXAMPLE = next(iter(KPIS))
