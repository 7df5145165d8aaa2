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
from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

COVERED = 0.95
EXACT_PARTS = 500
CELLS = 4000
# Of one account: so many different sums are told apart.
_MOST_VALUES = 512

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
    """An uncertain amount: its possible values and how likely each is."""

    values: Mass
    chances: Mass

    @property
    def mean(self) -> float:
        """The expected amount."""
        return float(self.values @ self.chances)

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        away = self.values - self.mean
        return float((away * away) @ self.chances)


def poisson_binomial(probabilities: Sequence[float]) -> Mass:
    """Mass of the number of successes, 0 … n. Raises ``ValueError`` outside [0, 1]."""
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
    values, chances = np.array([base]), np.ones(1)
    for amount, chance in parts:
        values = np.concatenate([values, values + amount])
        chances = np.concatenate([chances * (1 - chance), chances * chance])
        values, chances = _together(values, chances)
    if most is not None:
        values, chances = _together(np.minimum(values, most), chances)
    return Amount(values, chances)


def sum_range(amounts: Sequence[Amount]) -> Range:
    """The sum of independent amounts: its exact mean, and the middle 95 % of it."""
    mean = sum(amount.mean for amount in amounts)
    lowest = float(sum(amount.values.min() for amount in amounts))
    highest = float(sum(amount.values.max() for amount in amounts))
    if highest - lowest <= 0:
        return Range(mean, mean, mean)
    if len(amounts) > EXACT_PARTS:
        reach = float(ndtri((1 + COVERED) / 2)) * sqrt(sum(a.variance for a in amounts))
        return Range(max(mean - reach, lowest), mean, min(mean + reach, highest))
    cell = (highest - lowest) / CELLS
    mass = np.zeros(CELLS + 2)
    mass[0] = 1.0
    for amount in amounts:
        mass = _convolved(mass, (amount.values - amount.values.min()) / cell, amount.chances)
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


def _convolved(mass: Mass, places: Mass, chances: Mass) -> Mass:
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


def _together(values: Mass, chances: Mass) -> tuple[Mass, Mass]:
    """Equal values taken together, and near ones where there are too many to tell apart."""
    distinct, which = np.unique(np.round(values, 4), return_inverse=True)
    summed = _weights(which, chances, len(distinct))
    if len(distinct) <= _MOST_VALUES:
        return distinct, summed
    low, high = distinct[0], distinct[-1]
    cell = (high - low) / (_MOST_VALUES - 1)
    places = (distinct - low) / cell
    below = np.minimum(np.floor(places).astype(int), _MOST_VALUES - 2)
    share = places - below
    mass = _weights(below, summed * (1 - share), _MOST_VALUES)
    mass += _weights(below + 1, summed * share, _MOST_VALUES)
    return low + cell * np.arange(_MOST_VALUES), mass


def _weights(places: NDArray[np.intp], weights: Mass, count: int) -> Mass:
    """The sum of the weights at each of ``count`` places."""
    # with weights the counts are floats already: what is converted is the declared type
    return np.bincount(places, weights=weights, minlength=count).astype(np.float64, copy=False)
