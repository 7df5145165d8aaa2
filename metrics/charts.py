"""What the charts of every app are made of: a Plotly figure as plain data, and its table.

Axis titles carry the units; the template gives the title, n and the definition. Colours come
from the page's theme: a trace names its part in ``meta`` and charts.js paints it.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from accounts.ledger import add_months
from cs_platform.core.templatetags.formats import money_short

MONEY_STEPS = 5
# up to here Plotly would step by fractions
FEW = 5


@dataclass(frozen=True)
class Chart:
    """A Plotly figure as plain JSON-able data, and the table behind the switch."""

    figure: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.rows

    @property
    def height(self) -> int:
        """Pixels that a chart with one row per bar needs."""
        return 110 + 34 * len(self.rows)


def chart(
    traces: Iterable[Any], columns: Sequence[object], rows: Sequence[Sequence[Any]], **layout: Any
) -> Chart:
    """The figure of ``traces`` with ``layout``, beside the table of ``columns`` and ``rows``."""
    # what go.Figure would give, checked as much, without its copies and its 7 KB of colours
    figure = {
        "data": [trace.to_plotly_json() for trace in traces],
        "layout": go.Layout(layout).to_plotly_json(),
    }
    return Chart(figure, [str(c) for c in columns], [list(r) for r in rows])


def bar(name: object, role: str, x: Sequence[Any], y: Sequence[Any], **options: Any) -> Any:
    """Bars painted as ``role``."""
    return go.Bar(name=str(name), x=list(x), y=list(y), meta={"role": role}, **options)


def line(name: object, role: str, x: Sequence[Any], y: Sequence[Any], **options: Any) -> Any:
    """A line painted as ``role``; a missing value is a gap."""
    options = {"mode": "lines", "connectgaps": False, **options}
    return go.Scatter(name=str(name), x=list(x), y=list(y), meta={"role": role}, **options)


def in_order(labels: Sequence[str]) -> dict[str, Any]:
    """An axis of ``labels`` in their order: Plotly's own is that in which traces have values."""
    return {"type": "category", "categoryorder": "array", "categoryarray": list(labels)}


def interval_band(
    name: object,
    role: str,
    x: Sequence[Any],
    low: Sequence[Any],
    high: Sequence[Any],
    *,
    shape: str = "linear",
) -> list[Any]:
    """The area between ``low`` and ``high``, as two traces to be put before their line.

    Where a value has no interval the area has a gap: each stretch is drawn on its own. ``shape``
    "hv" makes steps.
    """
    traces: list[Any] = []
    for start, end in _stretches(low, high):
        shared: dict[str, Any] = {
            "x": list(x[start:end]),
            "mode": "lines",
            "line": {"width": 0, "shape": shape},
            "hoverinfo": "skip",
            "showlegend": False,
            "meta": {"role": role},
        }
        traces.append(go.Scatter(y=list(low[start:end]), **shared))
        traces.append(go.Scatter(y=list(high[start:end]), name=str(name), fill="tonexty", **shared))
    return traces


def _stretches(low: Sequence[Any], high: Sequence[Any]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start: int | None = None
    for index, pair in enumerate([*zip(low, high, strict=True), (None, None)]):
        is_known = None not in pair
        if is_known and start is None:
            start = index
        elif not is_known and start is not None:
            found.append((start, index))
            start = None
    return found


def plain(text: object) -> str:
    """A label as it is: Plotly reads tags in labels, and makes links of some."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;")


def months_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The first day of each month from ``first`` to ``last``: an axis leaves none out."""
    for count in range((last.year - first.year) * 12 + last.month - first.month + 1):
        yield add_months(first.replace(day=1), count)


def whole_steps(largest: int) -> dict[str, Any]:
    """The axis of so many people, events or comments: from zero, by whole ones."""
    # from here on Plotly steps by whole ones itself
    return {"rangemode": "tozero", **({"tick0": 0, "dtick": 1} if largest <= FEW else {})}


def money_ticks(largest: float, currency: str, *, smallest: float = 0) -> dict[str, Any]:
    """Ticks from ``smallest`` (0 or less) to ``largest`` at round amounts, as short in the
    reader's language as cards.

    Plotly knows the short forms of English alone, and none of 万.
    """
    span = max(largest, 0) - min(smallest, 0)
    if span <= 0:
        return {}
    rough = span / MONEY_STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.ceil(min(smallest, 0) / step), math.floor(max(largest, 0) / step)
    values = [step * n for n in range(first, last + 1)]
    return {"tickvals": values, "ticktext": [money_short(value, currency) for value in values]}
