"""Figures of the metrics pages: plain rows in, Plotly figure and the same data as a table out.

Health colours are for health alone: gains and totals are told apart by place, sign and words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cs_platform.core.templatetags.formats import money, money_short, number, percent
from metrics.charts import Chart, bar, chart, in_order, interval_band, line, money_ticks, plain
from metrics.kpis.wording import value_text

# More bars than these nobody reads; the table below the chart has all of them.
MOST_ROWS = 20
SERIES = ("accent", "second", "third", "series-4", "muted")


def value_axis(unit: str, values: Sequence[float | None], *, currency: str) -> dict[str, Any]:
    """The axis of a KPI's values: its unit as title, ticks as the unit is written."""
    known = [float(value) for value in values if value is not None]
    if unit == "money":
        return {
            "title": {"text": currency},
            "rangemode": "tozero",
            **money_ticks(max(known, default=0), currency, smallest=min(known, default=0)),
        }
    if unit == "share":
        return {"title": {"text": _("Share")}, "tickformat": ",.1~%"}
    titles = {
        "months": _("Months"),
        "days": _("Days"),
        "count": pgettext("axis", "Number"),
        "score": _("Points"),
    }
    return {"title": {"text": titles.get(unit, "")}, "tickformat": ",.10~g"}


def trend(
    points: Sequence[Mapping[str, Any]],
    *,
    label: str,
    unit: str,
    currency: str,
    target: float | None = None,
) -> Chart:
    """A KPI period by period with its interval, what became known late, and the goal.

    Each point has ``label`` (of its period), ``value``, ``low``, ``high``, ``n`` and ``restated``
    (the value with what became known after the period was closed; None where nothing did).
    """
    x = [point["label"] for point in points]
    columns: dict[str, list[float | None]] = {
        key: [None if point[key] is None else float(point[key]) for point in points]
        for key in ("value", "low", "high", "restated")
    }
    hover = [value_text(point["value"], unit, currency) for point in points]
    options = {
        "mode": "lines+markers",
        "text": hover,
        "hovertemplate": "%{x}: %{text}<extra></extra>",
    }
    traces = interval_band(_("95% interval"), "accent", x, columns["low"], columns["high"])
    traces.append(line(label, "accent", x, columns["value"], **options))
    if any(value is not None for value in columns["restated"]):
        restated = [value_text(point["restated"], unit, currency) for point in points]
        traces.append(
            line(
                _("With what became known later"),
                "third",
                x,
                columns["restated"],
                mode="markers",
                marker={"symbol": "diamond-open", "size": 9},
                text=restated,
                hovertemplate="%{x}: %{text}<extra></extra>",
            )
        )
    if target is not None:
        traces.append(
            line(pgettext("target", "Goal"), "muted", x, [target] * len(x), line={"dash": "dash"})
        )
    ends = [value for key in columns for value in columns[key]]
    return chart(
        traces,
        [
            _("Period"),
            label,
            _("95% interval from"),
            pgettext("interval", "to"),
            "n",
            _("With what became known later"),
        ],
        [
            [
                point["label"],
                *(value_text(point[key], unit, currency) for key in ("value", "low", "high")),
                point["n"],
                value_text(point["restated"], unit, currency),
            ]
            for point in points
        ],
        xaxis=in_order(x),
        yaxis=value_axis(unit, [*ends, target], currency=currency),
    )


