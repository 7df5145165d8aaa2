"""The components in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import accessibility_problems, page_problems, shoot

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _debug(settings: Any) -> None:
    settings.DEBUG = True


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("ja", 375)])
def test_every_component_and_chart_is_drawn(
    open_page: Any, theme: str, language: str, width: int
) -> None:
    page = open_page("/styleguide/", theme=theme, language=language, width=width, height=6000)
    expect(page.locator("[data-chart]:not([data-drawn])")).to_have_count(0, timeout=30_000)
    shoot(page, f"styleguide-{theme}-{language}-{width}")
    assert page.locator("[data-chart] .main-svg").count() >= 9
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert accessibility_problems(page) == []
    assert page_problems(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("en", 375), ("ja", 1440)])
def test_log_in_and_glossary(open_page: Any, theme: str, language: str, width: int) -> None:
    for path, role in (("/accounts/login/", None), ("glossary/", "owner")):
        page = open_page(path, role=role, theme=theme, language=language, width=width)
        shoot(page, f"{path.strip('/').split('/')[-1]}-{theme}-{language}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert accessibility_problems(page) == []


def test_the_keyboard_walks_selects_and_asks(open_page: Any) -> None:
    page = open_page("/styleguide/")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    for key in "jjjk":
        page.keyboard.press(key)
    expect(page.locator("tr.is-current")).to_have_attribute("data-href", "#row-1")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    page.get_by_role("button", name="Snooze").click()
    question = page.get_by_role("dialog", name="Are you sure?")
    expect(question).to_contain_text("Snooze the selected accounts?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_a_chart_turns_into_its_table_and_back(open_page: Any) -> None:
    page = open_page("/styleguide/", height=3000)
    chart = page.locator("[data-chart]").nth(1)
    expect(chart).to_have_attribute("data-drawn", "yes", timeout=30_000)
    chart.get_by_role("button", name="Table").click()
    expect(chart.get_by_role("row")).to_have_count(6)
    expect(chart.locator("[data-chart-plot]")).to_be_hidden()
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("[data-chart-plot]")).to_be_visible()


def test_the_theme_changes_in_place_and_stays(open_page: Any) -> None:
    page = open_page("/styleguide/")
    page.locator("summary.user").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_a_first_visit_weighs_under_200_kilobytes() -> None:
    import brotli
    from django.contrib.staticfiles import finders

    scripts = ["app", "charts", "dialogs", "lists", "theme", "toasts", "words"]
    names = ["vendor/tabler.min.css", "vendor/htmx.min.js", "css/app.css", "img/mark.svg"]
    paths = [finders.find(name) for name in [*names, *(f"js/{name}.js" for name in scripts)]]
    weight = sum(len(brotli.compress(Path(path).read_bytes())) for path in paths)
    assert weight < 120_000  # leaves the page itself 80 KB
