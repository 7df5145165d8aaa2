"""What the components say, and that they escape what comes from outside."""

import json
import re
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

EVIL = "</script><img src=x onerror=alert(1)>\u2028"


def render(source: str, path: str = "/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template(source).render(Context({"request": request, **context}))


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "phone" %}')
    assert 'aria-label="&lt;Call&gt;"' in render('{% icon "phone" label=text %}', text="<Call>")
    with pytest.raises(ValueError, match="no Tabler icon named 'nothing'"):
        render('{% icon "nothing" %}')


def test_health_is_a_shape_and_a_word_beside_its_colour() -> None:
    text = render('{% band "red" 31.4 0.924 %}')
    assert "<svg" in text
    assert "Act now" in text
    assert "<b>31</b>" in text
    assert "Coverage 92%" in text


def test_no_score_is_shown_without_enough_data() -> None:
    text = render('{% band "" 55 0.2 %}')
    assert "Not enough data" in text
    assert "55" not in text


def test_a_sparkline_breaks_where_values_are_missing_and_says_what_it_shows() -> None:
    text = render("{% sparkline values %}", values=[10, 20, None, 40])
    assert text.count("<polyline") == 2
    assert "from 10 to 40 over 4 points" in text
    assert "<svg" not in render("{% sparkline values %}", values=[None])


def test_a_chart_cannot_end_its_script_and_shows_its_data_as_a_table() -> None:
    figure = {"data": [{"type": "bar", "name": EVIL, "x": [EVIL], "y": [1234.5]}], "layout": {}}
    text = render("{% chart figure title=title n=1 %}", figure=figure, title=EVIL)
    inside = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert inside is not None
    assert json.loads(inside[1])["data"][0]["x"] == [EVIL]
    assert "\u2028" not in inside[1]
    assert "<img" not in text
    assert '<td class="num">1,234.50</td>' in text


def test_a_heat_map_has_a_table_of_its_own() -> None:
    figure = {"data": [{"type": "heatmap", "x": ["a", "b"], "y": ["r"], "z": [[1, None]]}]}
    text = render('{% chart figure title="Heat" %}', figure=figure)
    assert re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", text) == ["a", "b", "r", "1", "—"]


def test_a_chart_refuses_a_misspelt_option() -> None:
    with pytest.raises(ValueError, match="chart knows no"):
        render('{% chart figure title="x" hight=3 %}', figure={"data": []})


def test_terms_link_to_the_glossary_and_unknown_ones_fail() -> None:
    text = render('{% define "nrr" %}', glossary_url="/w/acme/glossary/")
    assert 'href="/w/acme/glossary/#nrr"' in text
    with pytest.raises(LookupError, match="no glossary entry named 'nonsense'"):
        render('{% define "nonsense" %}')


def test_sorting_turns_around_and_forgets_the_page() -> None:
    text = render('{% sort_header "arr" "ARR" num=True %}', path="/?sort=-arr&cursor=x&q=a%26b")
    assert 'aria-sort="descending"' in text
    assert 'href="?q=a%26b&amp;sort=arr"' in text
    fresh = render('{% sort_header "arr" "ARR" num=True %}')
    assert "aria-sort" not in fresh
    assert 'href="?sort=-arr"' in fresh


class _Form(forms.Form):
    name = forms.CharField(help_text="As on the contract.")
    due = forms.DateField(initial="2026-11-03")


def test_a_field_is_tied_to_its_help_and_errors() -> None:
    text = render("{% field form.name %}", form=_Form({}))
    assert 'aria-describedby="id_name_help id_name_error"' in text
    assert 'aria-invalid="true"' in text
    assert 'for="id_name"' in text


def test_dates_use_the_browsers_own_picker() -> None:
    text = render("{% field form.due %}", form=_Form())
    assert 'type="date"' in text
    assert 'value="2026-11-03"' in text


def test_what_is_typed_is_escaped() -> None:
    text = render("{% field form.name %}", form=_Form({"name": EVIL}))
    assert "<img" not in text
    for source in (
        "{% stat evil evil note=evil %}",
        "{% facts %}{% fact evil evil %}{% endfacts %}",
        "{% empty title=evil text=evil %}{{ evil }}{% endempty %}",
        '{% dialog id="d" title=evil %}{{ evil }}{% enddialog %}',
        "{% tabs %}{% tab evil evil %}{% endtabs %}",
        "{% menu label=evil %}{{ evil }}{% endmenu %}",
        "{% saved_views views %}",
        '{% sort_header "name" evil %}',
    ):
        views = [{"label": EVIL, "url": EVIL, "delete_url": EVIL}]
        assert "<img" not in render(source, evil=EVIL, views=views), source


def test_a_change_is_good_or_bad_by_its_direction() -> None:
    assert "change-good" in render('{% stat "NRR" "104%" change="+1.2" good="up" %}')
    assert "change-bad" in render('{% stat "Churn" "3%" change="+1.2" good="down" %}')
    assert "change-" not in render('{% stat "Accounts" "3" change="+1" %}')


def test_a_pager_knows_the_pages_of_core_paging() -> None:
    from cs_platform.core.paging import Page

    text = render(
        "{% pager page %}", path="/?sort=name", page=Page(rows=[], next="n", previous=None)
    )
    assert 'href="?sort=name&amp;cursor=n"' in text
    assert "Previous" not in text
