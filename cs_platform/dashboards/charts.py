"""Figures of the dashboards: plain rows in, Plotly figure and the same data as a table out.

Axis titles carry the units; the template gives the title, n and the definition. Colours come
from the page's theme: a trace names its part in ``meta`` and charts.js paints it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cs_platform.core.templatetags.formats import day_short, month_short
from cs_platform.dashboards.filters import BANDS
from metrics.charts import Chart, bar, chart, money_ticks, months_between, plain, whole_steps

BAND_ORDER = ("green", "yellow", "red", "none")
DAY_MS = 24 * 60 * 60 * 1000
SCORE_AXIS = {"range": [0, 100], "tick0": 0, "dtick": 20}


def health_distribution(histogram: Mapping[int, Mapping[str, int]]) -> Chart:
    """Accounts per ten points of score, coloured by band.

    ``histogram`` maps the lower end of each class (0, 10, … 90) to accounts by band.
    """
    starts = range(0, 100, 10)
    labels = [f"{start}–{start + 9 if start < 90 else 100}" for start in starts]
    traces, table = [], [[label] for label in labels]
    for band in ("red", "yellow", "green"):
        counts = [histogram.get(start, {}).get(band, 0) for start in starts]
        traces.append(bar(BANDS[band], band, labels, counts))
        for row, count in zip(table, counts, strict=True):
            row.append(count)  # type: ignore[arg-type]
    return chart(
        traces,
        [_("Score"), *(BANDS[band] for band in ("red", "yellow", "green"))],
        table,
        barmode="stack",
        xaxis={"title": {"text": _("Health score (points)")}, "type": "category"},
        yaxis={"title": {"text": _("Accounts")}},
    )


def money_bars(rows: Sequence[Mapping[str, Any]], *, label: str, currency: str) -> Chart:
    """ARR at risk and, within it, the expected loss, per group; the largest on top.

    Each row has ``label``, ``arr_at_risk``, ``expected_loss`` (money of the workspace) and
    ``accounts`` at risk.
    """
    shown = list(reversed(rows))
    names = [plain(row["label"]) for row in shown]
    loss = [float(row["expected_loss"]) for row in shown]
    arr = [float(row["arr_at_risk"]) for row in shown]
    return chart(
        [
            bar(_("ARR of accounts at risk"), "muted", arr, names, orientation="h"),
            bar(_("Expected loss"), "red", loss, names, orientation="h"),
        ],
        [label, _("Accounts at risk"), _("ARR of accounts at risk"), _("Expected loss")],
        [
            [str(r["label"]), r["accounts"], float(r["arr_at_risk"]), float(r["expected_loss"])]
            for r in rows
        ],
        barmode="group",
        xaxis={
            "title": {"text": _("Money per year (%(currency)s)") % {"currency": currency}},
            **money_ticks(max([*arr, *loss], default=0), currency),
        },
        yaxis={"automargin": True, "type": "category"},
    )


def renewals_by_month(rows: Sequence[Mapping[str, Any]], *, currency: str) -> Chart:
    """ARR that comes up for renewal per month, by band. Each row: ``month``, ``band``, ``arr``."""
    known = [row["month"] for row in rows]
    months = list(months_between(min(known), max(known))) if known else []
    labels = [month_short(month) for month in months]
    traces: list[Any] = []
    table: list[list[Any]] = [[label] for label in labels]
    totals = [0.0] * len(months)
    for band in ("red", "yellow", "green", "none"):
        by_month: dict[dt.date, float] = {}
        for row in rows:
            if (row["band"] or "none") == band:
                by_month[row["month"]] = by_month.get(row["month"], 0.0) + float(row["arr"])
        values = [by_month.get(month, 0.0) for month in months]
        totals = [sum(pair) for pair in zip(totals, values, strict=True)]
        traces.append(bar(BANDS[band], band, labels, values))
        for line, value in zip(table, values, strict=True):
            line.append(value)
    return chart(
        traces,
        [_("Month"), *(BANDS[band] for band in ("red", "yellow", "green", "none"))],
        table,
        barmode="stack",
        xaxis={"title": {"text": _("Month of renewal")}, "type": "category"},
        yaxis={
            "title": {"text": _("ARR (%(currency)s)") % {"currency": currency}},
            **money_ticks(max(totals, default=0), currency),
        },
    )


def score_history(
    days: Sequence[Mapping[str, Any]], *, yellow_from: float, green_from: float
) -> Chart:
    """A score day by day with the borders of the bands. Each row: ``day``, ``score``, ``band``."""
    x = [row["day"].isoformat() for row in days]
    scores = [None if row["score"] is None else round(row["score"], 1) for row in days]
    borders = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": at,
            "y1": at,
            "line": {"width": 1, "dash": "dot"},
        }
        for at in (yellow_from, green_from)
    ]
    return chart(
        [
            go.Scatter(
                name=_("Health score"),
                x=x,
                y=scores,
                # a line needs two points
                mode="lines" if len(days) > 1 else "markers",
                connectgaps=False,
                meta={"role": "accent"},
            )
        ],
        [_("Day"), _("Score"), _("Band")],
        [
            [row["day"], score, str(BANDS[row["band"] or "none"])]
            for score, row in zip(scores, days, strict=True)
        ],
        shapes=borders,
        showlegend=False,
        # the ticks of a few days would be hours
        xaxis={"type": "date", **({"dtick": DAY_MS} if len(days) < 8 else {})},
        yaxis={"title": {"text": _("Points")}, **SCORE_AXIS},
    )


def usage_by_day(days: Sequence[Mapping[str, Any]]) -> Chart:
    """Events per day. Each row: ``day``, ``events``."""
    x = [row["day"].isoformat() for row in days]
    y = [row["events"] for row in days]
    return chart(
        [bar(pgettext("count", "Events"), "accent", x, y)],
        [_("Day"), pgettext("count", "Events")],
        [[row["day"], row["events"]] for row in days],
        showlegend=False,
        xaxis={"type": "date"},
        yaxis={"title": {"text": _("Events per day")}, **whole_steps(max(y, default=0))},
    )


def active_users(weeks: Sequence[Mapping[str, Any]], *, seats: int | None) -> Chart:
    """Distinct users per week beside the seats paid for. Each row: ``week``, ``users``."""
    x = [row["week"].isoformat() for row in weeks]
    y = [row["users"] for row in weeks]
    traces = [
        go.Scatter(name=_("Active users"), x=x, y=y, mode="lines+markers", meta={"role": "accent"})
    ]
    if seats:
        traces.append(
            go.Scatter(
                name=_("Seats"),
                x=x,
                y=[seats] * len(x),
                mode="lines",
                line={"dash": "dash"},
                meta={"role": "muted"},
            )
        )
    return chart(
        traces,
        [_("Week from"), _("Active users"), _("Seats")],
        [[row["week"], row["users"], seats or None] for row in weeks],
        xaxis={"type": "date"},
        yaxis={"title": {"text": _("Users per week")}, **whole_steps(max([*y, seats or 0]))},
    )


def adoption_heatmap(
    weeks: Sequence[dt.date], counts: Mapping[str, Mapping[dt.date, int]]
) -> Chart:
    """Events of each feature per week; the most used on top.

    ``counts`` maps a feature's event name to its events by the week's first day.
    """
    names = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    x = [day_short(week) for week in weeks]
    rows = [[counts[name].get(week, 0) for week in weeks] for name in names]
    return chart(
        [
            go.Heatmap(
                x=x,
                y=[plain(name) for name in reversed(names)],
                z=list(reversed(rows)),
                xgap=1,
                ygap=1,
                colorbar={"title": {"text": pgettext("count", "Events")}, "thickness": 10},
                meta={"role": "heat"},
            )
        ],
        [_("Feature (event)"), *x],
        [[name, *row] for name, row in zip(names, rows, strict=True)],
        xaxis={"type": "category", "title": {"text": _("Week from")}},
        yaxis={"type": "category", "automargin": True},
    )
