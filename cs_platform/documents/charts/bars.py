"""Bars: upright and stacked over time, or lying, one per row."""

from collections.abc import Sequence
from dataclasses import dataclass

from cs_platform.documents.charts.drawing import (
    ACCENT,
    INK,
    Drawing,
    Format,
    Mark,
    Rect,
    Text,
    draw,
    fitted,
    frame,
    legend,
    shown_labels,
    text_width,
)


@dataclass(frozen=True)
class Bars:
    """One series of bars: a number, never negative, per label."""

    name: str
    values: Sequence[float]
    colour: str = ACCENT


def bar_chart(
    labels: Sequence[str], stack: Sequence[Bars], *, title: str, form: Format,
    width: float = 672, height: float = 170, head: str = "",
) -> Drawing:  # fmt: skip
    """Upright bars, the series stacked from the first upward; the sum is written on top."""
    totals = [sum(bars.values[index] for bars in stack) for index in range(len(labels))]
    marks, taken = legend([(bars.name, bars.colour) for bars in stack] if len(stack) > 1 else [])
    plot = frame(totals, width=width, height=height, form=form, top=taken + 16)
    marks += plot.marks
    step = (plot.right - plot.left) / max(len(labels), 1)
    wide = min(step * 0.62, 44)
    written = [form(total) for total in totals]
    fits = all(text_width(text) <= step for text in written)
    names = shown_labels(labels, step)
    for index, label in enumerate(labels):
        middle = plot.left + (index + 0.5) * step
        reached = 0.0
        for bars in stack:
            value = bars.values[index]
            if value:
                y, foot = plot.scale(reached + value), plot.scale(reached)
                marks.append(Rect(middle - wide / 2, y, wide, foot - y, bars.colour))
            reached += value
        if fits:
            y = plot.scale(totals[index]) - 4
            marks.append(Text(middle, y, written[index], anchor="middle", fill=INK, weight=600))
        if index in names:
            marks.append(Text(middle, height - 6, label, anchor="middle"))
    rows = [
        [label, *(form(bars.values[index]) for bars in stack)] for index, label in enumerate(labels)
    ]
    return draw(
        title, width, height, marks, columns=[head, *(bars.name for bars in stack)], rows=rows
    )


def row_bars(
    rows: Sequence[tuple[str, float, str]], *, title: str, width: float = 326,
    head: Sequence[str] = ("", ""), colour: str = ACCENT,
) -> Drawing:  # fmt: skip
    """Lying bars: label, number (never negative) and what is written at its end, top to bottom."""
    pitch, thick = 22.0, 12.0
    left = min(max((text_width(label) for label, _v, _t in rows), default=0) + 8, width * 0.45)
    right = max((text_width(text) for _l, _v, text in rows), default=0) + 8
    largest = max((value for _label, value, _text in rows), default=0) or 1
    marks: list[Mark] = []
    for index, (label, value, text) in enumerate(rows):
        y = index * pitch
        long = value / largest * (width - left - right)
        marks.append(Text(left - 8, y + 14, fitted(label, left - 8), anchor="end", fill=INK))
        marks.append(Rect(left, y + (pitch - thick) / 2, max(long, 0.75), thick, colour))
        marks.append(Text(left + long + 6, y + 14, text, fill=INK, weight=600))
    table = [[label, text] for label, _value, text in rows]
    return draw(title, width, max(len(rows), 1) * pitch, marks, columns=head, rows=table)
