"""What people typed stays text wherever it goes: charts, files, pages."""

import csv
import datetime as dt
import io
import json

import pytest

from cs_platform.core.exports import csv_lines
from cs_platform.dashboards import charts

LINK = '<a href="https://evil.example">Reset your password</a> & more'


def test_a_label_of_a_chart_is_no_link() -> None:
    monday = dt.date(2026, 11, 2)
    heatmap = charts.adoption_heatmap([monday], {LINK: {monday: 3}})
    row = {"label": LINK, "arr_at_risk": 12, "expected_loss": 4, "accounts": 1}
    bars = charts.money_bars([row], label="Owner", currency="JPY")
    for chart in (heatmap, bars):
        assert "<a" not in json.dumps(chart.figure)
        assert chart.figure["data"][0]["y"] == [
            '&lt;a href="https://evil.example">Reset your password&lt;/a> &amp; more'
        ]
        assert chart.rows[0][0] == LINK


@pytest.mark.parametrize(
    "text",
    ["=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "\u3000=1", "\u00a0@x", "\ufeff=1", " ＝1"],
)
def test_no_text_of_an_export_is_a_formula(text: str) -> None:
    line = list(csv_lines(["Name"], [[text]]))[1]
    assert next(csv.reader([line])) == [f"'{text}"]


def test_no_cell_of_an_export_begins_inside_a_text() -> None:
    line = list(csv_lines(["Name", "ARR"], [["Acme;=1+1", 5]]))[1]
    assert line == '"Acme;=1+1",5\r\n'
    assert next(csv.reader(io.StringIO(line), delimiter=";"))[0] == "Acme;=1+1,5"
