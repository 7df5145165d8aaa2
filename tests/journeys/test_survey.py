"""A survey from its making to what it changes: made by page, mailed, answered on a phone, seen."""

import re
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Contact
from cs_platform.core import tenancy
from metrics.surveys.models import Response
from tests.browser import accessibility_problems, shoot
from tests.journeys.conftest import Running
from tests.live import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live]

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
ANSWERER = "sato@minato.example"
SECONDS = 10


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A page on somebody's phone, in Japanese, without a log-in."""
    context = browser.new_context(
        viewport={"width": 375, "height": 740},
        user_agent=PHONE,
        has_touch=True,
        locale="ja-JP",
        reduced_motion="reduce",
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def _make_survey(page: Any, people: int) -> str:
    """Make and publish an NPS survey to so many by hand; the address of its pages."""
    page.get_by_role("radio", name=re.compile("Relationship NPS")).check()
    page.get_by_label("Name shown to customers").fill("Kitano Board")
    page.get_by_label("Name", exact=True).fill("Autumn NPS")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Make the survey").click()
    expect(page.locator("main")).to_contain_text("What is missing for a 9 or a 10?")
    base = page.url.partition("questions/")[0]

    page.get_by_role("link", name="Look").click()
    page.get_by_label("Colour").fill("#0b7a4b")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Audience").click()
    asked = page.locator("#audience-preview")
    expect(asked).to_contain_text(f"of {people} people")
    # the numbers follow what is chosen, before anything is saved
    page.get_by_label("Enterprise").check()
    expect(asked).to_contain_text("of 0 people")
    page.get_by_label("Enterprise").uncheck()
    expect(asked).to_contain_text(f"of {people} people")
    assert accessibility_problems(page) == []
    page.get_by_role("link", name="Sending").click()
    for day in ("Saturday", "Sunday"):
        page.get_by_label(day).check()
    page.get_by_label("From", exact=True).select_option("0")
    page.get_by_label("Until", exact=True).select_option("24")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Preview").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("How likely are you to recommend Kitano Board")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator(".state-chip")).to_have_text("Open")
    return str(base)


def _answers() -> Any:
    """What the person has answered, within the open scope."""
    return Response.objects.filter(contact__email=ANSWERER)


def _letter(running: Running, to: str) -> EmailMessage:
    """The letter to somebody, once it has arrived."""

    def found() -> list[EmailMessage]:
        return [letter for letter in running.postbox.letters if letter["To"] == to]

    wait_until(lambda: bool(found()), "no letter came", patience=60)
    return found()[0]


def _reload_until(page: Any, text: str) -> float:
    started = time.monotonic()
    while text not in page.locator("main").inner_text():
        assert time.monotonic() - started < SECONDS, page.locator("main").inner_text()
        page.reload()
    return time.monotonic() - started


@pytest.mark.timeout(300)
def test_a_survey_is_made_mailed_answered_on_a_phone_and_seen(
    open_page: Callable[..., Any], running: Running, phone: Any
) -> None:
    world = running.world
    with tenancy.scope(world.workspace.pk):
        Contact.objects.filter(email=ANSWERER).update(language="ja", name="佐藤 <花子>")
        # other journeys may have added to them
        people = Contact.objects.count()
    page = open_page("surveys/new/", role="csm")
    base = _make_survey(page, people)

    letter = _letter(running, ANSWERER)
    html = letter.get_body(("html",)).get_content()
    assert "佐藤 &lt;花子&gt; 様" in html
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = letter.get_body(("plain",)).get_content()
    links = re.findall(r"http\S+/a/\S+\?score=\d+", text)
    assert len(links) == 11

    # a scanner opens every link
    for link in links:
        assert phone.request.get(link).status == 200
    with tenancy.scope(world.workspace.pk):
        assert not _answers().exists()
    time.sleep(11)  # the scanner's visit is forgotten

    phone.goto(links[3])
    expect(phone.locator("html")).to_have_attribute("lang", "ja")
    expect(phone.get_by_role("radio", name="3", exact=True)).to_be_checked()
    expect(phone.locator("[name=script]")).to_have_value("1")
    assert accessibility_problems(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    # nothing was touched: the page sends the score itself after two seconds in view
    expect(phone.locator("[data-state]")).to_have_text("点数を保存しました。")
    with tenancy.scope(world.workspace.pk):
        first = _answers().get()
        assert (first.score, first.is_suspected_robot) == (3, False)
    phone.get_by_label("どのような点が変われば").fill("画面が遅い。<script>alert(1)</script>")
    shoot(phone, "survey-answer-ja-375")
    phone.get_by_role("button", name="回答を送信").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("ありがとうございました")
    expect(phone.locator("main")).to_contain_text("画面が遅い。<script>alert(1)</script>")
    assert accessibility_problems(phone) == []

    page.goto(f"{base}results/")
    taken = _reload_until(page, "画面が遅い。")
    print(f"answer on the results page after {taken:.1f} s")
    page.goto(base)
    # one answer to all the letters
    _reload_until(page, f"{100 / people:.0f}%")
    page.goto(page.url.partition("/surveys/")[0] + f"/accounts/{world.accounts['minato'].pk}/")
    taken = _reload_until(page, "NPS")
    print(f"answer in the account's health after {taken:.1f} s")
    # the closed loop: somebody is to contact them
    expect(page.locator("section[aria-labelledby=tasks]")).to_contain_text("NPS")

    # the same link shows the answer and lets it be changed
    phone.goto(links[9])
    expect(phone.locator("main")).to_contain_text("前回は3と回答されています。")
    phone.get_by_role("button", name="回答を保存").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("ありがとうございました")
    with tenancy.scope(world.workspace.pk):
        assert _answers().get().score == 9

    # and the letter's way out
    way_out = re.search(r"http\S+/u/\S+", text)
    assert way_out is not None
    phone.goto(way_out[0])
    assert accessibility_problems(phone) == []
    phone.get_by_role("button", name="今後受け取らない").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("アンケートの配信を停止しました")
    with tenancy.scope(world.workspace.pk):
        assert Contact.objects.get(email=ANSWERER).consent == "refused"
