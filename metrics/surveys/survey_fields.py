"""What each field of a survey may be: the same rules for forms, the API and actions. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from accounts.fields import REQUIRED, BadValue, Choice, Moment, Rule, Text, Texts, Whole, YesNo
from metrics.surveys.audience import Audience
from metrics.surveys.models import LANGUAGES
from metrics.surveys.origins import Origins


@dataclass(frozen=True)
class Colour:
    """A colour as ``#rrggbb``."""

    empty: Any = "#1f5fd6"
    json_type: ClassVar = "string"
    json_more: ClassVar = {"pattern": "^#[0-9A-Fa-f]{6}$"}

    def read(self, value: Any) -> str:
        text = Text(20).read(value).lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", text):
            raise BadValue("not_a_colour", _("A colour is written like #1f5fd6."))
        return text


@dataclass(frozen=True)
class Weekdays:
    """Days of the week as ISO numbers, Monday is 1."""

    empty: Any = REQUIRED
    json_type: ClassVar = "array"
    json_more: ClassVar = {
        "items": {"type": "integer", "minimum": 1, "maximum": 7},
        "minItems": 1,
        "maxItems": 7,
    }

    def read(self, value: Any) -> list[int]:
        if not isinstance(value, list | tuple):
            raise BadValue("not_a_list", _("This must be a list."))
        days = sorted({Whole(1, 7).read(day) for day in value})
        if not days:
            raise BadValue("required", _("Choose at least one day of the week."))
        return days


@dataclass(frozen=True)
class People:
    """An audience, as `metrics.surveys.audience` reads it."""

    empty: Any = field(default_factory=dict)
    json_type: ClassVar = "object"
    json_more: ClassVar = {"additionalProperties": True}

    def read(self, value: Any) -> dict[str, Any]:
        return Audience.parse(value).as_json()


@dataclass(frozen=True)
class CesScale:
    """The highest grade of a CES scale: 5, where low is good, or 7, where high is."""

    empty: Any = 5
    json_type: ClassVar = "integer"
    json_more: ClassVar = {"enum": [5, 7]}

    def read(self, value: Any) -> int:
        return int(Choice(("5", "7")).read(value))


RULES: dict[str, Rule] = {
    "name": Text(200, empty=REQUIRED),
    "ces_scale": CesScale(),
    "languages": Texts(5, most=2, empty=REQUIRED),
    **{
        f"{name}_{language}": Text(longest)
        for name, longest in (("title", 200), ("intro", 5000), ("thanks", 5000), ("subject", 200))
        for language in LANGUAGES
    },
    "brand_name": Text(200),
    "brand_colour": Colour(),
    "audience": People(),
    "by_mail": YesNo(),
    "by_link": YesNo(),
    "by_embed": YesNo(),
    "after_case": YesNo(),
    "touchpoint": Text(100),
    "embed_origins": Origins(),
    "embed_gap_days": Whole(1, 3650, empty=30),
    "window_days": Weekdays(),
    "window_from": Whole(0, 23, empty=REQUIRED),
    "window_to": Whole(1, 24, empty=REQUIRED),
    "recurrence_months": Whole(1, 36),
    "reminders": Whole(0, 3, empty=0),
    "reminder_days": Whole(1, 60, empty=7),
    "answer_days": Whole(1, 365, empty=30),
    "starts_at": Moment(),
    "closes_at": Moment(),
}
