"""Figures: health, key figures, small charts and Plotly charts.

Every colour stands beside a shape, a sign or a word, and every chart beside its data as a table.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cs_platform.core.templatetags.components import glossary_link, new_id
from cs_platform.core.templatetags.formats import day, number, percent

register = template.Library()

# --- health ----------------------------------------------------------------------------------
_BANDS: dict[str, tuple[Any, str]] = {
    # band → word, shape drawn in a 10-unit square: known without its colour
    "green": (gettext_lazy("Healthy"), '<circle cx="5" cy="5" r="4.5"/>'),
    "yellow": (gettext_lazy("Watch"), '<path d="M5 .5 9.8 9.2H.2z"/>'),
    "red": (gettext_lazy("Act now"), '<path d="M5 0l5 5-5 5-5-5z"/>'),
    "": (
        gettext_lazy("Not enough data"),
        '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-dasharray="2 1.6"/>',
    ),
}


@register.simple_tag
def band(band: str | None, score: float | None = None, coverage: float | None = None) -> SafeString:
    """Health as shape, score and word; the coverage (a share of one) in its title.

    An empty band means not enough data, and then no score is shown.
    """
    name = band or ""
    word, shape = _BANDS[name]
    title = _("Coverage %s") % percent(coverage) if coverage is not None else ""
    figure = format_html("<b>{}</b> ", number(score)) if name and score is not None else ""
    return format_html(
        '<span class="band band-{}" title="{}">'
        '<svg class="band-shape" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">'
        "{}</svg>"
        "{}<span>{}</span></span>",
        name or "none",
        title,
        mark_safe(shape),  # noqa: S308 - one of the four above
        figure,
        word,
    )


# --- small charts ----------------------------------------------------------------------------
@register.simple_tag
def sparkline(
    values: Iterable[float | None],
    label: str = "",
    *,
    low: float | None = 0,
    high: float | None = 100,
    width: int = 96,
    height: int = 22,
) -> SafeString:
    """A line without axes, gaps where values are missing, and a sentence for screen readers.

    ``low`` and ``high`` are the ends of the scale; None takes the values' own.
    """
    series = list(values or [])
    known = [float(v) for v in series if v is not None]
    if not known:
        return format_html('<span class="text-secondary">{}</span>', "—")
    bottom = min(known) if low is None else low
    span = (max(known) if high is None else high) - bottom or 1
    step = (width - 6) / max(len(series) - 1, 1)
    runs: list[list[str]] = [[]]
    last = (0.0, 0.0)
    for index, value in enumerate(series):
        if value is None:
            runs.append([])
            continue
        share = min(max((float(value) - bottom) / span, 0), 1)
        last = (round(2 + index * step, 1), round(height - 3 - share * (height - 6), 1))
        runs[-1].append(f"{last[0]:g},{last[1]:g}")
    return render_to_string(
        "components/sparkline.html",
        {
            "label": label
            or _("from %(first)s to %(last)s over %(count)s points")
            % {"first": number(known[0]), "last": number(known[-1]), "count": len(series)},
            "lines": [" ".join(run) for run in runs if run],
            "last_x": f"{last[0]:g}",
            "last_y": f"{last[1]:g}",
            "width": width,
            "height": height,
        },
    )


@register.inclusion_tag("components/share_bar.html")
def share_bar(parts: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """Accounts per band as one bar: pairs of band and number."""
    counted = [(name, count) for name, count in parts if count]
    total = sum(count for _name, count in counted) or 1
    return {
        "parts": [
            {
                "band": name or "none",
                "word": _BANDS[name][0],
                "count": count,
                "width": f"{100 * count / total:.2f}",
            }
            for name, count in counted
        ]
    }


# --- key figures ---
@register.inclusion_tag("components/stat.html", takes_context=True)
def stat(context: Any, label: str, value: Any, **more: Any) -> dict[str, Any]:
    """A figure with its change: ``change`` (text), ``direction`` (up, down, flat), ``good``
    (the direction that is good news: "up" or "down"), ``since``, ``note`` (or several
    ``notes``, each kept together), ``url``, ``define``.
    """
    known = {"change", "direction", "good", "since", "note", "notes", "url", "define"}
    if unknown := more.keys() - known:
        raise ValueError(f"stat knows no {sorted(unknown)}")
    direction = more.get("direction") or _direction(more.get("change"))
    good = more.get("good", "")
    tone = ""
    if good and direction in {"up", "down"}:
        tone = "good" if direction == good else "bad"
    return {
        "label": label,
        "value": value,
        **more,
        "notes": more.get("notes") or [note for note in (more.get("note"),) if note],
        "direction": direction,
        "tone": tone,
        **glossary_link(context, more.get("define", "")),
    }


def _direction(change: Any) -> str:
    text = str(change or "")
    if text.startswith("+"):
        return "up"
    return "down" if text.startswith(("\N{MINUS SIGN}", "-")) else "flat"


# --- Plotly ----------------------------------------------------------------------------------
_JSON_ESCAPES = str.maketrans(
    # Inside <script> only "</script", "<!--" and the two line separators are dangerous.
    {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def script_json(value: Any) -> SafeString:
    """``value`` as JSON that cannot end the ``<script>`` element it stands in."""
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False)
    return mark_safe(text.translate(_JSON_ESCAPES))  # noqa: S308 - escaped in this line


def _cell(value: Any) -> dict[str, Any]:
    if isinstance(value, bool) or value is None:
        return {"text": "—" if value is None else str(value), "num": False}
    if isinstance(value, (int, float, Decimal)):
        whole = float(value).is_integer()
        return {"text": number(value, 0 if whole else 2), "num": True}
    if isinstance(value, (dt.date, dt.datetime)):
        return {"text": day(value), "num": False}
    return {"text": str(value), "num": False}


# The members of a trace that hold positions and values, where they are not x and y.
_AXES = {"pie": ("labels", "values"), "histogram": ("y", "x")}


def _table_of(traces: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """The columns and rows behind a figure's traces: one row per position, one column per trace."""
    if traces and traces[0].get("type") == "heatmap":
        grid = traces[0]
        rows = [[y, *values] for y, values in zip(grid["y"], grid["z"], strict=True)]
        return ["", *map(str, grid["x"])], rows
    positions: dict[Any, dict[int, Any]] = {}
    for index, trace in enumerate(traces):
        across, along = _AXES.get(trace.get("type", ""), ("x", "y"))
        if trace.get("orientation") == "h":
            across, along = along, across
        values = trace[along]
        # Distributions have values without positions: number them.
        places = trace.get(across) or range(1, len(values) + 1)
        for place, value in zip(places, values, strict=True):
            positions.setdefault(place, {})[index] = value
    rows = [[p, *(v.get(i) for i in range(len(traces)))] for p, v in positions.items()]
    return ["", *(str(trace.get("name") or "") for trace in traces)], rows


