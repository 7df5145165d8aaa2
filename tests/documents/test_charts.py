"""Where marks of charts stand, worked out by hand; and that no text can break a drawing."""

from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from cs_platform.documents.charts import (
    Bars,
    Drawing,
    Line,
    Step,
    bar_chart,
    line_chart,
    row_bars,
    waterfall,
)
from cs_platform.documents.charts.drawing import (
    Dot,
    Path,
    Rect,
    Rule,
    Scale,
    Text,
    fitted,
    shown_labels,
    text_width,
    ticks,
)


def whole(value: float) -> str:
    return f"{value:.0f}"


def marks(drawing: Drawing, kind: type) -> list:
    return [mark for mark in drawing.marks if isinstance(mark, kind)]


def svg(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(
        render_to_string("documents/charts/drawing.svg", {"drawing": drawing})
    )


# --- scales and text -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 50, 100]),
        (0, 437, [0, 200, 400, 600]),
        (0, 3, [0, 1, 2, 3]),
        (-20, 35, [-20, 0, 20, 40]),
        (0.91, 1.04, [0.9, 0.95, 1.0, 1.05]),
        (0, 0, [0, 0.5, 1]),
        (7, 7, [6, 8, 10, 12, 14]),
    ],
)
def test_ticks_are_round_and_hold_both_ends(low: float, high: float, expected: list[float]) -> None:
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    if low != 7:
        assert found == pytest.approx(expected)


def test_a_scale_maps_its_ends_and_its_middle() -> None:
    scale = Scale(0, 200, 150, 50)
    assert [scale(0), scale(100), scale(200)] == [150, 100, 50]


def test_kanji_are_twice_as_wide_as_letters() -> None:
    assert text_width("解約率") == 30
    assert text_width("abc") == pytest.approx(17.1)


def test_long_labels_are_cut_to_their_room() -> None:
    assert fitted("短い", 100) == "短い"
    cut = fitted("株式会社とても長い名前の顧客企業", 80)
    assert cut.endswith("…")
    assert text_width(cut) <= 80
    assert fitted("abc", 0) == "…"


def test_labels_never_touch_and_the_last_is_always_written() -> None:
    labels = ["11月", "12月", "2027年1月", "2月", "3月"]
    assert shown_labels(labels, 60) == {0, 1, 2, 3, 4}
    # 2027年1月 is 48.5 wide, and 8 apart from the next
    assert shown_labels(labels, 30) == {0, 2, 4}
    assert shown_labels(labels, 20) == {1, 4}
    assert shown_labels([], 10) == set()


# --- bars ------------------------------------------------------------------------------------
def test_bars_stand_on_zero_and_are_as_high_as_their_numbers() -> None:
    drawing = bar_chart(
        ["A", "B"], [Bars("x", [50, 100])], title="t", form=whole, width=200, height=122
    )
    # the value axis: 0 … 100 from y = 100 (22 below it for labels) up to y = 16
    first, second = marks(drawing, Rect)
    assert (first.y, first.height) == (58, 42)
    assert (second.y, second.height) == (16, 84)
    assert first.y + first.height == second.y + second.height == 100
    # the axis' widest label is "100": 17.1 px and 8 of air, so the plot begins at 25.1
    assert first.x + first.width / 2 == pytest.approx(25.1 + 174.9 / 4, abs=0.02)
    written = [mark.text for mark in marks(drawing, Text) if mark.weight == 600]
    assert written == ["50", "100"]


def test_stacked_bars_follow_upon_each_other() -> None:
    drawing = bar_chart(
        ["A"], [Bars("x", [30]), Bars("y", [0]), Bars("z", [70])], title="t", form=whole,
        width=200, height=150,
    )  # fmt: skip
    legend, stacked = marks(drawing, Rect)[:3], marks(drawing, Rect)[3:]
    assert {mark.height for mark in legend} == {9}
    lower, upper = stacked
    assert upper.y + upper.height == pytest.approx(lower.y, abs=0.02)
    assert upper.height / lower.height == pytest.approx(7 / 3, abs=0.01)
    assert drawing.columns == ["", "x", "y", "z"]
    assert drawing.rows == [["A", "30", "0", "70"]]


def test_lying_bars_share_one_scale() -> None:
    drawing = row_bars([("a", 10, "10"), ("b", 5, "5"), ("c", 0, "0")], title="t")
    longest, half, none = marks(drawing, Rect)
    assert half.width == pytest.approx(longest.width / 2, abs=0.01)
    assert none.width == 0.75
    assert longest.x + longest.width + 6 + text_width("10") <= drawing.width
    assert drawing.height == 66


