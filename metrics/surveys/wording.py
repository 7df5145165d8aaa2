"""What the grades of a scale and their groups are called, in the active language."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from metrics.surveys.scales import Scale


@dataclass(frozen=True)
class Mark:
    """One grade to choose: its value, and what a screen reader says of it."""

    value: int
    label: str


def ends(scale: Scale) -> tuple[str, str]:
    """What the lowest and the highest grade mean."""
    if scale.kind == "nps":
        return _("Not at all likely"), _("Extremely likely")
    if scale.kind == "csat":
        return _("Very dissatisfied"), _("Very satisfied")
    if scale.is_high_good:
        return _("Strongly disagree"), _("Strongly agree")
    return _("Very little effort"), _("Very much effort")


def rating_ends() -> tuple[str, str]:
    """The ends of a rating question, 1 to 5."""
    return _("Very poor"), _("Very good")


def marks(lowest: int, highest: int, low: str, high: str) -> list[Mark]:
    """The grades in order; the first and the last say what they mean."""
    said = {lowest: low, highest: high}
    return [
        Mark(value, f"{value}: {said[value]}" if value in said else str(value))
        for value in range(lowest, highest + 1)
    ]


def scale_marks(scale: Scale) -> list[Mark]:
    """The grades of a score question."""
    return marks(scale.lowest, scale.highest, *ends(scale))


def rating_marks() -> list[Mark]:
    """The grades of a rating question."""
    return marks(1, 5, *rating_ends())


def group_labels(scale: Scale) -> list[tuple[str, str]]:
    """(group, its name with its grades), the good one first."""
    names = {
        "promoter": _("Promoter"),
        "passive": _("Passive"),
        "detractor": _("Detractor"),
        "satisfied": _("Satisfied"),
        "neutral": pgettext("answer", "Neutral"),
        "unsatisfied": _("Dissatisfied"),
        "easy": _("Easy"),
        "hard": _("Hard"),
    }
    found = []
    for group in scale.groups:
        grades = [grade for grade in scale.grades if scale.group(grade) == group]
        span = f"{grades[0]}–{grades[-1]}" if len(grades) > 1 else str(grades[0])
        found.append((str(group), f"{names[group]} ({span})"))
    return found
