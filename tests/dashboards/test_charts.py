"""Figures: rows in, Plotly's JSON and a table out."""

import datetime as dt
import json

from django.utils.translation import override

from cs_platform.dashboards import charts


def test_health_distribution_counts_by_class_and_band() -> None:
    chart = charts.health_distribution({0: {"red": 2}, 60: {"yellow": 3}, 70: {"green": 1}})
    assert chart.rows[0] == ["0–9", 2, 0, 0]
    assert chart.rows[6] == ["60–69", 0, 3, 0]
    assert chart.rows[9][0] == "90–100"
    assert [trace["meta"]["role"] for trace in chart.figure["data"]] == ["red", "yellow", "green"]


def test_money_bars_put_the_first_on_top() -> None:
    rows = [
        {"label": "A", "arr_at_risk": 10, "expected_loss": 4, "accounts": 2},
        {"label": "<b>", "arr_at_risk": 5, "expected_loss": 1, "accounts": 1},
    ]
    chart = charts.money_bars(rows, label="Owner", currency="JPY")
    assert chart.figure["data"][1]["y"] == ["&lt;b>", "A"]
    assert chart.rows == [["A", 2, 10.0, 4.0], ["<b>", 1, 5.0, 1.0]]
    assert charts.money_bars([], label="Owner", currency="JPY").is_empty


def test_ticks_of_money_are_round_and_short() -> None:
    rows = [{"label": "A", "arr_at_risk": 23_456_789, "expected_loss": 1, "accounts": 1}]
    words = {}
    for language in ("en", "ja"):
        with override(language):
            axis = charts.money_bars(rows, label="", currency="JPY").figure["layout"]["xaxis"]
        assert axis["tickvals"] == [0, 5e6, 10e6, 15e6, 20e6]
        words[language] = axis["ticktext"][2]
    assert words == {"en": "¥10M", "ja": "￥1000万"}


def test_renewals_stack_by_band() -> None:
    march, may = dt.date(2026, 3, 1), dt.date(2026, 5, 1)
    rows = [
        {"month": may, "band": "green", "arr": 5},
        {"month": march, "band": "", "arr": 7},
        {"month": march, "band": "red", "arr": 1},
    ]
    chart = charts.renewals_by_month(rows, currency="EUR")
    assert chart.rows == [
        ["Mar 2026", 1.0, 0.0, 0.0, 7.0],
        ["Apr 2026", 0.0, 0.0, 0.0, 0.0],
        ["May 2026", 0.0, 0.0, 5.0, 0.0],
    ]


def test_score_history_keeps_gaps() -> None:
    day = dt.date(2026, 1, 1)
    chart = charts.score_history(
        [{"day": day, "score": 71, "band": "green"}, {"day": day, "score": None, "band": ""}],
        yellow_from=40,
        green_from=70,
    )
    assert list(chart.figure["data"][0]["y"]) == [71, None]
    assert [shape["y0"] for shape in chart.figure["layout"]["shapes"]] == [40, 70]


def test_a_single_day_is_a_point_and_its_axis_has_days() -> None:
    chart = charts.score_history(
        [{"day": dt.date(2026, 1, 1), "score": 44, "band": "yellow"}], yellow_from=40, green_from=70
    )
    assert chart.figure["data"][0]["mode"] == "markers"
    assert chart.figure["layout"]["xaxis"]["dtick"] == 24 * 60 * 60 * 1000


def test_the_heat_map_has_the_most_used_on_top() -> None:
    weeks = [dt.date(2026, 1, 5), dt.date(2026, 1, 12)]
    chart = charts.adoption_heatmap(weeks, {"few": {weeks[0]: 1}, "many": {weeks[1]: 9}})
    assert chart.rows == [["many", 0, 9], ["few", 1, 0]]
    assert list(chart.figure["data"][0]["y"]) == ["few", "many"]


def test_seats_are_a_line_only_where_there_are_any() -> None:
    weeks = [{"week": dt.date(2026, 1, 5), "users": 3}]
    assert len(charts.active_users(weeks, seats=None).figure["data"]) == 1
    assert len(charts.active_users(weeks, seats=5).figure["data"]) == 2


def test_few_people_are_counted_by_whole_ones() -> None:
    for users, step in ((1, 1), (60, None)):
        weeks = [{"week": dt.date(2026, 1, 5), "users": users}]
        axis = charts.active_users(weeks, seats=None).figure["layout"]["yaxis"]
        assert axis.get("dtick") == step


def test_figures_are_plain_json() -> None:
    weeks = [{"week": dt.date(2026, 1, 5), "users": 3}]
    days = [{"day": dt.date(2026, 1, 5), "events": 3}]
    for chart in (charts.active_users(weeks, seats=5), charts.usage_by_day(days)):
        assert json.loads(json.dumps(chart.figure))["data"]