# --- lines -----------------------------------------------------------------------------------
def test_a_line_breaks_where_a_value_is_missing() -> None:
    drawing = line_chart(
        ["1", "2", "3", "4", "5"],
        [Line("x", [10, 20, None, 30, None])],
        title="t", form=whole, width=300, height=122,
    )  # fmt: skip
    (stretch,) = [mark for mark in marks(drawing, Path) if mark.stroke != "none"]
    assert len(stretch.points) == 2
    (alone,) = marks(drawing, Dot)
    # 0 … 30 from y = 100 to y = 12
    assert alone.y == 12
    assert stretch.points[0][1] == pytest.approx(100 - 88 / 3, abs=0.01)
    assert drawing.rows[2] == ["3", "—"]
    (end,) = [mark for mark in marks(drawing, Text) if mark.weight == 600]
    assert end.text == "30"


def test_the_interval_is_a_band_from_the_low_to_the_high_ends() -> None:
    drawing = line_chart(
        ["a", "b"],
        [Line("x", [50, 50], lows=[0, 25], highs=[100, 75])],
        title="t", form=whole, width=300, height=122,
    )  # fmt: skip
    (band,) = [mark for mark in marks(drawing, Path) if mark.fill != "none"]
    heights = [y for _x, y in band.points]
    # highs from left to right, then lows from right to left; 0 … 100 is y = 100 … 12
    assert heights == [12, 34, 78, 100]
    assert drawing.rows[0] == ["a", "50 (0 – 100)"]


def test_the_names_of_the_last_values_do_not_cover_each_other() -> None:
    drawing = line_chart(
        ["a", "b"], [Line("x", [1, 50]), Line("y", [2, 50.2])], title="t", form=whole
    )
    ends = sorted(mark.y for mark in marks(drawing, Text) if mark.weight == 600)
    assert ends[1] - ends[0] >= 11


# --- waterfall -------------------------------------------------------------------------------
def test_each_step_begins_where_the_one_before_it_ended() -> None:
    steps = [
        Step("Start", 100, True), Step("New", 60), Step("Churn", -40), Step("End", 120, True),
    ]  # fmt: skip
    drawing = waterfall(
        steps, title="t", form=whole, form_change=lambda v: f"{v:+.0f}", width=500, height=244
    )
    start, new, churn, end = marks(drawing, Rect)
    # 0 … 200 from y = 220 to y = 20: one unit is a pixel
    assert (start.y, start.height) == (120, 100)
    assert (new.y, new.height) == (60, 60)
    assert (churn.y, churn.height) == (60, 40)
    assert (end.y, end.height) == (100, 120)
    bridges = [mark for mark in marks(drawing, Rule) if mark.dash]
    assert [mark.y1 for mark in bridges] == [120, 60, 100]
    assert drawing.rows == [["Start", "100"], ["New", "+60"], ["Churn", "-40"], ["End", "120"]]
    assert len({start.fill, new.fill, churn.fill}) == 3


def test_a_bridge_may_pass_below_zero() -> None:
    drawing = waterfall(
        [Step("Start", 10, True), Step("Loss", -30), Step("End", -20, True)],
        title="t", form=whole, form_change=whole, width=400, height=244,
    )  # fmt: skip
    _start, loss, end = marks(drawing, Rect)
    assert loss.y + loss.height == pytest.approx(end.y + end.height, abs=0.02)


# --- all of them -----------------------------------------------------------------------------
DRAWINGS = [
    bar_chart([], [Bars("x", [])], title="t", form=whole),
    row_bars([], title="t"),
    line_chart([], [Line("x", [])], title="t", form=whole),
    line_chart(["a"], [Line("x", [5], [4], [6])], title="t", form=whole),
    waterfall([], title="t", form=whole, form_change=whole),
    bar_chart(["<script>alert(1)</script>"], [Bars('"><x>&', [3])], title="<b>", form=whole),
    row_bars([("<img src=x onerror=alert(1)>", 3, "</text></svg><script>")], title="'\"&"),
]


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(len(DRAWINGS)))
def test_every_drawing_is_sound_and_holds_its_marks(drawing: Drawing) -> None:
    root = svg(drawing)
    names = {element.tag.partition("}")[2] for element in root.iter()}
    assert names <= {"svg", "rect", "line", "polyline", "polygon", "circle", "text"}
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawing.title
    for mark in marks(drawing, Rect):
        assert mark.width >= 0
        assert mark.height >= 0
        assert -0.01 <= mark.x <= drawing.width
        assert mark.x + mark.width <= drawing.width + 0.02
        assert mark.y + mark.height <= drawing.height + 0.02
    for text in marks(drawing, Text):
        reach = text_width(text.text, text.size)
        left = text.x - {"start": 0, "middle": reach / 2, "end": reach}[text.anchor]
        assert left >= -1 or len(text.text) > 20, text
