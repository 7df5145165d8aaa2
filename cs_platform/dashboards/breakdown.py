"""A score taken apart: one line per measure, and what changed it in words."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.core.templatetags.formats import number, signed
from health.measures import EXCEPTION_LABELS, Measure
from health.queries.explain import Explanation, MeasureRow
from health.reasons import format_raw

CHANGES_SHOWN = 3
# Smaller moves of a measure's share of the score are noise to a reader.
LEAST_MOVE = 0.5


@dataclass(frozen=True)
class MeasureLine:
    """One measure as the page shows it.

    ``full`` is the most it could add to the score, ``contribution`` what it adds; the widths are
    both as shares of the largest ``full``, in percent.
    """

    measure: Measure
    value: str
    points: float | None
    weight: float
    contribution: float
    full: float
    had_width: str
    full_width: str
    change_7d: float | None
    change_30d: float | None


def measure_lines(explanation: Explanation) -> list[MeasureLine]:
    """Every measure, those that cost the score most first, those without data last."""
    rows = sorted(explanation.rows, key=lambda row: (row.points is None, -(row.cost or 0)))
    largest = max((_full(row) for row in rows), default=0) or 1
    return [
        MeasureLine(
            measure=row.measure,
            value=format_raw(row.measure.key, row.raw),
            points=row.points,
            weight=row.weight,
            contribution=row.contribution or 0,
            full=_full(row),
            had_width=f"{100 * (row.contribution or 0) / largest:.1f}",
            full_width=f"{100 * _full(row) / largest:.1f}",
            change_7d=row.change_7d,
            change_30d=row.change_30d,
        )
        for row in rows
    ]


def _full(row: MeasureRow) -> float:
    return (row.contribution or 0) + (row.cost or 0)


def change_words(explanation: Explanation) -> list[str]:
    """What moved the score since 7 and since 30 days ago, the strongest measures first."""
    words = []
    for days, change, before in ((7, "change_7d", "raw_7d"), (30, "change_30d", "raw_30d")):
        moved = [(_effect(row, getattr(row, change)), row) for row in explanation.rows]
        strong = sorted(
            (pair for pair in moved if abs(pair[0]) >= LEAST_MOVE), key=lambda pair: -abs(pair[0])
        )
        if strong:
            parts = [_part(row, effect, getattr(row, before)) for effect, row in strong]
            words.append(
                _("Since %(days)d days ago: %(parts)s")
                % {"days": days, "parts": _("; ").join(parts[:CHANGES_SHOWN])}
            )
    return words


def _effect(row: MeasureRow, change: float | None) -> float:
    """What a change of a measure's points is worth in points of the score."""
    return (change or 0) * _full(row) / 100


def _part(row: MeasureRow, effect: float, before: float | None) -> str:
    return _("%(measure)s from %(before)s to %(after)s (%(effect)s points)") % {
        "measure": row.measure.label,
        "before": format_raw(row.measure.key, before),
        "after": format_raw(row.measure.key, row.raw),
        "effect": signed(effect, 1),
    }


def rule_words(explanation: Explanation) -> list[str]:
    """The exceptions that hold the score down."""
    return [_rule(rule, explanation) for rule in explanation.exceptions]


def _rule(rule: dict[str, Any], explanation: Explanation) -> str:
    return _("%(rule)s: this rule keeps the score at %(cap)s at most (%(average)s without it)") % {
        "rule": EXCEPTION_LABELS.get(rule["key"], rule["key"]),
        "cap": number(rule["cap"]),
        "average": number(explanation.average),
    }
