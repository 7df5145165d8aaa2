"""The measures a scorecard can be made of, and the facts its exceptions can ask for.

A measure's ``position`` is its place in the stored arrays and in ``sql/measure.sql``: new measures
are added at the end, so that stored history keeps its meaning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Group(StrEnum):
    """What a measure speaks of."""

    USAGE = "usage"
    ADOPTION = "adoption"
    SENTIMENT = "sentiment"
    SUPPORT = "support"
    RELATIONSHIP = "relationship"
    COMMERCIAL = "commercial"
    ONBOARDING = "onboarding"


GROUP_LABELS: dict[Group, Any] = {
    Group.USAGE: pgettext_lazy("group of measures", "Usage"),
    Group.ADOPTION: pgettext_lazy("group of measures", "Adoption"),
    Group.SENTIMENT: pgettext_lazy("group of measures", "Sentiment"),
    Group.SUPPORT: pgettext_lazy("group of measures", "Support"),
    Group.RELATIONSHIP: pgettext_lazy("group of measures", "Relationship"),
    Group.COMMERCIAL: pgettext_lazy("group of measures", "Commercial"),
    Group.ONBOARDING: pgettext_lazy("group of measures", "Onboarding"),
}


class Unit(StrEnum):
    """Unit of a raw value."""

    PERCENT = "percent"
    DAYS = "days"
    COUNT = "count"
    PER_WEEK = "per_week"
    SCORE = "score"
    GRADE = "grade"


UNIT_LABELS: dict[Unit, Any] = {
    Unit.PERCENT: _("%"),
    Unit.DAYS: pgettext_lazy("unit", "days"),
    Unit.COUNT: pgettext_lazy("unit", "count"),
    Unit.PER_WEEK: pgettext_lazy("unit", "per user and week"),
    Unit.SCORE: pgettext_lazy("unit", "points from −100 to 100"),
    Unit.GRADE: pgettext_lazy("unit", "grade from 1 to 5"),
}

PERCENTILE = "percentile"


@dataclass(frozen=True)
class Measure:
    """One measure: ``points`` are the default break points (raw value, points), or percentile.

    ``options`` are whole numbers bound in the SQL as ``<key>_<option>``, with their defaults.
    ``definition`` is the sentence shown beside the figure.
    """

    position: int
    key: str
    label: Any
    definition: Any
    group: Group
    unit: Unit
    weight: float
    points: tuple[tuple[float, float], ...] | str
    direction: str = "up"
    options: Mapping[str, int] = field(default_factory=dict)
    entry: str = ""

    @property
    def glossary(self) -> str:
        """Slug of the glossary entry: ``entry``, or the key's own."""
        return self.entry or self.key.replace("_", "-")


