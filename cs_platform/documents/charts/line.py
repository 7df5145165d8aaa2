"""Lines over time, with the interval around them as a band."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cs_platform.documents.charts.drawing import (
    ACCENT,
    ACCENT_SOFT,
    INK,
    Dot,
    Drawing,
    Format,
    Mark,
    Path,
    Text,
    draw,
    frame,
    legend,
    shown_labels,
    text_width,
)

MISSING = "—"
Place = Callable[[Any], float]


@dataclass(frozen=True)
class Line:
    """One line: a value per label, None where there is none, and the interval around each."""

    name: str
    values: Sequence[float | None]
    lows: Sequence[float | None] = ()
    highs: Sequence[float | None] = ()
    colour: str = ACCENT
    dash: str = ""
    band: str = ACCENT_SOFT

    def interval(self, index: int) -> tuple[float, float] | None:
        """The interval at a label, where it has one."""
        if self.values[index] is None or not self.lows or not self.highs:
            return None
        low, high = self.lows[index], self.highs[index]
        return None if low is None or high is None else (low, high)


def line_chart(
    labels: Sequence[str], lines: Sequence[Line], *, title: str, form: Format,
    width: float = 672, height: float = 190, from_zero: bool = True, head: str = "",
) -> Drawing:  # fmt: skip
    """Lines on one value axis; the last value of each is written out.

    ``form`` writes a value. A line breaks where a value is missing; a value with none beside it
    is a dot. ``head`` is the table's word for the labels.
    """
    known = [value for line in lines for value in line.values if value is not None]
    ends = [end for line in lines for i in range(len(labels)) for end in line.interval(i) or ()]
    marks, taken = legend([(line.name, line.colour) for line in lines] if len(lines) > 1 else [])
    # Right of the plot there is room for the last values, which no grid line crosses.
    room = max((text_width(form(v)) for v in _last_values(lines)), default=0) + 10
    plot = frame(
        [*known, *ends], width=width - room, height=height, form=form, top=taken + 12,
        from_zero=from_zero,
    )  # fmt: skip
    marks += plot.marks
    step = (plot.right - plot.left - 8) / max(len(labels) - 1, 1)

    def place(index: int) -> float:
        return plot.left + 8 + index * step

    for line in lines:
        marks += _band(line, place, plot.scale)
    for line in lines:
        marks += _strokes(line, place, plot.scale)
    marks += _end_labels(lines, place, plot.scale, form)
    for index in sorted(shown_labels(labels, step)):
        # never out of the drawing at its left end
        x = max(place(index), text_width(labels[index]) / 2)
        marks.append(Text(x, height - 6, labels[index], anchor="middle"))
    return draw(
        title, width, height, marks, columns=_columns(head, lines), rows=_rows(labels, lines, form)
    )


def _last_values(lines: Sequence[Line]) -> list[float]:
    found = []
    for line in lines:
        known = [value for value in line.values if value is not None]
        found += known[-1:]
    return found


def _band(line: Line, place: Place, scale: Place) -> list[Mark]:
    """The interval as an area per uninterrupted stretch; a lone one is a thin bar."""
    areas: list[Mark] = []
    for run in _runs([line.interval(index) is not None for index in range(len(line.values))]):
        pairs = [(place(i), line.interval(i) or (0.0, 0.0)) for i in run]
        if len(pairs) == 1:
            x, (low, high) = pairs[0]
            pairs = [(x - 2, (low, high)), (x + 2, (low, high))]
        upper = [(x, scale(high)) for x, (_low, high) in pairs]
        lower = [(x, scale(low)) for x, (low, _high) in reversed(pairs)]
        areas.append(Path(tuple(upper + lower), fill=line.band))
    return areas


def _strokes(line: Line, place: Place, scale: Place) -> list[Mark]:
    marks: list[Mark] = []
    for run in _runs([value is not None for value in line.values]):
        points = tuple((place(i), scale(line.values[i])) for i in run)
        if len(points) > 1:
            marks.append(Path(points, stroke=line.colour, dash=line.dash))
        if len(points) == 1 or run[-1] == len(line.values) - 1:
            marks.append(Dot(*points[-1], fill=line.colour))
    return marks


def _runs(present: Sequence[bool]) -> list[list[int]]:
    """The stretches of positions that are present, each uninterrupted."""
    runs: list[list[int]] = [[]]
    for index, is_there in enumerate(present):
        if is_there:
            runs[-1].append(index)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _end_labels(lines: Sequence[Line], place: Place, scale: Place, form: Format) -> list[Mark]:
    """The last known value of each line, right of it, those too near each other moved apart."""
    wanted: list[list[Any]] = []
    for line in lines:
        known = [(i, value) for i, value in enumerate(line.values) if value is not None]
        if known:
            index, value = known[-1]
            wanted.append([scale(value) + 3.5, place(index) + 6, form(value), line.colour])
    wanted.sort(key=lambda label: label[0])
    for before, after in pairwise(wanted):
        after[0] = max(after[0], before[0] + 11)
    return [
        Text(x, y, text, fill=INK if len(lines) == 1 else colour, weight=600)
        for y, x, text, colour in wanted
    ]


def _columns(head: str, lines: Sequence[Line]) -> list[str]:
    return [head, *(line.name for line in lines)]


def _rows(labels: Sequence[str], lines: Sequence[Line], form: Format) -> list[list[str]]:
    def cell(line: Line, index: int) -> str:
        value, interval = line.values[index], line.interval(index)
        if value is None:
            return MISSING
        between = f" ({form(interval[0])} – {form(interval[1])})" if interval else ""
        return form(value) + between

    return [[label, *(cell(line, i) for line in lines)] for i, label in enumerate(labels)]
