"""The report's satisfaction figures: a month of NPS, CSAT and CES, and the months before it.

Read off the sums that the roll-up of surveys keeps by the day their answers were known.
Each person counts once a month, with the latest answer.
"""

import datetime as dt
from dataclasses import dataclass

from metrics.kpis.periods import month_start
from metrics.statistics import Estimate
from metrics.surveys.models import Span
from metrics.surveys.queries.results import Deliveries, deliveries, known_counts
from metrics.surveys.scales import Scale
from metrics.surveys.tallies import Tally

MONTHS = 12


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
    """Every scale that has answers in the twelve months that end with ``month``; one query.

    As it was known when the month ended.
    """
    months = [month_start(month, -back) for back in range(MONTHS - 1, -1, -1)]
    last = month_start(month, 1) - dt.timedelta(days=1)
    return [
        Series(scale, months, [Tally(scale, counts.get(m, {})).figure for m in months])
        for scale, counts in known_counts(Span.MONTH, since=months[0], as_of=last).items()
    ]


def delivered(month: dt.date) -> Deliveries:
    """Letters delivered in the month, and how many of them were answered."""
    return deliveries(None, since=month, until=month_start(month, 1))
