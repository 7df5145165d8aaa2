"""Results as stored: figures of a period, their trend and their cuts. Nothing is counted here."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import Membership, Plan
from metrics import statistics
from metrics.statistics import Estimate
from metrics.surveys import scales
from metrics.surveys.models import (
    ALL_SURVEYS,
    EVER,
    KnownFigure,
    Response,
    ResultFigure,
    ResultMark,
    Span,
    Survey,
    SurveyCount,
)
from metrics.surveys.scales import Scale
from metrics.surveys.tallies import Tally

DIMENSIONS = ("segment", "plan", "stage", "owner", "channel", "touchpoint", "agent")
# In the order they are told in.
_SCALES = (scales.NPS, scales.CSAT, scales.CES5, scales.CES7)
# Periods a trend shows.
SHOWN = {Span.MONTH: 24, Span.QUARTER: 12, Span.YEAR: 10}
# Parts a cut shows; the smaller ones are left out, and said to be.
PARTS = 25


@dataclass(frozen=True)
class Source:
    """Whose figures: one survey's, or with scope 0 those of every survey on the scale."""

    scope: int
    scale: Scale

    @classmethod
    def of(cls, survey: Survey) -> "Source | None":
        """A survey's figures; None for one without a score."""
        return None if survey.scale is None else cls(survey.pk, survey.scale)

    @classmethod
    def all(cls, scale: Scale) -> "Source":
        """The figures of every survey on a scale together."""
        return cls(ALL_SURVEYS, scale)


@dataclass(frozen=True)
class Period:
    """A stored period and what people said in it."""

    starts_on: dt.date
    tally: Tally


@dataclass(frozen=True)
class Part:
    """One part of a cut, and how it differs from the rest where that is more than chance."""

    value: str
    tally: Tally


@dataclass(frozen=True)
class Deliveries:
    """Letters delivered and answered; the rate with its interval."""

    delivered: int
    answered: int

    @property
    def rate(self) -> Estimate | None:
        """Answered of delivered, None where nothing was delivered."""
        return statistics.share(min(self.answered, self.delivered), self.delivered)


def tally(source: Source, *, span: str = Span.EVER, starts_on: dt.date = EVER) -> Tally:
    """What people said in one period; each counts once, with the latest answer."""
    counts = (
        _figures(source, span).filter(starts_on=starts_on, dimension="").values_list("score", "n")
    )
    return Tally(source.scale, dict(counts))


def trend(source: Source, span: str) -> list[Period]:
    """The latest periods of a length, oldest first, those without answers included."""
    newest = (
        _figures(source, span)
        .filter(dimension="")
        .order_by("-starts_on")
        .values_list("starts_on", flat=True)
        .distinct()[: SHOWN[Span(span)]]
    )
    days = sorted(newest)
    if not days:
        return []
    counts: dict[dt.date, dict[int, int]] = defaultdict(dict)
    rows = _figures(source, span).filter(dimension="", starts_on__gte=days[0])
    for starts_on, score, n in rows.values_list("starts_on", "score", "n"):
        counts[starts_on][score] = n
    return _without_gaps(source.scale, span, counts)


def trend_as_of(day: dt.date, span: str) -> dict[Scale, list[Period]]:
    """The same of every scale that had answers, over all surveys, as known when ``day`` ended."""
    last = day.replace(day=1)
    known = known_counts(span, since=_step(last, span, -SHOWN[Span(span)]), as_of=day)
    return {scale: _without_gaps(scale, span, counts) for scale, counts in known.items()}


