"""A bridge from one total to another through what was added and lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from cs_platform.documents.charts.drawing import (
    ACCENT,
    INK,
    LOSS,
    MUTED,
    SECOND,
    Drawing,
    Format,
    Mark,
    Rect,
    Rule,
    Text,
    draw,
    fitted,
    frame,
)


@dataclass(frozen=True)
class Step:
    """A change, positive or negative, or a total that stands on the ground."""

    label: str
    value: float
    is_total: bool = False


def waterfall(
    steps: Sequence[Step], *, title: str, form: Format, form_change: Format,
    width: float = 672, height: float = 220, head: Sequence[str] = ("", ""),
) -> Drawing:  # fmt: skip
    """Each change begins where the one before it ended; a total begins at 0.

    ``form`` writes totals and the axis, ``form_change`` changes, with their sign.
    """
    spans, reached = [], 0.0
    for step in steps:
        begins = 0.0 if step.is_total else reached
        reached = step.value if step.is_total else reached + step.value
        spans.append((begins, reached))
    plot = frame(
        [end for span in spans for end in span],
        width=width, height=height, form=form, top=20, bottom=24,
    )  # fmt: skip
    marks: list[Mark] = list(plot.marks)
    pitch = (plot.right - plot.left) / max(len(steps), 1)
    wide = min(pitch * 0.62, 56)
    for index, (step, (begins, ends)) in enumerate(zip(steps, spans, strict=True)):
        middle = plot.left + (index + 0.5) * pitch
        top, foot = sorted((plot.scale(begins), plot.scale(ends)))
        colour = ACCENT if step.is_total else SECOND if step.value >= 0 else LOSS
        marks.append(Rect(middle - wide / 2, top, wide, max(foot - top, 1), colour))
        if index + 1 < len(steps):
            y = plot.scale(ends)
            x1, x2 = middle + wide / 2, middle + pitch - wide / 2
            marks.append(Rule(x1, y, x2, y, stroke=MUTED, width=0.75, dash="2 2"))
        text = (form if step.is_total else form_change)(step.value)
        marks.append(Text(middle, top - 5, text, anchor="middle", fill=INK, weight=600))
        marks.append(Text(middle, height - 7, fitted(step.label, pitch - 4), anchor="middle"))
    rows = [[s.label, (form if s.is_total else form_change)(s.value)] for s in steps]
    return draw(title, width, height, marks, columns=head, rows=rows)
