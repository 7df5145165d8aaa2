"""Survival curves: Kaplan–Meier with Greenwood's variance and the log-log band. Pure.

Formulas: Kaplan & Meier (1958); Greenwood (1926); the band on log(−log S) of Kalbfleisch &
Prentice, *The Statistical Analysis of Failure Time Data*, 2nd ed., section 1.4, which stays within
0 and 1. The restricted mean is the area under the curve up to a horizon, its variance that of
Klein & Moeschberger, *Survival Analysis*, 2nd ed., section 4.5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from scipy.special import ndtri

from metrics.statistics import CONFIDENCE, Estimate, share

DAYS_PER_MONTH = 30.4375
_Z = float(ndtri((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Step:
    """The curve from ``time`` on, where somebody ended; ``at_risk`` is who was left before."""

    time: float
    survival: float
    low: float
    high: float
    at_risk: int
    ended: int


@dataclass(frozen=True)
class Survival:
    """A curve: 1 from time 0 to its first step. ``horizon`` is the longest time observed."""

    steps: tuple[Step, ...]
    horizon: float
    n: int
    ended: int

    def at(self, time: float) -> float | None:
        """The share still there at ``time``; None beyond the horizon, unless all have ended."""
        if time > self.horizon and (not self.steps or self.steps[-1].survival > 0):
            return None
        value = 1.0
        for step in self.steps:
            if step.time > time:
                break
            value = step.survival
        return value

    def median(self) -> float | None:
        """The first time at which half or fewer are left; None where that has not come."""
        return next((step.time for step in self.steps if step.survival <= 0.5 + 1e-12), None)


def kaplan_meier(durations: Iterable[tuple[float, int, int]]) -> Survival | None:
    """The curve of ``(time, ended, censored)`` counts, with a 95 % band; None without anybody.

    Times repeat freely and come in any order. Who is censored at a time is at risk at it. Raises
    ``ValueError`` for a negative time or count.
    """
    counts: dict[float, tuple[int, int]] = {}
    for time, ended, censored in durations:
        if time < 0 or ended < 0 or censored < 0:
            raise ValueError("times and counts cannot be negative")
        before = counts.get(time, (0, 0))
        counts[time] = (before[0] + ended, before[1] + censored)
    n = at_risk = sum(ended + censored for ended, censored in counts.values())
    if not n:
        return None
    log_survival, greenwood = 0.0, 0.0
    steps = []
    for time in sorted(counts):
        ended, censored = counts[time]
        if ended:
            left = at_risk - ended
            log_survival += log(left) - log(at_risk) if left else -inf
            greenwood += ended / (at_risk * left) if left else 0.0
            low, high = _band(log_survival, greenwood)
            steps.append(Step(time, exp(log_survival), low, high, at_risk, ended))
        at_risk -= ended + censored
    return Survival(tuple(steps), max(counts), n, sum(step.ended for step in steps))


def _band(log_survival: float, greenwood: float) -> tuple[float, float]:
    if log_survival == -inf:
        return 0.0, 0.0
    middle = log(-log_survival)
    reach = _Z * sqrt(greenwood) / -log_survival
    return exp(-exp(middle + reach)), exp(-exp(middle - reach))


def restricted_mean(curve: Survival, horizon: float | None = None) -> Estimate:
    """Mean time up to ``horizon`` (default: the longest observed), with its 95 % interval.

    What lies beyond the horizon is not counted, so the mean grows with it: it is to be shown
    beside. Where nobody has ended, the interval reaches down as far as Wilson's for "all stayed".
    """
    end = curve.horizon if horizon is None else horizon
    times = [0.0, *(step.time for step in curve.steps if step.time < end), end]
    heights = [1.0, *(step.survival for step in curve.steps if step.time < end)]
    areas = [
        height * (until - since)
        for height, since, until in zip(heights, times[:-1], times[1:], strict=True)
    ]
    total = sum(areas)
    variance, beyond = 0.0, total
    for index, step in enumerate(step for step in curve.steps if step.time < end):
        beyond -= areas[index]
        left = step.at_risk - step.ended
        if left:
            variance += beyond * beyond * step.ended / (step.at_risk * left)
    if not variance:
        stayed = share(curve.n, curve.n)
        low = total * (stayed.low if stayed else 0.0)
        return Estimate(total, low, min(max(total, low), end), curve.n, is_adjusted=True)
    reach = _Z * sqrt(variance)
    return Estimate(total, max(total - reach, 0.0), min(total + reach, end), curve.n)