def bridge(steps: Sequence[Mapping[str, Any]], *, currency: str) -> Chart:
    """The revenue bridge: from the revenue at the start of a period to that at its end.

    Each step has ``label``, ``value`` (money per month, losses negative), ``is_total`` and
    ``accounts`` concerned. The last one is expected to be the sum of those before.
    """
    labels, bases, heights, texts = [], [], [], []
    at = 0.0
    for step in steps:
        value = float(step["value"])
        base = 0.0 if step["is_total"] else min(at, at + value)
        at = value if step["is_total"] else at + value
        labels.append(step["label"])
        bases.append(base)
        heights.append(abs(value))
        texts.append(
            ("+" if value > 0 and not step["is_total"] else "")
            + money_short(step["value"], currency)
        )
    kinds = [
        (_("Recurring revenue"), "muted", lambda step: step["is_total"]),
        (_("Gained"), "accent", lambda step: not step["is_total"] and step["value"] >= 0),
        (_("Lost"), "series-4", lambda step: not step["is_total"] and step["value"] < 0),
    ]
    traces = []
    for name, role, belongs in kinds:
        chosen = [index for index, step in enumerate(steps) if belongs(step)]
        if chosen:
            traces.append(
                bar(
                    name,
                    role,
                    [labels[i] for i in chosen],
                    [heights[i] for i in chosen],
                    base=[bases[i] for i in chosen],
                    text=[texts[i] for i in chosen],
                    textposition="outside",
                    cliponaxis=False,
                    hovertemplate="%{x}: %{text}<extra></extra>",
                )
            )
    top = max((base + height for base, height in zip(bases, heights, strict=True)), default=0)
    return chart(
        traces,
        [
            pgettext("revenue bridge", "Step"),
            _("MRR (%(currency)s)") % {"currency": currency},
            _("Accounts"),
        ],
        [[s["label"], money(s["value"], currency), s["accounts"]] for s in steps],
        barmode="overlay",
        xaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": labels,
        },
        yaxis={
            "title": {"text": _("MRR (%(currency)s)") % {"currency": currency}},
            **money_ticks(top, currency),
        },
    )


def cohort_map(cohorts: Sequence[Mapping[str, Any]], *, first: str) -> Chart:
    """What is left of each cohort, by months since its start; the oldest cohort on top.

    Each cohort has ``label``, ``n`` (accounts it began with) and ``shares`` (of what it began
    with, from month 0 on). ``first`` names the first column of the table.
    """
    width = max((len(cohort["shares"]) for cohort in cohorts), default=0)
    months = [str(month) for month in range(width)]
    shares = [
        [*map(_maybe, cohort["shares"]), *([None] * (width - len(cohort["shares"])))]
        for cohort in cohorts
    ]
    rows = list(reversed(shares))
    heat = go.Heatmap(
        x=months,
        y=[plain(cohort["label"]) for cohort in reversed(cohorts)],
        z=rows,
        text=[["" if cell is None else percent(cell) for cell in row] for row in rows],
        hovertemplate=_("%{y}, month %{x}: %{text}") + "<extra></extra>",
        zmin=0,
        # Revenue of a cohort can grow beyond what it began with.
        zmax=max([1.0, *(cell for row in rows for cell in row if cell is not None)]),
        xgap=1,
        ygap=1,
        colorbar={"tickformat": ",.0%", "thickness": 10},
        meta={"role": "heat"},
    )
    return chart(
        [heat],
        [first, "n", *months],
        [
            [cohort["label"], cohort["n"], *(None if c is None else percent(c, 1) for c in row)]
            for cohort, row in zip(cohorts, shares, strict=True)
        ],
        xaxis={"type": "category", "title": {"text": _("Months since the start")}},
        yaxis={"type": "category", "automargin": True},
    )


def _maybe(value: Any) -> float | None:
    return None if value is None else float(value)


def survival(curves: Sequence[Mapping[str, Any]]) -> Chart:
    """Share of customers still there by months since their start (Kaplan–Meier), with band.

    Each curve has ``label``, ``n`` and ``points``: (months, survival, low, high) per step.
    """
    traces: list[Any] = []
    rows: list[list[Any]] = []
    for index, curve in enumerate(curves):
        role = SERIES[index % len(SERIES)]
        x, y, low, high = (list(values) for values in zip(*curve["points"], strict=True))
        words = [[percent(value, 1) for value in point] for point in zip(y, low, high, strict=True)]
        # More than two bands on top of each other cannot be told apart.
        if len(curves) <= 2:
            traces += interval_band(_("95% band"), role, x, low, high, shape="hv")
        traces.append(
            line(
                f"{plain(curve['label'])} (n = {number(curve['n'])})",
                role,
                x,
                y,
                line={"shape": "hv", "dash": ("solid", "dash", "dot", "dashdot")[index % 4]},
                text=[f"{at} ({lo} – {hi})" for at, lo, hi in words],
                hovertemplate="%{x:.1~f}: %{text}<extra></extra>",
            )
        )
        rows += [
            [curve["label"], round(float(at), 1), *shown]
            for at, shown in zip(x, words, strict=True)
        ]
    return chart(
        traces,
        [
            _("Curve"),
            _("Months"),
            _("Still customers"),
            _("95% band from"),
            pgettext("interval", "to"),
        ],
        rows,
        xaxis={"title": {"text": _("Months since the start")}, "rangemode": "tozero"},
        yaxis={"title": {"text": _("Still customers")}, "range": [0, 1.02], "tickformat": ",.0%"},
    )