@register.inclusion_tag("components/chart.html", takes_context=True)
def chart(context: Any, figure: Any, title: str, **more: Any) -> dict[str, Any]:
    """A Plotly chart with its title, unit, n, definition and the same data as a table.

    ``figure`` is a Plotly figure, its plain dictionary, or anything with ``figure``, ``columns``
    and ``rows``; where there are no columns the table is read off the traces, which then hold
    lists. ``more``: ``unit``, ``n``, ``note``, ``define`` or ``definition`` (glossary slug),
    ``height`` in pixels. A trace's colour is a role named in its ``meta``: green, yellow, red,
    none, accent, second, third, muted or heat.
    """
    known = {"unit", "n", "note", "define", "definition", "height"}
    if unknown := more.keys() - known:
        raise ValueError(f"chart knows no {sorted(unknown)}")
    columns, rows = getattr(figure, "columns", None), getattr(figure, "rows", None)
    plain = getattr(figure, "figure", figure)
    if hasattr(plain, "to_plotly_json"):
        plain = plain.to_plotly_json()
    # Plotly's own default template is 7 KB of colours that charts.js replaces by the theme's.
    layout = {k: v for k, v in plain.get("layout", {}).items() if k != "template"}
    if columns is None:
        columns, rows = _table_of(plain["data"])
    return {
        "id": new_id("chart"),
        "title": title,
        "height": int(more.get("height", 260)),
        "figure": script_json({"data": plain["data"], "layout": layout}),
        "columns": columns,
        "rows": [[_cell(value) for value in row] for row in rows or []],
        "unit": more.get("unit", ""),
        "n": more.get("n"),
        "note": more.get("note", ""),
        **glossary_link(context, more.get("define") or more.get("definition") or ""),
    }