MEASURES: tuple[Measure, ...] = (
    Measure(
        1,
        "usage_trend",
        _("Usage trend"),
        _(
            "Events per day over the last 28 complete days, as a percentage of the account's own "
            "average over the 84 days before them. The baseline begins with the first use in those "
            "84 days and is at least 28 days long; both windows are whole weeks."
        ),
        Group.USAGE,
        Unit.PERCENT,
        20,
        ((0, 0), (50, 25), (80, 60), (100, 85), (120, 100)),
        options={"days": 28, "baseline_days": 84, "minimum_days": 28},
    ),
    Measure(
        2,
        "active_users",
        _("Active users"),
        _("Users seen in the last 28 days, as a percentage of the seats bought."),
        Group.ADOPTION,
        Unit.PERCENT,
        15,
        ((0, 0), (20, 30), (50, 70), (80, 100)),
        options={"days": 28},
    ),
    Measure(
        3,
        "active_days",
        _("Active days"),
        _("Days of the last 28 on which anybody used the product."),
        Group.USAGE,
        Unit.DAYS,
        10,
        ((0, 0), (4, 30), (10, 65), (20, 100)),
        options={"days": 28},
    ),
    Measure(
        4,
        "feature_breadth",
        _("Feature breadth"),
        _("Different events used in the last 28 days, ranked among the workspace's accounts."),
        Group.ADOPTION,
        Unit.COUNT,
        10,
        PERCENTILE,
        options={"days": 28},
    ),
    Measure(
        5,
        "login_count",
        _("Log-ins"),
        _("Log-ins in the last 28 days, ranked among the workspace's accounts."),
        Group.USAGE,
        Unit.COUNT,
        5,
        PERCENTILE,
        options={"days": 28},
        entry="login-frequency",
    ),
    Measure(
        6,
        "login_frequency",
        _("Log-in frequency"),
        _("Log-ins of the last 28 days per active user and week."),
        Group.USAGE,
        Unit.PER_WEEK,
        10,
        ((0, 0), (1, 40), (3, 80), (5, 100)),
        options={"days": 28},
    ),
    Measure(
        7,
        "last_seen",
        pgettext_lazy("account", "Last seen"),
        _("Days since anybody last used the product."),
        Group.USAGE,
        Unit.DAYS,
        15,
        ((3, 100), (7, 80), (14, 50), (30, 10), (45, 0)),
        direction="down",
    ),
    Measure(
        8,
        "last_contact",
        _("Last contact"),
        _("Days since anybody of us and the customer last spoke; notes do not count."),
        Group.RELATIONSHIP,
        Unit.DAYS,
        10,
        ((14, 100), (30, 85), (60, 50), (90, 20), (120, 0)),
        direction="down",
    ),
    Measure(
        9,
        "onboarding_lateness",
        _("Onboarding lateness"),
        _(
            "Days by which onboarding is, or was, later than due; counted until 90 days after its "
            "completion."
        ),
        Group.ONBOARDING,
        Unit.DAYS,
        10,
        ((0, 100), (14, 60), (30, 30), (60, 0)),
        direction="down",
        options={"days": 90},
    ),
    Measure(
        10,
        "contract_trend",
        _("Contract trend"),
        _("Monthly recurring revenue as a percentage of what it was 180 days before."),
        Group.COMMERCIAL,
        Unit.PERCENT,
        10,
        ((50, 0), (80, 40), (100, 75), (120, 100)),
        options={"days": 180},
    ),
    Measure(
        11,
        "renewal_distance",
        _("Renewal distance"),
        _("Days to the nearest end of a contract's term; negative when it is overdue."),
        Group.COMMERCIAL,
        Unit.DAYS,
        5,
        ((0, 20), (30, 50), (90, 80), (180, 100)),
        entry="renewal",
    ),
    Measure(
        12,
        "nps",
        _("NPS"),
        _(
            "Promoters less detractors among the account's people, per 100 of them, each with the "
            "latest answer of the last 365 days."
        ),
        Group.SENTIMENT,
        Unit.SCORE,
        10,
        ((-100, 0), (0, 50), (50, 85), (100, 100)),
        options={"days": 365},
    ),
    Measure(
        13,
        "csat",
        _("CSAT"),
        _("Mean of the latest CSAT grades of the account's people in the last 365 days."),
        Group.SENTIMENT,
        Unit.GRADE,
        5,
        ((1, 0), (3, 40), (4, 75), (5, 100)),
        options={"days": 365},
    ),
    Measure(
        14,
        "ces",
        _("CES"),
        _(
            "Mean of the latest CES grades of the account's people in the last 365 days, on the "
            "scale from 1 to 5 where low is good; answers from 1 to 7 are converted to it."
        ),
        Group.SENTIMENT,
        Unit.GRADE,
        5,
        ((1, 100), (2, 80), (3, 50), (4, 20), (5, 0)),
        direction="down",
        options={"days": 365},
    ),
)
BY_KEY: dict[str, Measure] = {measure.key: measure for measure in MEASURES}

# Facts beside the measures, by their place in sql/measure.sql.
FACTS: dict[str, int] = {"notice_given": 1}

EXCEPTION_LABELS: dict[str, Any] = {
    "notice_given": _("Cancellation notice has been given"),
    "silent": _("Nobody has used the product for 45 days"),
}


def fact_position(name: str) -> int:
    """Place of a fact or of a measure's raw value in facts followed by raw values."""
    return FACTS[name] if name in FACTS else len(FACTS) + BY_KEY[name].position


def value_of(values: Sequence[float | None], key: str) -> float | None:
    """A measure's place in the stored values of a day; days before it existed have none of it."""
    position = BY_KEY[key].position
    return values[position - 1] if position <= len(values) else None
