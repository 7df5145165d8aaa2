"""The report's satisfaction figures: a month of NPS, CSAT and CES, and the months before it.

Read off the sums that the roll-up of surveys keeps. Each person counts once a month, with the
latest answer.
"""

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Sum

from metrics import statistics
from metrics.kpis.periods import month_start
from metrics.statistics import Estimate
from metrics.surveys import scales
from metrics.surveys.models.results import ALL_SURVEYS, DeliveryFigure, ResultFigure, Span

KINDS = ("nps", "csat", "ces")
MONTHS = 12


@dataclass(frozen=True)
class Series:
    """One kind of survey on one scale: a figure per month, oldest first, None without answers.

    NPS is from −100 to 100; CSAT and CES are means on their scale.
    """

    kind: str
    scale: int
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
    """Every kind and scale that has answers in the twelve months that end with ``month``."""
    months = [month_start(month, -back) for back in range(MONTHS - 1, -1, -1)]
    counts: dict[tuple[str, int], dict[dt.date, dict[int, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    rows = ResultFigure.objects.filter(
        scope=ALL_SURVEYS, dimension="", span=Span.MONTH, starts_on__in=months, kind__in=KINDS,
        score__gte=0, n__gt=0,
    )  # fmt: skip
    for row in rows.values("kind", "scale", "starts_on", "score", "n"):
        counts[row["kind"], row["scale"]][row["starts_on"]][row["score"]] = row["n"]
    return [
        Series(kind, scale, months, [_figure(kind, scale, by_month.get(m, {})) for m in months])
        for (kind, scale), by_month in sorted(
            counts.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1])
        )
    ]


def _figure(kind: str, highest: int, counts: dict[int, int]) -> Estimate | None:
    """The kind's headline with its 95 % interval, from how many gave each score."""
    scale = scales.of(kind, highest)
    n = sum(counts.values())
    if scale is None or not n:
        return None
    if scale.kind == "nps":
        good, middle, bad = (
            sum(count for score, count in counts.items() if scale.group(score) == group)
            for group in scale.groups
        )
        return statistics.nps(good, middle, bad)
    mean = sum(score * count for score, count in counts.items()) / n
    squares = sum(count * (score - mean) ** 2 for score, count in counts.items())
    deviation = math.sqrt(squares / (n - 1)) if n > 1 else None
    return statistics.mean(n, mean, deviation, scale.lowest, scale.highest)


def response_rate(month: dt.date) -> tuple[int, int]:
    """Letters delivered in the month, and how many of them were answered."""
    found = DeliveryFigure.objects.filter(month=month).aggregate(
        delivered=Sum("delivered"), answered=Sum("answered")
    )
    return found["delivered"] or 0, found["answered"] or 0
