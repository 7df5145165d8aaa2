"""The scales of satisfaction, and the group each grade belongs to. The one place that knows.

NPS asks from 0 to 10: 0–6 detractor, 7–8 passive, 9–10 promoter. CSAT asks from 1 to 5: 4 and 5
(the top two boxes) are satisfied, 3 is neutral. CES asks for the effort: from 1 to 5 low is good,
and the two worst grades are 4 and 5; its variant asks for agreement that it was easy, from 1 to 7,
where high is good and the two worst grades are 1 and 2.
"""

from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "promoter", "passive", "detractor", "satisfied", "neutral", "unsatisfied", "easy", "hard", ""
]


@dataclass(frozen=True)
class Scale:
    """Grades from ``lowest`` to ``highest``, and the groups they fall into.

    ``follow_up`` are the grades at which somebody is to contact the customer at once.
    """

    kind: str
    lowest: int
    highest: int
    is_high_good: bool
    good_group: Group
    middle_group: Group
    bad_group: Group
    good: range
    middle: range
    follow_up: range

    @property
    def grades(self) -> range:
        """Every grade, lowest first."""
        return range(self.lowest, self.highest + 1)

    @property
    def groups(self) -> tuple[Group, Group, Group]:
        """The groups, the good one first."""
        return (self.good_group, self.middle_group, self.bad_group)

    def group(self, score: int) -> Group:
        """The group of a grade. Raises ``ValueError`` for a grade off the scale."""
        if score not in self.grades:
            raise ValueError(f"{score} is not a grade from {self.lowest} to {self.highest}")
        if score in self.good:
            return self.good_group
        return self.middle_group if score in self.middle else self.bad_group


NPS = Scale(
    "nps", 0, 10, True, "promoter", "passive", "detractor",
    good=range(9, 11), middle=range(7, 9), follow_up=range(7),
)  # fmt: skip
CSAT = Scale(
    "csat", 1, 5, True, "satisfied", "neutral", "unsatisfied",
    good=range(4, 6), middle=range(3, 4), follow_up=range(1, 3),
)  # fmt: skip
CES5 = Scale(
    "ces", 1, 5, False, "easy", "neutral", "hard",
    good=range(1, 3), middle=range(3, 4), follow_up=range(4, 6),
)  # fmt: skip
CES7 = Scale(
    "ces", 1, 7, True, "easy", "neutral", "hard",
    good=range(5, 8), middle=range(4, 5), follow_up=range(1, 3),
)  # fmt: skip


def of(kind: str, highest: int | None) -> Scale | None:
    """The scale of a kind of survey; ``highest`` (5 or 7) tells CES's two apart.

    None for hearing surveys, which have no score.
    """
    match kind:
        case "nps":
            return NPS
        case "csat":
            return CSAT
        case "ces":
            return CES7 if highest == CES7.highest else CES5
    return None


def group(kind: str, highest: int | None, score: int | None) -> Group:
    """The group of a score: promoter, satisfied, easy and so on; '' where there is none."""
    scale = of(kind, highest)
    if scale is None or score is None or score not in scale.grades:
        return ""
    return scale.group(score)


def needs_follow_up(kind: str, highest: int | None, score: int | None) -> bool:
    """Whether a score calls for contact at once: a detractor, CSAT ≤ 2, the two worst of CES."""
    scale = of(kind, highest)
    return scale is not None and score is not None and score in scale.follow_up
