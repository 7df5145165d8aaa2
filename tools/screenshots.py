"""Takes the README's pictures from a running ``make demo``: ``make screenshots``."""

import json
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WORST = "table tbody tr:first-child a[href*='/accounts/']"


def _log_in(browser: Browser, url: str, state: dict[str, str], **options: object) -> Page:
    page = browser.new_context(base_url=url, **options).new_page()  # type: ignore[arg-type]
    page.goto("/accounts/login/")
    page.fill("input[name=login]", state["email"])
    page.fill("input[name=password]", state["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/today/")
    return page


def _shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # charts draw once the page is there
    page.screenshot(path=OUT / f"{name}.png")
    print(OUT / f"{name}.png")


def main() -> int:
    """Needs the demo's address as the only argument; reads its log-in from ``VAR_DIR``."""
    if len(sys.argv) != 2:
        print("usage: python tools/screenshots.py http://127.0.0.1:8000", file=sys.stderr)
        return 2
    url = sys.argv[1].rstrip("/")
    state = json.loads((Path(os.environ.get("VAR_DIR", ROOT / "var")) / "demo.json").read_text())
    OUT.mkdir(exist_ok=True)
    desktop = {"viewport": {"width": 1440, "height": 900}}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = _log_in(browser, url, state, **desktop)
        root = page.url.removesuffix("today/")
        page.goto(f"{root}at-risk/")
        worst = page.locator(WORST).first.get_attribute("href")
        _shoot(page, "at-risk")
        page.goto(worst or root)
        _shoot(page, "account")
        page = _log_in(
            browser, url, state, locale="ja-JP", color_scheme="dark", **desktop
        )  # the browser's language and scheme are followed
        page.goto(f"{root}overview/")
        _shoot(page, "overview-ja-dark")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
