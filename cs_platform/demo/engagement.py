"""The hidden cause: how much a customer gets out of the product, week by week."""

from dataclasses import dataclass, field
from math import exp

import numpy as np

# weeks between contacts at an owner of ordinary load
_RHYTHM = {"high_touch": 2.6, "mid_touch": 4.5, "tech_touch": 6.5}
_PATIENCE_WEEKS = 9
_RETURN = 0.07
_SHAKE = 0.17
_NEGLECT = 0.16
_LIFT = 0.14
_LOOK_AROUND = 0.28
_CHAMPION_GOES = 0.0025
_CHAMPION_GAP = 1.5
_NEGLECT_BEGINS = 0.0045


def level(engagement: float) -> float:
    """Share of full use, 0–1, at a hidden engagement."""
    return 1 / (1 + exp(-1.5 * engagement))


@dataclass
class Engagement:
    """The process; ``step`` moves it by a week and says whether somebody talked to the customer."""

    fit: float
    tier: str
    load: float
    rng: np.random.Generator
    weeks: list[float] = field(default_factory=list)
    silent_weeks: int = 0
    champion_left_week: int | None = None
    _next_contact: float = 0.0
    _silent_until: int = 0

    def step(self, *, is_renewal_near: bool) -> bool:
        """One week on. Returns whether there was a contact in it.

        In the months before a renewal, those who get little out of the product look around and
        move their work elsewhere; the others do not.
        """
        week = len(self.weeks)
        chance = self.rng.random(3)
        worth = 0.95 + 0.5 * self.fit
        if self.champion_left_week is not None:
            worth -= _CHAMPION_GAP
        engagement = self.weeks[-1] if self.weeks else worth + 0.4
        engagement += _RETURN * (worth - engagement) + float(self.rng.normal(0, _SHAKE))
        if is_renewal_near and week > 12:
            engagement -= _LOOK_AROUND * max(0.0, 0.5 - self.recent())
        if week > 12 and chance[0] < _CHAMPION_GOES and self.champion_left_week is None:
            self.champion_left_week = week
        if week > 10 and chance[1] < _NEGLECT_BEGINS * self.load and week >= self._silent_until:
            self._silent_until = week + int(self.rng.integers(14, 36))
        is_contact = week >= self._next_contact and week >= self._silent_until
        if is_contact:
            rhythm = 1.5 if week < 8 else _RHYTHM[self.tier] * self.load
            self._next_contact = week + max(1.0, float(self.rng.gamma(4, rhythm / 4)))
            engagement += _LIFT
            # a new champion is found by talking
            is_found = chance[2] < 0.2
            if (
                is_found
                and self.champion_left_week is not None
                and week > self.champion_left_week + 6
            ):
                self.champion_left_week = None
        self.silent_weeks = 0 if is_contact else self.silent_weeks + 1
        if self.silent_weeks > _PATIENCE_WEEKS:
            engagement -= _NEGLECT
        self.weeks.append(engagement)
        return is_contact

    def recent(self) -> float:
        """Mean engagement over the last eight weeks."""
        last = self.weeks[-8:]
        return sum(last) / len(last)

    def fall(self) -> float:
        """How far the last eight weeks lie below the quarter before them; 0 when they do not."""
        before = self.weeks[-21:-8]
        return max(0.0, sum(before) / len(before) - self.recent()) if before else 0.0

    def risk(self, base: float) -> float:
        """Chance of leaving at a decision taken now; ``base`` is its logit at engagement 0."""
        silence = max(0, self.silent_weeks - _PATIENCE_WEEKS)
        return 1 / (1 + exp(-(base - 2.2 * self.recent() + 1.6 * self.fall() + 0.05 * silence)))
