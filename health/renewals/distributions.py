"""How much of what is open will be kept: sums of independent outcomes. No database here.

*Count.* The number of renewals among independent ones with probabilities p₁ … pₙ is
Poisson-binomial: its mass is the convolution of the n two-point masses, computed exactly.

*Money.* The sum of independent amounts, each of which takes one of a few values. Up to
``EXACT_PARTS`` amounts the masses are convolved on a grid of ``CELLS`` cells between the smallest
and the largest sum; a value between two cells is shared between them so that the mean stays
exact. Above, the normal distribution with the exact mean and variance stands in (Lyapunov), kept
within what is possible.

A range is the middle 95 % of the outcomes. It holds what the probabilities say and nothing of
whether they are right: that is what the calibration shows. Outcomes of different accounts are
taken as independent; a recession is not, and would reach beyond the range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor, sqrt
from operator import mul

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from scipy.special import ndtri

COVERED = 0.95
EXACT_PARTS = 500
CELLS = 4000
# Of one account: so many different sums are told apart.
_MOST_VALUES = 512
# Up to so many chances the mass of a count is built one by one.
_LOOPED = 100

Mass = NDArray[np.float64]


@dataclass(frozen=True)
class Range:
    """The mean of an outcome, and the bounds of the middle 95 % of it."""

    low: float
    mid: float
    high: float

    def shifted(self, by: float, scale: float = 1.0) -> "Range":
        """``(x + by) × scale`` of each."""
        return Range((self.low + by) * scale, (self.mid + by) * scale, (self.high + by) * scale)


@dataclass(frozen=True)
class Amount:
    """An uncertain amount: its possible values, rising, and how likely each is."""

    values: Sequence[float]
    chances: Sequence[float]

    @cached_property
    def mean(self) -> float:
        """The expected amount."""
        return sum(map(mul, self.values, self.chances))

    @cached_property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        mean = self.mean
        away = ((value - mean) ** 2 for value in self.values)
        return sum(map(mul, away, self.chances))


def poisson_binomial(probabilities: Sequence[float]) -> Mass:
    """Mass of the number of successes, 0 … n. Raises ``ValueError`` outside [0, 1]."""
    if len(probabilities) > _LOOPED:
        # halves, each by itself, folded by way of their transforms: n log² n instead of n²
        half = len(probabilities) // 2
        left, right = probabilities[:half], probabilities[half:]
        folded = fftconvolve(poisson_binomial(left), poisson_binomial(right))
        return np.maximum(folded, 0).astype(np.float64, copy=False)
    mass = np.ones(1)
    for chance in probabilities:
        if not 0 <= chance <= 1:
            raise ValueError(f"no probability: {chance}")
        longer = np.zeros(len(mass) + 1)
        longer[:-1] = mass * (1 - chance)
        longer[1:] += mass * chance
        mass = longer
    return mass


def count_range(probabilities: Sequence[float]) -> Range:
    """How many of independent renewals come true: the mean, and the middle 95 %."""
    below = np.cumsum(poisson_binomial(probabilities))
    low, high = _tails(below)
    return Range(float(low), float(sum(probabilities)), float(high))


def outcomes(
    base: float, parts: Sequence[tuple[float, float]], most: float | None = None
) -> Amount:
    """What an account may come to: ``base`` and each (amount, probability) that comes true.

    With ``most``, nothing counts above it. Equal sums are taken together.
    """
    found = {round(base, 4): 1.0}
    for amount, chance in parts:
        following: dict[float, float] = {}
        for value, weight in found.items():
            more = round(value + amount, 4)
            following[value] = following.get(value, 0.0) + weight * (1 - chance)
            following[more] = following.get(more, 0.0) + weight * chance
        found = _fewer(following) if len(following) > _MOST_VALUES else following
    if most is not None:
        capped: dict[float, float] = {}
        for value, weight in found.items():
            within = min(value, most)
            capped[within] = capped.get(within, 0.0) + weight
        found = capped
    values = sorted(found)
    return Amount(values, [found[value] for value in values])


def sum_range(amounts: Sequence[Amount]) -> Range:
    """The sum of independent amounts: its exact mean, and the middle 95 % of it."""
    mean = sum(amount.mean for amount in amounts)
    lowest = sum(amount.values[0] for amount in amounts)
    highest = sum(amount.values[-1] for amount in amounts)
    if highest - lowest <= 0:
        return Range(mean, mean, mean)
    if len(amounts) > EXACT_PARTS:
        reach = float(ndtri((1 + COVERED) / 2)) * sqrt(sum(a.variance for a in amounts))
        return Range(max(mean - reach, lowest), mean, min(mean + reach, highest))
    cell = (highest - lowest) / CELLS
    mass = np.zeros(CELLS + 2)
    mass[0] = 1.0
    for amount in amounts:
        places = [(value - amount.values[0]) / cell for value in amount.values]
        mass = _convolved(mass, places, amount.chances)
    low, high = _tails(np.cumsum(mass))
    return Range(
        min(lowest + low * cell, mean), mean, max(min(lowest + high * cell, highest), mean)
    )


def _tails(below: Mass) -> tuple[int, int]:
    """First places at which the cumulated mass reaches either tail."""
    tail = (1 - COVERED) / 2
    # what rounding leaves of a mass must not move a bound by a place
    low = int(np.searchsorted(below, tail + 1e-12))
    high = int(np.searchsorted(below, 1 - tail - 1e-12))
    last = len(below) - 1
    return min(low, last), min(high, last)


def _convolved(mass: Mass, places: Sequence[float], chances: Sequence[float]) -> Mass:
    """The mass moved on by each place with its chance; between two cells, shared by nearness."""
    found = np.zeros_like(mass)
    for place, chance in zip(places, chances, strict=True):
        cell = floor(place)
        share = place - cell
        for step, weight in ((cell, chance * (1 - share)), (cell + 1, chance * share)):
            if weight:
                moved = mass[: len(mass) - step] if step else mass
                found[step:] += moved * weight
                # the last cell holds what rounding would push beyond it
                if step:
                    found[-1] += mass[len(mass) - step :].sum() * weight
    return found


def _fewer(found: dict[float, float]) -> dict[float, float]:
    """Values on a grid instead, each shared by its two neighbours so that the mean stays."""
    values, weights = np.array(list(found)), np.array(list(found.values()))
    low, high = values.min(), values.max()
    cell = (high - low) / (_MOST_VALUES - 1)
    places = (values - low) / cell
    below = np.minimum(np.floor(places).astype(int), _MOST_VALUES - 2)
    share = places - below
    mass = np.bincount(below, weights * (1 - share), minlength=_MOST_VALUES)
    mass += np.bincount(below + 1, weights * share, minlength=_MOST_VALUES)
    grid = low + cell * np.arange(_MOST_VALUES)
    return dict(zip(grid.tolist(), mass.tolist(), strict=True))
