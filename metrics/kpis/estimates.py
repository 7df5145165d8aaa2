"""A figure and its 95 % interval from summed facts. Pure.

Shares of accounts have Wilson's interval. Money shares are ratios of two sums over accounts, r =
Σy/Σx, in which large accounts weigh more: their interval is that of the ratio estimator (Cochran,
*Sampling Techniques*, 3rd ed., section 6.4), residuals y − r·x, Student's t. Where accounts are
few or all alike that interval is too narrow (±0 where nobody moved), so it is widened to Wilson's
for as many accounts as the revenue is spread over (Kish's effective number, (Σx)²/Σx²).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt

from scipy.special import ndtri, stdtrit

from metrics.statistics import CONFIDENCE, FEW, Estimate

_TAIL = (1 + CONFIDENCE) / 2
_Z2 = float(ndtri(_TAIL)) ** 2


@dataclass(frozen=True)
class Sums:
    """What a ratio is estimated from: sums over ``n`` accounts of x, y, x², y² and x·y."""

    n: int
    x: float
    y: float
    xx: float
    yy: float
    xy: float


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval of a share, 0 to 1, seen in ``n`` (not necessarily whole) cases."""
    centre = (share * n + _Z2 / 2) / (n + _Z2)
    reach = sqrt(_Z2 * (n * share * (1 - share) + _Z2 / 4)) / (n + _Z2)
    return min(max(centre - reach, 0.0), share), max(min(centre + reach, 1.0), share)


def ratio(sums: Sums, *, lowest: float = 0.0, highest: float = 1.0) -> Estimate | None:
    """Σy/Σx with its interval within ``lowest`` and ``highest``; None where Σx is 0."""
    if sums.x <= 0 or sums.n <= 0:
        return None
    value = sums.y / sums.x
    spread = max(sums.yy - 2 * value * sums.xy + value * value * sums.xx, 0.0)
    # what is left of equal sums after subtraction is no spread
    if spread < 1e-9 * max(sums.yy, sums.xx, 1.0):
        spread = 0.0
    reach = 0.0
    if sums.n > 1:
        reach = float(stdtrit(sums.n - 1, _TAIL)) * sqrt(spread * sums.n / (sums.n - 1)) / sums.x
    low, high = value - reach, value + reach
    is_adjusted = sums.n < FEW or not spread
    if is_adjusted:
        least, most = wilson(min(max(value, 0.0), 1.0), sums.x * sums.x / sums.xx)
        inside = 0.0 <= value <= 1.0
        width = most - least
        low = min(low, least if inside else value - width)
        high = max(high, most if inside and highest <= 1.0 else value + width)
        if lowest == -inf:
            low = min(low, value - width)
    return Estimate(
        value,
        min(max(low, lowest), value),
        max(min(high, highest), value),
        sums.n,
        is_adjusted,
    )


def mean(n: int, total: float, squares: float) -> Estimate | None:
    """A mean of non-negative amounts with Student's t interval; None without any.

    Where all amounts are alike (one price for everybody) they show no spread: the interval then is
    the mean times and by 1 + 1/n, from half to twice the amount where there is but one.
    """
    if n <= 0:
        return None
    value = total / n
    spread = max(squares - n * value * value, 0.0)
    if n == 1 or spread <= 1e-12 * squares:
        factor = 1 + 1 / n
        return Estimate(value, value / factor, value * factor, n, is_adjusted=True)
    reach = float(stdtrit(n - 1, _TAIL)) * sqrt(spread / (n - 1) / n)
    return Estimate(value, max(value - reach, 0.0), value + reach, n)


def median(counts: Iterable[tuple[int | None, int]]) -> float | None:
    """The median of ``(value, how many)`` in rising order, None standing for beyond every value.

    None where that is where the median lies, and without anybody.
    """
    values = list(counts)
    n = sum(many for _value, many in values)
    middle: list[int | None] = []
    for rank in ((n - 1) // 2, n // 2):
        passed = 0
        for value, many in values:
            passed += many
            if passed > rank:
                middle.append(value)
                break
    if not n or None in middle:
        return None
    return sum(value for value in middle if value is not None) / 2
