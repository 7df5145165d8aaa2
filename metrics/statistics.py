"""How sure a figure is: intervals, differences and sample sizes. Pure functions, no database.

Every estimate carries a 95 % interval. Three rules hold throughout:

- no answers is `None`, never a made-up figure;
- under `FEW` answers, or where all answers are alike, the plain interval of a score or a mean is
  too narrow (±0 for unanimous answers), so an adjusted one takes its place: `PSEUDO_ANSWERS`
  answers centred on the middle of the scale are added before the same formula is applied (the
  adjusted Wald interval of Rocks, "Interval Estimation for the Net Promoter Score", The American
  Statistician 70, 2016, with Student's quantile, without which five lopsided answers would be
  covered 89 times of a hundred, not 95);
- an interval stays on its scale and contains the value it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal, NamedTuple

# scipy.stats has the same quantiles and takes a second to import.
from scipy.special import ndtri, stdtrit

CONFIDENCE = 0.95

# From here on a figure stands without the mark "few answers" and with the plain interval.
FEW = 30

# Rocks' AW(3, T): three answers, a quarter of them at either end and half in the middle.
PSEUDO_ANSWERS = 3.0
PSEUDO_VARIANCE = 0.5  # of the square of half the scale

Kind = Literal["share", "nps"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, both in the figure's own unit.

    `n` counts the answers behind it. `is_adjusted` says that the interval is the adjusted one, for
    few or unanimous answers.
    """

    value: float
    low: float
    high: float
    n: int
    is_adjusted: bool = False

    @property
    def is_few(self) -> bool:
        """Whether there are too few answers to lean on: shown, and marked as such."""
        return self.n < FEW

    @property
    def margin(self) -> float:
        """Half the width of the interval: the figure after "±"."""
        return (self.high - self.low) / 2


class Difference(NamedTuple):
    """How far two estimates lie apart, with the 95 % interval of the distance.

    `is_noise` says that the interval contains no change at all.
    """

    delta: float
    low: float
    high: float
    is_noise: bool


def nps(promoters: int, passives: int, detractors: int) -> Estimate | None:
    """The Net Promoter Score, −100 to 100: the share of promoters less that of detractors.

    The variance of one answer coded −1, 0, +1 is p + d − (p − d)². Raises ValueError on a negative
    count.
    """
    if min(promoters, passives, detractors) < 0:
        raise ValueError("counts of answers cannot be negative")
    n = promoters + passives + detractors
    if not n:
        return None
    p, d = promoters / n, detractors / n
    value = p - d
    is_adjusted = n < FEW or n in (promoters, passives, detractors)
    if is_adjusted:
        size = n + PSEUDO_ANSWERS
        # A quarter of the pseudo-answers on either side: their variance is half the widest.
        side = PSEUDO_ANSWERS * PSEUDO_VARIANCE / 2
        p, d = (promoters + side) / size, (detractors + side) / size
        centre, quantile = p - d, _student(CONFIDENCE, size - 1)
    else:
        size, centre, quantile = float(n), value, _normal(CONFIDENCE)
    reach = quantile * sqrt((p + d - (p - d) ** 2) / size)
    low, high = _bounded(value, centre, reach, -1.0, 1.0)
    return Estimate(100 * value, 100 * low, 100 * high, n, is_adjusted)


def share(successes: int, n: int) -> Estimate | None:
    """A share, 0 to 1, with Wilson's score interval, which holds for few and unanimous answers.

    Raises ValueError where the successes are not among the n.
    """
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if not n:
        return None
    z2 = _normal(CONFIDENCE) ** 2
    value = successes / n
    centre = (successes + z2 / 2) / (n + z2)
    reach = sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    low, high = _bounded(value, centre, reach, 0.0, 1.0)
    return Estimate(value, low, high, n)


