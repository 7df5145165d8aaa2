"""A table whose cells are the darker the larger their value."""

from collections.abc import Sequence

from cs_platform.documents.charts.drawing import (
    INK,
    Drawing,
    Format,
    Mark,
    Rect,
    Text,
    draw,
    fitted,
    shown_labels,
    text_width,
)

_LIGHT, _DARK = (238, 243, 253), (38, 87, 201)
_EMPTY = "#f4f5f7"


def shade(share: float) -> str:
    """The colour of a share of the largest value, from nearly white to the accent."""
    share = min(max(share, 0.0), 1.0)
    parts = [round(a + (b - a) * share) for a, b in zip(_LIGHT, _DARK, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def heat_map(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]], *, title: str,
    form: Format, width: float = 672, largest: float | None = None, head: str = "",
) -> Drawing:  # fmt: skip
    """Rows of values, None where there is none; each value is written where its cell has room.

    ``largest`` is the value of the darkest cell; by default the largest there is.
    """
    pitch, top = 20.0, 20.0
    known = [value for _label, values in rows for value in values if value is not None]
    most = largest or max(known, default=0) or 1
    left = min(max((text_width(label) for label, _values in rows), default=0) + 10, width * 0.32)
    step = (width - left) / max(len(columns), 1)
    names = shown_labels(columns, step)
    marks: list[Mark] = [
        Text(left + (index + 0.5) * step, 12, columns[index], anchor="middle")
        for index in sorted(names)
    ]
    fits = all(text_width(form(value), 9) <= step - 4 for value in known)
    for line, (label, values) in enumerate(rows):
        y = top + line * pitch
        marks.append(Text(left - 8, y + 13.5, fitted(label, left - 8), anchor="end", fill=INK))
        for index, value in enumerate(values):
            share = 0.0 if value is None else value / most
            fill = _EMPTY if value is None else shade(share)
            marks.append(Rect(left + index * step, y, step - 1.5, pitch - 1.5, fill))
            if value is not None and fits:
                ink = "#ffffff" if share > 0.5 else INK
                x = left + (index + 0.5) * step - 0.75
                marks.append(Text(x, y + 13, form(value), anchor="middle", fill=ink, size=9.0))
    table = [
        [label, *("—" if value is None else form(value) for value in values)]
        for label, values in rows
    ]
    return draw(
        title, width, top + max(len(rows), 1) * pitch, marks, columns=[head, *columns], rows=table
    )
