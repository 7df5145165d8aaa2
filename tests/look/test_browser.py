"""The components in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import LiveApp, accessibility_problems, page_problems, shoot

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