def mean(
    n: int, mean: float | None, sd: float | None, lowest: float, highest: float
) -> Estimate | None:
    """A mean of answers on the scale `lowest` to `highest`, with Student's t interval.

    `sd` is the sample standard deviation (n − 1), None for a single answer, as PostgreSQL's
    `stddev_samp` has it. Raises ValueError for a mean off the scale or a negative deviation.
    """
    if n < 0 or lowest >= highest:
        raise ValueError("a mean needs a count and a scale")
    if not n or mean is None:
        return None
    sd = sd or 0.0
    # Sums in floating point may pass the end of the scale by a hair.
    slack = 1e-9 * (highest - lowest)
    if sd < 0 or not lowest - slack <= mean <= highest + slack:
        raise ValueError(f"a mean of {mean} with a deviation of {sd} is off the scale")
    value = min(max(mean, lowest), highest)
    is_adjusted = n < FEW or sd <= slack
    if is_adjusted:
        middle, half = (lowest + highest) / 2, (highest - lowest) / 2
        size = n + PSEUDO_ANSWERS
        centre = (n * value + PSEUDO_ANSWERS * middle) / size
        squares = (
            (n - 1) * sd**2
            + n * (value - centre) ** 2
            + PSEUDO_ANSWERS * (PSEUDO_VARIANCE * half**2 + (middle - centre) ** 2)
        )
        deviation = sqrt(squares / (size - 1))
    else:
        size, centre, deviation = float(n), value, sd
    reach = _student(CONFIDENCE, size - 1) * deviation / sqrt(size)
    low, high = _bounded(value, centre, reach, lowest, highest)
    return Estimate(value, low, high, n, is_adjusted)


def difference(later: Estimate, earlier: Estimate) -> Difference:
    """The change from `earlier` to `later`, which are independent of each other.

    The interval is put together from the two by squares of their reaches (Newcombe 1998, method 10;
    Zou & Donner 2008), so it holds for lopsided intervals, and is the usual one for even ones.
    """
    delta = later.value - earlier.value
    low = delta - sqrt((later.value - later.low) ** 2 + (earlier.high - earlier.value) ** 2)
    high = delta + sqrt((later.high - later.value) ** 2 + (earlier.value - earlier.low) ** 2)
    return Difference(delta, low, high, low <= 0 <= high)


def answers_needed(
    margin: float,
    kind: Kind = "share",
    population: int | None = None,
    confidence: float = CONFIDENCE,
) -> int:
    """Answers needed for an interval of ±`margin` points at worst.

    Points are percentage points of a share, or points of the score. Worst case: a share of one
    half, or a score of 0 without passives. With a known population fewer do (finite-population
    correction), and never more than there are. Raises ValueError for a margin, a population or a
    confidence that means nothing.
    """
    if not 0 < margin <= 100:
        raise ValueError("the margin must lie between 0 and 100 points")
    if not 0 < confidence < 1:
        raise ValueError("the confidence must lie between 0 and 1")
    if population is not None and population < 1:
        raise ValueError("the population must be at least 1")
    worst_variance = {"share": 0.25, "nps": 1.0}[kind]
    needed = worst_variance * (_normal(confidence) * 100 / margin) ** 2
    if population is not None:
        needed = needed / (1 + (needed - 1) / population) if needed > 1 else 1.0
        return min(ceil(needed), population)
    return max(ceil(needed), 1)


def invitations_needed(answers: int, response_rate: float) -> int:
    """Invitations to send for so many answers, where `response_rate` (over 0, to 1) answer."""
    if answers < 0 or not 0 < response_rate <= 1:
        raise ValueError("the response rate must lie between 0 and 1")
    # 385 answers at 0.35 are 1,100 invitations, not 1,101 for a rounding error.
    return ceil(round(answers / response_rate, 9))


def _bounded(
    value: float, centre: float, reach: float, lowest: float, highest: float
) -> tuple[float, float]:
    low = max(min(centre - reach, value), lowest)
    return low, min(max(centre + reach, value), highest)


def _normal(confidence: float) -> float:
    return float(ndtri((1 + confidence) / 2))


def _student(confidence: float, freedom: float) -> float:
    return float(stdtrit(freedom, (1 + confidence) / 2))
