"""What people come for, from the log-in to the result, in a browser over real processes."""

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from cs_platform.core import clock
from tests.browser import accessibility_problems, page_problems, shoot
from tests.journeys.conftest import Running
from tests.journeys.world import PASSWORD, World, post

pytestmark = [pytest.mark.browser, pytest.mark.live]

TODAY = clock.local_date(clock.now(), "Asia/Tokyo")


def _log_in(page: Any, world: World, role: str, *, labels: tuple[str, str, str]) -> None:
    login, password, button = labels
    page.get_by_label(login).fill(world.email(role))
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=button).click()


def _row(page: Any, name: str) -> Any:
    return page.locator("table[data-list] > tbody > tr").filter(has_text=name)


def _score(page: Any) -> str:
    return str(page.locator(".account-head .fact").first.locator("dd").inner_text())


class Clicks:
    """Counts what the hand does, where few clicks are the promise."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, locator: Any) -> None:
        locator.click()
        self.count += 1


def test_a_call_is_logged_from_the_list_in_three_clicks(
    open_page: Callable[..., Any], world: World
) -> None:
    page = open_page("/", role=None)
    _log_in(page, world, "csm", labels=("Email", "Password", "Log in"))
    expect(page).to_have_url(re.compile("/today/$"))
    needs = page.locator("section[aria-labelledby=needs]")
    expect(needs).to_contain_text("Cedar Works")
    expect(needs).to_contain_text("北極星商事株式会社")
    expect(needs).not_to_contain_text("Bluebird")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="At risk").click()
    expect(page).to_have_url(re.compile(r"/at-risk/\?owner=\d+$"))
    address = page.url
    row = _row(page, "Cedar Works")
    expect(row.locator(".reasons")).to_contain_text(re.compile("[a-z]{3}"))
    expect(row).to_contain_text("¥")

    click = Clicks()
    click(row.get_by_role("button", name="Log a contact with Cedar Works"))
    dialog = page.get_by_role("dialog", name="Log a contact with Cedar Works")
    dialog.get_by_label("Kind").select_option("call_out")
    dialog.get_by_role("textbox", name="Summary").fill(
        "Nobody logs in since the summer; training wanted"
    )
    dialog.get_by_label("Next step").fill("Send the training plan")
    dialog.get_by_label("By when").fill(str(TODAY + dt.timedelta(days=2)))
    click(dialog.get_by_role("button", name="Log contact"))
    expect(page.locator("#toasts")).to_contain_text("Cedar Works")
    expect(dialog).to_be_hidden()
    assert click.count <= 3
    assert page.url == address

    row.get_by_role("link", name="Cedar Works").click()
    expect(page.locator("#tasks + *, section[aria-labelledby=tasks]").first).to_be_visible()
    expect(page.locator("section[aria-labelledby=tasks]")).to_contain_text("Send the training plan")
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator(".timeline")).to_contain_text("training wanted")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Today").click()
    expect(page.locator("section[aria-labelledby=due]")).to_contain_text("Send the training plan")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Accounts").click()
    # the worker sets the date of the last contact within seconds
    cell = _row(page, "Cedar Works").locator("td").nth(-2)
    _reload_until(page, lambda: "today" in cell.inner_text().lower(), seconds=5)
    # what is done leaves the list of what is due
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Today").click()
    due = page.locator("section[aria-labelledby=due]")
    due.get_by_role("button", name="Done: Send the training plan").click()
    expect(due).not_to_contain_text("Send the training plan")


def _reload_until(page: Any, is_true: Callable[[], bool], *, seconds: float) -> float:
    """Reload the page until it shows what is awaited; the seconds that took."""
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < seconds, page.locator("main").inner_text()
        page.reload()
    return time.monotonic() - started


def test_an_event_changes_the_score_within_five_seconds(
    open_page: Callable[..., Any], running: Running
) -> None:
    world = running.world
    account = world.accounts["ember"]
    page = open_page(f"accounts/{account.pk}/", role="manager")
    before = _score(page)
    events = [
        {
            "type": "track",
            "event": name,
            "userId": f"ember-{person}",
            "context": {"groupId": "ember"},
        }
        for person in range(5)
        for name in ("Logged In", "Report Opened")
    ]
    assert post(running.web.url, world.write_key, "batch", events) == 200
    taken = _reload_until(page, lambda: _score(page) != before, seconds=5)
    print(f"score on the page after {taken:.1f} s")
    page.get_by_role("link", name="Usage").click()
    expect(page.locator("main")).to_contain_text("Report Opened")


def test_an_unknown_account_appears_and_is_marked(
    open_page: Callable[..., Any], running: Running
) -> None:
    event = {
        "type": "track",
        "event": "Logged In",
        "userId": "stranger",
        "context": {"groupId": "stranger-and-sons"},
    }
    assert post(running.web.url, running.world.write_key, "batch", [event]) == 200
    page = open_page("accounts/?owner=all", role="manager")
    row = _row(page, "stranger-and-sons")
    _reload_until(page, lambda: row.count() == 1, seconds=5)
    expect(row).to_contain_text("Unconfirmed")
    row.get_by_role("link", name="stranger-and-sons").click()
    expect(page.locator("main")).to_contain_text("Unconfirmed")


def test_what_is_typed_before_the_scripts_are_there_is_looked_up(
    open_page: Callable[..., Any], world: World
) -> None:
    page = open_page("today/", role="csm")

    def late(route: Any) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/htmx*.js", late)
    page.goto(page.url, wait_until="commit")
    page.get_by_role("searchbox").fill("cedar")
    found = page.locator("#search-results").get_by_role("link", name="Cedar Works").first
    expect(found).to_be_visible()


def test_on_a_phone_in_japanese_an_account_is_found_by_kana_and_a_contact_logged(
    open_page: Callable[..., Any], world: World
) -> None:
    page = open_page("/", role=None, language="ja", width=375, height=740)
    _log_in(page, world, "csm", labels=("メールアドレス", "パスワード", "ログイン"))
    expect(page).to_have_url(re.compile("/today/$"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.get_by_role("searchbox").fill("ほっきょくせい")
    found = page.locator("#search-results").get_by_role("link", name="北極星商事株式会社").first
    expect(found).to_be_visible()
    assert accessibility_problems(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("北極星商事株式会社")
    page.get_by_role("button", name="対応を記録").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("種類").select_option("call_out")
    dialog.get_by_role("textbox", name="要約").fill("担当者が異動。後任の方と来週お話しする")
    dialog.get_by_label("次のアクション").fill("後任の方に電話")
    dialog.get_by_label("期日").fill(str(TODAY + dt.timedelta(days=3)))
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    shoot(page, "journey-log-ja-375")
    dialog.locator("button.btn-primary").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="タイムライン").click()
    expect(page.locator(".timeline")).to_contain_text("後任の方と来週お話しする")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert not re.search(
        r"\b(Account|Contact|Timeline|Call made)\b", page.locator("main").inner_text()
    )


def test_a_manager_begins_and_ends_a_contract(open_page: Callable[..., Any]) -> None:
    page = open_page("accounts/new/", role="manager")
    page.get_by_label("Name", exact=True).fill("Fern & Co <b>")
    page.get_by_label("Seats").fill("10")
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fern & Co <b>")
    account = page.url

    page.locator("section[aria-labelledby=people]").get_by_role("link", name="Add").click()
    page.get_by_label("Name", exact=True).fill("Mori Hanako")
    page.get_by_label("E-mail").fill("hanako@fern.example")
    page.locator("main button.btn-primary").click()
    page.goto(account)
    expect(page.locator("section[aria-labelledby=people]")).to_contain_text("Mori Hanako")

    page.get_by_role("link", name="Contract", exact=True).click()
    page.get_by_role("link", name="New contract").first.click()
    page.get_by_label("Product").select_option(label="Suite")
    page.get_by_label("Seats").fill("10")
    page.get_by_label("Unit price per month").fill("3000")
    page.get_by_label("Start").fill(str(TODAY - dt.timedelta(days=40)))
    page.get_by_label("Term in months").fill("12")
    page.locator("main button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("New")
    arr = page.locator(".account-head .fact").nth(1)
    page.goto(account)
    _reload_until(page, lambda: "¥360,000" in arr.inner_text(), seconds=5)

    page.get_by_role("link", name="Contract", exact=True).click()
    page.get_by_role("link", name="Suite").first.click()
    page.get_by_role("link", name="End contract").click()
    page.get_by_label("Last paid day").fill(str(TODAY - dt.timedelta(days=1)))
    page.locator("main button.btn-primary").click()
    # without a reason it is not accepted, and says so beside the field
    expect(page.locator(".invalid-feedback")).to_have_count(1)
    page.get_by_label("Reason").select_option("price")
    page.get_by_label("Note").fill("Found it too dear")
    page.locator("main button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("Found it too dear")
    page.goto(account)
    _reload_until(page, lambda: "¥0" in arr.inner_text(), seconds=5)
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator(".timeline")).to_contain_text("Found it too dear")


def _work_on_risk(page: Any, button: Any, verb: str) -> Any:
    button.click()
    offer = (
        page.get_by_role("dialog")
        .locator("details.risk-offer")
        .filter(has=page.locator("summary", has_text=re.compile(f"^{verb}$")))
    )
    offer.locator("summary").click()
    return offer


def test_a_risk_is_snoozed_moved_and_flagged(open_page: Callable[..., Any], world: World) -> None:
    page = open_page("at-risk/?owner=all", role="manager")
    row = _row(page, "Dune Media")
    offer = _work_on_risk(page, row.get_by_role("button", name="Work on the risk"), "Snooze")
    offer.get_by_label("through").fill(str(TODAY + dt.timedelta(days=7)))
    offer.get_by_label("Why").fill("Their budget round ends next week")
    assert accessibility_problems(page) == []
    offer.get_by_role("button", name="Snooze").click()
    expect(page.locator("#risk-panel")).to_contain_text("Their budget round ends next week")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(_row(page, "Dune Media")).to_have_count(0)
    page.get_by_label("Snoozed too").check()
    expect(_row(page, "Dune Media")).to_contain_text("snoozed until")
    page.get_by_role("link", name="Board").click()
    working = page.get_by_role("region", name="Working on it")
    expect(working.get_by_role("link", name="北極星商事株式会社")).to_have_count(0)
    card = page.locator(".board-card").filter(has_text="北極星商事株式会社")
    offer = _work_on_risk(page, card.get_by_role("button"), "Move")
    offer.get_by_label("State").select_option("working")
    offer.get_by_role("button", name="Move").click()
    expect(page.locator("#risk-panel")).to_contain_text("Working on it")
    page.keyboard.press("Escape")
    expect(working.get_by_role("link", name="北極星商事株式会社")).to_be_visible()

    page.goto(page.url.partition("/at-risk/")[0] + f"/accounts/{world.accounts['bluebird'].pk}/")
    offer = _work_on_risk(page, page.get_by_role("button", name="Work on the risk"), "Flag a risk")
    offer.get_by_label("Why").fill("Their sponsor leaves in spring")
    offer.get_by_role("button", name="Flag a risk").click()
    expect(page.locator("#risk-panel")).to_contain_text("Their sponsor leaves in spring")
    page.keyboard.press("Escape")
    expect(page.locator(".account-head")).to_contain_text("Their sponsor leaves in spring")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="At risk").click()
    page.get_by_label("Owner").select_option("all")
    expect(_row(page, "Bluebird Logistics")).to_contain_text("Flagged")


def test_lists_obey_the_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page("accounts/?owner=all&sort=name", role="manager")
    names = page.locator("table[data-list] > tbody > tr th a").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tr.is-current input[name=ids]")).to_be_checked()
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_visible()
    assert accessibility_problems(page) == []
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    page.wait_for_load_state()  # the heading is there before the script that listens to keys
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("bluebird")
    expect(page.locator("#search-results")).to_contain_text("Bluebird Logistics")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bluebird Logistics")


def test_theme_and_language_stay(open_page: Callable[..., Any], live_app: Any) -> None:
    page = open_page("today/", role="viewer", theme="system")
    page.locator("summary.user").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    page.locator("html[data-bs-theme=dark]").wait_for(state="attached")
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.goto(live_app.address("accounts/?owner=all"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("heading", level=1)).to_have_text("顧客企業")
    assert page_problems(page) == []
