"""The report's satisfaction figures: a month of NPS, CSAT and CES, and the months before it.

Read off the sums that the roll-up of surveys keeps. Each person counts once a month, with the
latest answer.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from metrics.kpis.periods import month_start
from metrics.statistics import Estimate
from metrics.surveys import scales
from metrics.surveys.models import ALL_SURVEYS, ResultFigure, Span
from metrics.surveys.queries.results import Deliveries, deliveries
from metrics.surveys.scales import Scale
from metrics.surveys.tallies import Tally

MONTHS = 12
_SCALES = (scales.NPS, scales.CSAT, scales.CES5, scales.CES7)


@dataclass(frozen=True)
class Series:
    """One kind of survey on one scale: a figure per month, oldest first, None without answers.

    NPS is from −100 to 100; CSAT and CES are means on their scale.
    """

    scale: Scale
    months: list[dt.date]
    figures: list[Estimate | None]

    @property
    def now(self) -> Estimate | None:
        """The month reported on."""
        return self.figures[-1]

    @property
    def before(self) -> Estimate | None:
        """The month before."""
        return self.figures[-2]


def series(month: dt.date) -> list[Series]:
    """Every scale that has answers in the twelve months that end with ``month``; one query."""
    months = [month_start(month, -back) for back in range(MONTHS - 1, -1, -1)]
    counts: dict[tuple[str, int], dict[dt.date, dict[int, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    rows = ResultFigure.objects.filter(
        scope=ALL_SURVEYS, dimension="", span=Span.MONTH, starts_on__in=months, n__gt=0
    )
    for row in rows.values("kind", "scale", "starts_on", "score", "n"):
        counts[row["kind"], row["scale"]][row["starts_on"]][row["score"]] = row["n"]
    return [
        Series(scale, months, [Tally(scale, by_month.get(m, {})).figure for m in months])
        for scale in _SCALES
        if (by_month := counts.get((scale.kind, scale.highest)))
    ]


def delivered(month: dt.date) -> Deliveries:
    """Letters delivered in the month, and how many of them were answered."""
    return deliveries(None, since=month, until=month_start(month, 1))
