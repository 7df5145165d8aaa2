"""What the grades of some people come to. Pure: counts in, figures out.

NPS is the score with its interval; CSAT and CES are means, with the share of the good group (for
CSAT the top two boxes) beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from metrics import statistics
from metrics.statistics import Difference, Estimate
from metrics.surveys.scales import NPS, Scale


@dataclass(frozen=True)
class Tally:
    """How many people gave which grade of a scale."""

    scale: Scale
    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """People with a grade."""
        return sum(self.counts.get(grade, 0) for grade in self.scale.grades)

    @property
    def figure(self) -> Estimate | None:
        """The headline with its interval: the score of NPS, the mean of CSAT and CES."""
        if self.scale.kind == NPS.kind:
            return statistics.nps(self.good, self.middle, self.bad)
        counts = {grade: self.counts.get(grade, 0) for grade in self.scale.grades}
        return mean_of(counts, self.scale.lowest, self.scale.highest)

    @property
    def good(self) -> int:
        return sum(self.counts.get(grade, 0) for grade in self.scale.good)

    @property
    def middle(self) -> int:
        return sum(self.counts.get(grade, 0) for grade in self.scale.middle)

    @property
    def bad(self) -> int:
        return self.n - self.good - self.middle

    @property
    def good_share(self) -> Estimate | None:
        """Share of promoters, of satisfied or of easy ones: for CSAT the top two boxes."""
        return statistics.share(self.good, self.n)

    def since(self, earlier: "Tally") -> Difference | None:
        """The change of the headline; None where either has none."""
        mine, theirs = self.figure, earlier.figure
        return statistics.difference(mine, theirs) if mine and theirs else None


def mean_of(counts: Mapping[int, int], lowest: int, highest: int) -> Estimate | None:
    """The mean of grades on a scale, each given so many times; None where none was given."""
    n = sum(counts.values())
    if not n:
        return None
    mean = sum(grade * count for grade, count in counts.items()) / n
    squares = sum(count * (grade - mean) ** 2 for grade, count in counts.items())
    sd = sqrt(squares / (n - 1)) if n > 1 else None
    return statistics.mean(n, mean, sd, lowest, highest)