def cut(
    rows: Sequence[Mapping[str, Any]], *, label: str, unit: str, currency: str, first: str
) -> Chart:
    """A KPI by the values of a dimension, each with its interval; the first row on top.

    Each row has ``label``, ``value``, ``low``, ``high`` and ``n``. ``first`` names the dimension.
    """
    shown = [row for row in reversed(rows) if row["value"] is not None]
    values = [float(row["value"]) for row in shown]
    above = [_length(row["high"], row["value"]) for row in shown]
    below = [_length(row["value"], row["low"]) for row in shown]
    spread = {"type": "data", "array": above, "arrayminus": below, "thickness": 1.5, "width": 4}
    ends = [*values, *(float(row["high"]) for row in shown if row["high"] is not None)]
    dots = go.Scatter(
        name=label,
        x=values,
        y=[plain(row["label"]) for row in shown],
        mode="markers",
        marker={"size": 8},
        error_x=spread if any([*above, *below]) else None,
        text=[value_text(row["value"], unit, currency) for row in shown],
        customdata=[row.get("url") for row in shown],
        hovertemplate="%{y}: %{text}<extra></extra>",
        meta={"role": "accent"},
    )
    return chart(
        [dots],
        [first, label, _("95% interval from"), pgettext("interval", "to"), "n"],
        [
            [
                row["label"],
                *(value_text(row[key], unit, currency) for key in ("value", "low", "high")),
                row["n"],
            ]
            for row in rows
        ],
        showlegend=False,
        xaxis=value_axis(unit, ends, currency=currency),
        yaxis={"type": "category", "automargin": True},
    )


def _length(high: Any, low: Any) -> float:
    return 0.0 if high is None or low is None else float(high) - float(low)


def reasons(rows: Sequence[Mapping[str, Any]], *, currency: str) -> Chart:
    """Why customers left, by recurring revenue lost; the dearest on top.

    Each row has ``label``, ``accounts`` and ``lost`` (money per month).
    """
    shown = list(reversed(rows))
    lost = [float(row["lost"]) for row in shown]
    return chart(
        [
            bar(
                _("MRR lost"),
                "accent",
                lost,
                [plain(row["label"]) for row in shown],
                orientation="h",
                text=[f"{money_short(row['lost'], currency)} · {row['accounts']}" for row in shown],
                hovertemplate="%{y}: %{text}<extra></extra>",
                textposition="auto",
            )
        ],
        [_("Reason"), _("Accounts"), _("MRR lost")],
        [[row["label"], row["accounts"], money(row["lost"], currency)] for row in rows],
        showlegend=False,
        xaxis={
            "title": {"text": _("MRR lost (%(currency)s)") % {"currency": currency}},
            **money_ticks(max(lost, default=0), currency),
        },
        yaxis={"type": "category", "automargin": True},
    )


def lifetime_values(rows: Sequence[Mapping[str, Any]], *, currency: str, first: str) -> Chart:
    """LTV in both forms by the values of a dimension.

    Each row has ``label``, ``n``, ``revenue`` and ``margin`` (money; None where unknown).
    """
    shown = [row for row in reversed(rows) if row["revenue"] is not None]
    names = [plain(row["label"]) for row in shown]
    forms = [(_("On revenue"), "muted", "revenue"), (_("On gross margin"), "accent", "margin")]
    traces = []
    for name, role, key in forms:
        values = [_maybe(row[key]) for row in shown]
        if any(value is not None for value in values):
            texts = [money_short(row[key], currency) for row in shown]
            traces.append(
                bar(
                    name, role, values, names, orientation="h", text=texts,
                    textposition="auto", textangle=0, constraintext="none",
                    hovertemplate="%{y}: %{text}<extra></extra>",
                )
            )  # fmt: skip
    largest = max((float(row["revenue"]) for row in shown), default=0)
    return chart(
        traces,
        [first, "n", _("On revenue"), _("On gross margin")],
        [
            [
                row["label"],
                row["n"],
                money(row["revenue"], currency),
                money(row["margin"], currency),
            ]
            for row in rows
        ],
        barmode="group",
        xaxis={"title": {"text": currency}, **money_ticks(largest, currency)},
        yaxis={"type": "category", "automargin": True},
    )
