"""From break points to the arrays that ``health_points`` reads. No database."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

BreakPoints = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Curve:
    """Points of a raw value: ``intercept + slope × raw`` on the stretch the value falls on.

    Stretch 0 lies below the first knot; a knot belongs to the stretch above it.
    """

    knots: list[float]
    intercepts: list[float | None]
    slopes: list[float | None]

    def at(self, raw: float) -> float | None:
        """Points of ``raw``, unrounded; None on the curve of a measure that is not used."""
        stretch = bisect_right(self.knots, raw)
        intercept, slope = self.intercepts[stretch], self.slopes[stretch]
        return None if intercept is None or slope is None else intercept + slope * raw


# The curve of a measure that a scorecard leaves out: no value has points.
UNUSED = Curve([0.0], [None, None], [0.0, 0.0])


def curve(points: BreakPoints) -> Curve:
    """The curve through ``points``: linear between them, flat before the first and after the last.

    Raises ``ValueError`` unless there is a point, raw values ascend and points lie in 0–100.
    """
    if not points:
        raise ValueError("a measure needs at least one break point")
    knots = [float(x) for x, _ in points]
    values = [float(y) for _, y in points]
    if any(right <= left for left, right in pairwise(knots)):
        raise ValueError("the raw values of break points must ascend")
    if not all(0 <= y <= 100 for y in values):
        raise ValueError("the points of break points must lie between 0 and 100")
    slopes = [0.0]
    intercepts = [values[0]]
    for i in range(len(knots) - 1):
        slope = (values[i + 1] - values[i]) / (knots[i + 1] - knots[i])
        slopes.append(slope)
        intercepts.append(values[i] - slope * knots[i])
    return Curve(knots, [*intercepts, values[-1]], [*slopes, 0.0])


def percentile_points(bounds: Iterable[float], *, direction: str = "up") -> BreakPoints:
    """Break points that give a value its percentile rank among peers.

    ``bounds`` are the peers' percentiles 0…100. A value equal to some of them ranks in the middle
    of its ties (share below plus half the share equal), so that 60 % of accounts with the same
    figure all get the same, fair points. With ``direction`` "down", less is better.
    """
    ordered = sorted(bounds)
    points = []
    for value in sorted(set(ordered)):
        below, upto = bisect_left(ordered, value), bisect_right(ordered, value)
        rank = 100 * (below + upto) / 2 / len(ordered)
        points.append((value, 100 - rank if direction == "down" else rank))
    return points
