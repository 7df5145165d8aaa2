"""What a chart is made of: marks with places and colours, and the scales that give the places."""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

# Colours on white paper; each differs from its neighbours in lightness too, for grey printers.
INK = "#1a2029"
MUTED = "#5a6472"
GRID = "#dde2e9"
ACCENT = "#2657c9"
ACCENT_SOFT = "#d5e1fa"
SECOND = "#0b7a8a"
LOSS = "#a4532a"
BANDS = {"green": "#2f9461", "yellow": "#e0a021", "red": "#c2302d", "": "#b4bcc8"}

TEXT_SIZE = 10.0
Format = Callable[[Any], str]


def _short(value: float) -> float:
    """Two decimals are a hundredth of a pixel; more only makes the file larger."""
    return round(float(value), 2)


@dataclass(frozen=True)
class Rect:
    """An upright rectangle."""

    kind: ClassVar[str] = "rect"
    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    kind: ClassVar[str] = "line"
    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = GRID
    width: float = 1
    dash: str = ""


@dataclass(frozen=True)
class Path:
    """A line through points, or the area they enclose where ``fill`` is given."""

    kind: ClassVar[str] = "path"
    points: tuple[tuple[float, float], ...]
    stroke: str = "none"
    width: float = 1.75
    dash: str = ""
    fill: str = "none"

    @property
    def data(self) -> str:
        """The points as SVG writes them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Dot:
    """A point that stands alone, or the end of a line."""

    kind: ClassVar[str] = "dot"
    x: float
    y: float
    fill: str
    radius: float = 2.5


@dataclass(frozen=True)
class Text:
    """A word; ``anchor`` is the part of it that stands at ``x``: start, middle or end."""

    kind: ClassVar[str] = "text"
    x: float
    y: float
    text: str
    anchor: str = "start"
    fill: str = MUTED
    size: float = TEXT_SIZE
    weight: int = 400


Mark = Rect | Rule | Path | Dot | Text


@dataclass(frozen=True)
class Drawing:
    """A chart: its marks, and the same data as a table for those who cannot see them."""

    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def draw(
    title: str,
    width: float,
    height: float,
    marks: Sequence[Mark],
    *,
    columns: Sequence[object] = (),
    rows: Sequence[Sequence[object]] = (),
) -> Drawing:
    """A drawing of these marks, their places rounded."""
    return Drawing(
        str(title),
        _short(width),
        _short(height),
        tuple(_rounded(mark) for mark in marks),
        [str(column) for column in columns],
        [[str(cell) for cell in row] for row in rows],
    )


def _rounded(mark: Mark) -> Mark:
    values = dict(vars(mark))
    for name, value in values.items():
        if isinstance(value, float):
            values[name] = _short(value)
        elif name == "points":
            values[name] = tuple((_short(x), _short(y)) for x, y in value)
    return type(mark)(**values)


# --- text ------------------------------------------------------------------------------------
def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """About how wide a text is: a kanji is as wide as high, a Latin letter a bit over half."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return size * (wide + 0.57 * (len(text) - wide))


def fitted(text: str, width: float, size: float = TEXT_SIZE) -> str:
    """The text, cut to ``width`` with an ellipsis where it is longer."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def shown_labels(labels: Sequence[str], step: float, size: float = TEXT_SIZE) -> set[int]:
    """The positions whose labels are written, so many that none touches the next; the last is one.

    ``step`` is the distance between two positions.
    """
    if not labels:
        return set()
    widest = max(text_width(label, size) for label in labels) + 8
    every = max(1, math.ceil(widest / step)) if step > 0 else len(labels)
    return set(range(len(labels) - 1, -1, -every))


# --- scales ----------------------------------------------------------------------------------
def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values from at or below ``low`` to at or above ``high``, about ``count`` steps apart.

    Steps are 1, 2 or 5 times a power of ten.
    """
    if high <= low:
        high = low + (abs(low) or 1)
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.9999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


@dataclass(frozen=True)
class Scale:
    """Values ``low`` to ``high`` on the way from pixel ``start`` to pixel ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class Frame:
    """The plot's rectangle with its value axis: grid lines and their labels at the left."""

    left: float
    top: float
    right: float
    bottom: float
    scale: Scale
    marks: tuple[Mark, ...]


def frame(
    values: Sequence[float], *, width: float, height: float, form: Format, top: float = 10,
    from_zero: bool = True, bottom: float = 22,
) -> Frame:  # fmt: skip
    """A value axis that holds ``values``, and 0 where ``from_zero``."""
    held = [*values, 0.0] if from_zero or not values else list(values)
    steps = ticks(min(held), max(held))
    labels = [form(step) for step in steps]
    left = max(text_width(label) for label in labels) + 8
    scale = Scale(steps[0], steps[-1], height - bottom, top)
    marks: list[Mark] = []
    for step, label in zip(steps, labels, strict=True):
        y = scale(step)
        marks.append(Rule(left, y, width, y, stroke=MUTED if step == 0 else GRID))
        marks.append(Text(left - 6, y + 3.5, label, anchor="end"))
    return Frame(left, top, width, height - bottom, scale, tuple(marks))


def legend(
    entries: Sequence[tuple[str, str]], *, x: float = 0, width: float = 1e9
) -> tuple[list[Mark], float]:
    """Names of series with a square of their colour, in lines; the marks, and the height taken."""
    marks: list[Mark] = []
    at, y = x, 9.0
    for name, colour in entries:
        wide = 14 + text_width(name) + 14
        if at > x and at + wide > width:
            at, y = x, y + 15
        marks += [Rect(at, y - 8, 9, 9, colour), Text(at + 14, y, name)]
        at += wide
    return marks, (y + 9 if entries else 0.0)
