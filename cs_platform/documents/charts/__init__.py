"""Charts for paper: plain rows in, a drawing out, which one template writes as SVG.

No browser draws them and no style sheet reaches them, so every mark carries its own colour, and
every figure that matters is written out beside its mark. Lengths are CSS pixels, y grows downward.
"""

from cs_platform.documents.charts.bars import Bars, bar_chart, row_bars
from cs_platform.documents.charts.drawing import Drawing
from cs_platform.documents.charts.line import Line, line_chart
from cs_platform.documents.charts.waterfall import Step, waterfall

__all__ = [
    "Bars",
    "Drawing",
    "Line",
    "Step",
    "bar_chart",
    "line_chart",
    "row_bars",
    "waterfall",
]
