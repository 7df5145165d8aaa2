"""The report's satisfaction figures: a month of NPS, CSAT and CES, and the months before it.

Read off the sums that the roll-up of surveys keeps, less what came to be known after the month.
Each person counts once a month, with the latest answer.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from cs_platform.core import sql
from cs_platform.core.clock import day_start
from metrics.kpis.periods import month_start
from metrics.statistics import Estimate
from metrics.surveys import scales
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


def series(month: dt.date, *, zone: str) -> list[Series]:
    """Every scale that has answers in the twelve months that end with ``month``; one query.

    As it was known when the month ended in ``zone``.
    """
    months = [month_start(month, -back) for back in range(MONTHS - 1, -1, -1)]
    until = month_start(month, 1)
    counts: dict[tuple[str, int], dict[dt.date, dict[int, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    known = sql.rows(
        "surveys/grades_known",
        {"known_until": day_start(until, zone), "since": months[0], "until": until},
    )
    for row in known:
        counts[row["kind"], row["scale"]][row["month"]][row["score"]] = row["n"]
    return [
        Series(scale, months, [Tally(scale, by_month.get(m, {})).figure for m in months])
        for scale in _SCALES
        if (by_month := counts.get((scale.kind, scale.highest)))
    ]


def delivered(month: dt.date) -> Deliveries:
    """Letters delivered in the month, and how many of them were answered."""
    return deliveries(None, since=month, until=month_start(month, 1))