def known_counts(
    span: str, *, since: dt.date, as_of: dt.date
) -> dict[Scale, dict[dt.date, dict[int, int]]]:
    """People by scale, month or quarter from ``since`` on, and score, as known when a day ended."""
    rows = (
        KnownFigure.objects.filter(span=span, starts_on__gte=since, known_on__lte=as_of)
        .values_list("kind", "scale", "starts_on", "score")
        .annotate(known=Sum("n"))
        .filter(known__gt=0)
        .order_by()
    )
    found: dict[tuple[str, int], dict[dt.date, dict[int, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for kind, highest, starts_on, score, known in rows:
        found[kind, highest][starts_on][score] = known
    return {
        scale: found[scale.kind, scale.highest]
        for scale in _SCALES
        if (scale.kind, scale.highest) in found
    }


def _without_gaps(
    scale: Scale, span: str, counts: Mapping[dt.date, Mapping[int, int]]
) -> list[Period]:
    last = max(counts)
    day = max(min(counts), _step(last, span, 1 - SHOWN[Span(span)]))
    found = []
    while day <= last:
        found.append(Period(day, Tally(scale, counts.get(day, {}))))
        day = _step(day, span, 1)
    return found


def cut(
    source: Source, dimension: str, *, span: str = Span.EVER, starts_on: dt.date = EVER
) -> list[Part]:
    """The parts of a cut in one period, the largest first; attributes as they were at the answer.

    Raises ValueError for a dimension that is not kept.
    """
    if dimension not in DIMENSIONS:
        raise ValueError(f"answers are not cut by {dimension!r}")
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    rows = _figures(source, span).filter(starts_on=starts_on, dimension=dimension)
    for value, score, n in rows.values_list("value", "score", "n"):
        counts[value][score] = n
    parts = [Part(value, Tally(source.scale, found)) for value, found in counts.items()]
    return sorted(parts, key=lambda part: (-part.tally.n, part.value))


def deliveries(
    survey_ids: Sequence[int] | None,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Deliveries:
    """Letters of these surveys (None: all), sent in the months from ``since`` to ``until``."""
    found = SurveyCount.objects.all()
    if survey_ids is not None:
        found = found.filter(survey_id__in=survey_ids)
    if since is not None:
        found = found.filter(month__gte=since)
    if until is not None:
        found = found.filter(month__lt=until)
    sums = found.aggregate(delivered=Sum("delivered"), answered=Sum("answered"))
    return Deliveries(sums["delivered"] or 0, sums["answered"] or 0)


def scales_in_use() -> list[Scale]:
    """The scales on which anybody has answered, in the order NPS, CSAT, CES."""
    used = set(
        ResultFigure.objects.filter(
            scope=ALL_SURVEYS, span=Span.EVER, dimension="", n__gt=0
        ).values_list("kind", "scale")
    )
    return [scale for scale in _SCALES if (scale.kind, scale.highest) in used]


def hearing_count(survey: Survey) -> int:
    """People who have answered a survey without a score."""
    found = ResultFigure.objects.filter(
        scope=survey.pk, span=Span.EVER, starts_on=EVER, dimension=""
    )
    return found.aggregate(n=Sum("n"))["n"] or 0


def suspected_robots(survey: Survey) -> int:
    """Answers of a survey that are kept out of every figure."""
    return Response.objects.filter(survey=survey, is_suspected_robot=True).count()


def is_behind() -> bool:
    """Whether answers are in that no figure contains yet."""
    return ResultMark.objects.exists()


def value_names(dimension: str, values: Sequence[str]) -> dict[str, str]:
    """Names of plans, owners and agents by their ids in a cut; others stand for themselves."""
    ids = [int(value) for value in values if value.isdecimal()]
    if dimension == "plan":
        return {str(plan.pk): str(plan) for plan in Plan.objects.filter(pk__in=ids)}
    if dimension in {"owner", "agent"}:
        members = Membership.objects.filter(pk__in=ids).select_related("user")
        return {str(member.pk): str(member.user) for member in members}
    return {}


def period_end(starts_on: dt.date, span: str) -> dt.date:
    """The first day after a period."""
    return _step(starts_on, span, 1)


def _figures(source: Source, span: str):  # type: ignore[no-untyped-def]
    scale = source.scale
    return ResultFigure.objects.filter(
        scope=source.scope, kind=scale.kind, scale=scale.highest, span=span, n__gt=0
    ).order_by()


_MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


def _step(day: dt.date, span: str, count: int) -> dt.date:
    months = day.year * 12 + day.month - 1 + count * _MONTHS[Span(span)]
    return dt.date(months // 12, months % 12 + 1, 1)
