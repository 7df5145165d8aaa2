"""Figures of results: the trend with its intervals, the grades, the comments on a theme."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from babel.dates import format_interval
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.ledger import add_months
from cs_platform.core.templatetags.formats import month_short, number, viewer_locale
from metrics.charts import (
    Chart,
    bar,
    chart,
    in_order,
    interval_band,
    line,
    months_between,
    whole_steps,
)
from metrics.surveys.models import Span, ThemeFigure
from metrics.surveys.queries.results import Period
from metrics.surveys.scales import NPS, Scale
from metrics.surveys.tallies import Tally

_ROLES = ("green", "yellow", "red")


def period_label(starts_on: dt.date, span: str) -> str:
    """A period by its months: Apr 2026, Apr – Jun 2026 or Apr 2026 – Mar 2027."""
    if span == Span.MONTH:
        return month_short(starts_on)
    end = add_months(starts_on, 2 if span == Span.QUARTER else 11)
    return str(format_interval(starts_on, end, "yMMM", locale=viewer_locale()))


def decimals(scale: Scale) -> int:
    """Decimals a headline is told with: a score has one, a mean two."""
    return 1 if scale.kind == NPS.kind else 2


def bounds(scale: Scale) -> tuple[int, int]:
    """The ends of the headline's axis."""
    return (-100, 100) if scale.kind == NPS.kind else (scale.lowest, scale.highest)


def trend(periods: Sequence[Period], scale: Scale, span: str) -> Chart:
    """The headline by period within its 95 % interval; a period without answers is a gap."""
    labels = [period_label(period.starts_on, span) for period in periods]
    figures = [period.tally.figure for period in periods]
    values = [figure.value if figure else None for figure in figures]
    low = [figure.low if figure else None for figure in figures]
    high = [figure.high if figure else None for figure in figures]
    places = decimals(scale)
    hover = [
        f"{number(f.value, places)} ({number(f.low, places)} – {number(f.high, places)}), n = {f.n}"
        if f
        else ""
        for f in figures
    ]
    lowest, highest = bounds(scale)
    return chart(
        [
            *interval_band(_("95% interval"), "accent", labels, low, high),
            line(
                scale.kind.upper(), "accent", labels, values,
                mode="lines+markers", text=hover, hovertemplate="%{x}: %{text}<extra></extra>",
                error_y=_whiskers(figures),
            ),
        ],
        [
            _("Period"), scale.kind.upper(),
            pgettext("interval", "from"), pgettext("interval", "to"), _("Answers"),
        ],
        [
            [label, *(_rounded(figure, places)), period.tally.n]
            for label, figure, period in zip(labels, figures, periods, strict=True)
        ],
        xaxis=in_order(labels),
        yaxis={"range": _room(lowest, highest), "title": {"text": axis_title(scale)}},
        showlegend=False,
    )  # fmt: skip


def axis_title(scale: Scale) -> str:
    """The unit of the headline."""
    return (
        _("NPS (−100 to 100)")
        if scale.kind == NPS.kind
        else _("mean (%(lowest)d–%(highest)d)") % {"lowest": scale.lowest, "highest": scale.highest}
    )


def distribution(tally: Tally) -> Chart:
    """How many people gave each grade, coloured by its group."""
    scale = tally.scale
    groups = dict(zip(scale.groups, _ROLES, strict=True))
    labels = [str(grade) for grade in scale.grades]
    traces = []
    for group, role in groups.items():
        own = [
            tally.counts.get(grade, 0) if scale.group(grade) == group else None
            for grade in scale.grades
        ]
        traces.append(bar(group, role, labels, own))
    total = tally.n or 1
    return chart(
        traces,
        [_("Grade"), _("Number of people"), _("Share in %")],
        [
            [str(g), tally.counts.get(g, 0), round(100 * tally.counts.get(g, 0) / total, 1)]
            for g in scale.grades
        ],
        barmode="stack",
        xaxis={"type": "category", "title": {"text": _("Grade")}},
        yaxis={
            "title": {"text": _("Number of people")},
            **whole_steps(max(tally.counts.values(), default=0)),
        },
        showlegend=False,
    )


def theme_months(figures: Sequence[ThemeFigure], names: Mapping[str, str]) -> Chart:
    """Comments on a theme by month and by what their authors scored; silent months are shown."""
    by_month = {figure.month: figure for figure in figures}
    months = list(months_between(min(by_month), max(by_month))) if by_month else []
    labels = [month_short(month) for month in months]
    most = max((f.good + f.middle + f.bad for f in figures), default=0)
    kinds: tuple[tuple[str, str], ...] = (("good", "green"), ("middle", "yellow"), ("bad", "red"))
    return chart(
        [
            bar(names[kind], role, labels, [getattr(by_month.get(m), kind, 0) for m in months])
            for kind, role in kinds
        ],
        [_("Month"), *(names[kind] for kind, _role in kinds)],
        [
            [label, *(getattr(by_month.get(m), kind, 0) for kind, _role in kinds)]
            for label, m in zip(labels, months, strict=True)
        ],
        barmode="stack",
        xaxis={"type": "category"},
        yaxis={"title": {"text": _("Comments")}, **whole_steps(most)},
    )


def _rounded(figure: Any, places: int) -> list[Any]:
    if figure is None:
        return [None, None, None]
    return [round(value, places) for value in (figure.value, figure.low, figure.high)]


def _whiskers(figures: Sequence[Any]) -> dict[str, Any]:
    """The intervals as whiskers: between two periods without answers a band has no width."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [figure.high - figure.value if figure else None for figure in figures],
        "arrayminus": [figure.value - figure.low if figure else None for figure in figures],
        "thickness": 1,
        "width": 3,
    }


def _room(lowest: int, highest: int) -> list[float]:
    """The scale with room for markers at its ends."""
    margin = (highest - lowest) * 0.04
    return [lowest - margin, highest + margin]
