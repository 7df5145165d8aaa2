"""A survey inside another site: who may show it, who is asked, who is believed to be whom."""

import datetime as dt
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from PIL import Image
from playwright.sync_api import expect

from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from metrics.surveys.actions.questions import set_questions
from metrics.surveys.actions.surveys import pause_survey, set_logo
from metrics.surveys.identity import signature
from metrics.surveys.models import EmbedLedger, Response, Survey
from metrics.surveys.origins import origin
from metrics.surveys.starters import BY_SLUG
from tests.browser import shoot
from tests.surveys.people import SYSTEM, make_account, make_contact, make_survey

SITE = "https://app.customer.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def embedded(workspace: Workspace, *sites: str, starter: str = "nps") -> Survey:
    """An open survey that these sites may show."""
    with tenancy.scope(workspace.pk):
        chosen, now = BY_SLUG[starter], clock.now()
        survey = make_survey(
            chosen.kind, now=now, by_mail=False, by_embed=True, brand_name="Kitano",
            embed_origins=list(sites), **chosen.survey_texts("Kitano"),
        )  # fmt: skip
        questions = [question.fields("Kitano") for question in chosen.questions]
        set_questions(actor=SYSTEM, now=now, survey=survey, questions=questions)
        contact = make_contact(make_account(name="Big"), name="Anna")
        contact.user_ids = ["u-17"]
        contact.language = "ja"
        contact.save()
    return survey


@pytest.fixture
def survey(workspace: Workspace) -> Survey:
    return embedded(workspace, SITE)


class Script:
    """What the script on a page of ``site`` sends."""

    def __init__(self, workspace: Workspace, survey: Survey, site: str | None = SITE) -> None:
        self.url = f"/s/{workspace.slug}/embed/{survey.open_key}/"
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"User-Agent": AGENT} | ({"Origin": site} if site is not None else {})

    def say(self, event: str, *, visitor: str = "v1", **message: Any) -> Any:
        body = json.dumps({"event": event, "visitor": visitor, "language": "en-GB", **message})
        return self.client.post(
            self.url, body, content_type="application/json", headers=self.headers
        )


@pytest.fixture
def script(workspace: Workspace, survey: Survey) -> Script:
    return Script(workspace, survey)


def responses(workspace: Workspace) -> list[Response]:
    with tenancy.scope(workspace.pk):
        return list(Response.objects.select_related("contact", "account").order_by("id"))


def test_the_script_is_small_and_served_to_every_site(workspace: Workspace, survey: Survey) -> None:
    served = Client().get(f"/s/{workspace.slug}/embed.js")
    source = served.content
    assert len(source) < 15_000
    assert served["Content-Type"].startswith("text/javascript")
    assert served["Cross-Origin-Resource-Policy"] == "cross-origin"
    for word in (b"eval(", b"innerHTML", b"Function(", b'setAttribute("style', b"document.cookie"):
        assert word not in source
    again = Client().get(f"/s/{workspace.slug}/embed.js", headers={"If-None-Match": served["ETag"]})
    assert again.status_code == 304


def test_only_the_sites_named_may_ask(workspace: Workspace, survey: Survey) -> None:
    allowed = Script(workspace, survey).say("ask")
    assert allowed.status_code == 200
    assert allowed["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in allowed["Vary"]
    assert "Access-Control-Allow-Credentials" not in allowed
    assert not allowed.cookies
    for site in (None, "null", "https://evil.example", f"{SITE}.evil.example", f"{SITE}:8443",
                 SITE.replace("https", "http"), "*"):  # fmt: skip
        refused = Script(workspace, survey, site).say("answer", answers={"score": "9"})
        assert refused.status_code == 403, site
        assert "Access-Control-Allow-Origin" not in refused
    assert responses(workspace) == []


def test_the_browser_s_question_before_is_answered(script: Script) -> None:
    asked = script.client.options(
        script.url, headers={**script.headers, "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Methods"] == "POST"
    assert asked["Access-Control-Allow-Headers"] == "Content-Type"
    assert asked["Access-Control-Allow-Origin"] == SITE
    assert (
        script.client.options(script.url, headers={"Origin": "https://x.example"}).status_code
        == 403
    )


def test_an_answer_is_kept_at_once_and_completed(workspace: Workspace, script: Script) -> None:
    shown = script.say("ask").json()
    assert shown["question"]["text"].startswith("How likely are you to recommend Kitano")
    assert [mark["value"] for mark in shown["question"]["marks"]] == list(range(11))
    assert script.say("shown").status_code == 204
    first = script.say("answer", answers={"score": "3"}).json()
    assert [question["name"] for question in first["questions"]] == ["driver", "comment-detractor"]
    assert responses(workspace)[0].score == 3
    done = script.say(
        "answer", is_done=True,
        answers={"score": "3", "driver": "support", "comment-detractor": "Slow"},
    )  # fmt: skip
    assert done.json()["is_done"]
    (response,) = responses(workspace)
    assert (response.score, response.comment, response.channel) == (3, "Slow", "embed")
    assert response.contact_id is None
    assert script.say("ask").status_code == 204


def test_whoever_was_shown_or_closed_it_is_not_asked_again_for_its_days(
    workspace: Workspace, survey: Survey, script: Script
) -> None:
    script.say("dismissed")
    assert script.say("ask").status_code == 204
    assert script.say("ask", visitor="v2").status_code == 200
    script.say("shown", visitor="v2")
    assert script.say("ask", visitor="v2").status_code == 204
    with tenancy.scope(workspace.pk):
        for ledger in EmbedLedger.objects.all():
            days = dt.timedelta(days=survey.embed_gap_days)
            ledger.shown_at -= days
            ledger.dismissed_at = ledger.dismissed_at and ledger.dismissed_at - days
            ledger.save()
    assert script.say("ask").status_code == 200
    with tenancy.scope(workspace.pk):
        pause_survey(actor=SYSTEM, now=clock.now(), survey=survey)
    assert script.say("ask").status_code == 204


def test_nobody_answers_for_somebody_else(
    workspace: Workspace, survey: Survey, script: Script
) -> None:
    signed = {"user": "u-17", "hash": signature(survey, "u-17")}
    for claim in ({"user": "u-17"}, {"user": "u-17", "hash": "0" * 64},
                  {"user": "u-17", "hash": signature(survey, "u-18")},
                  {"user": "u-17", "hash": "é" * 64}):  # fmt: skip
        script.say("answer", answers={"score": "0"}, **claim)
    assert {r.contact_id for r in responses(workspace)} == {None}
    asked = script.say("ask", visitor="", **signed)
    # the person's own language goes before the page's
    assert asked.json()["language"] == "ja"
    script.say("answer", answers={"score": "10"}, visitor="", **signed)
    last = responses(workspace)[-1]
    assert (last.score, last.contact.name, last.account.name) == (10, "Anna", "Big")
    # neither can a visitor pass for a signed user by name
    assert script.say("ask", visitor="", user="visitor:v1", hash="").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"event": "ask"}', b'{"visitor": 7}',
        b'{"event": "burn", "visitor": "v"}', b'{"event": ["ask"], "visitor": "v"}',
        b'{"event": "answer", "visitor": "v", "answers": [1]}',
        b'{"event": "answer", "visitor": "v\\u0000", "answers": {}}', b"[" * 100_000,
        b'{"event": "ask", "visitor": "' + b"v" * 300_000 + b'"}',
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(workspace: Workspace, script: Script, body: bytes) -> None:
    answer = script.client.post(
        script.url, body, content_type="application/json", headers=script.headers
    )
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert responses(workspace) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"score": 11}, {"score": True}, {"score": [9]}, {"score": {"a": 1}}, {"nothing": "x"},
        {"score": 9, "driver": "nowhere"}, {"score": 9, "driver": ["support", "price_value"]}, {},
    ],
)  # fmt: skip
def test_answers_that_make_no_sense_are_refused_in_words(
    workspace: Workspace, script: Script, answers: dict[str, Any]
) -> None:
    answer = script.say("answer", answers=answers, is_done=True)
    assert answer.status_code == 422, answer.content
    assert answer.json()["detail"]
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert responses(workspace) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://App.Example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://例え.jp", "https://xn--r8jz45g.jp"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_site_is_known_however_it_is_written(written: str, meant: str) -> None:
    assert origin(written) == meant


# --- in a browser ----------------------------------------------------------------------------
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Product</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Our product</h1><p>Work goes on here.</p></main>
<script async src="{script}" data-survey="{key}" data-delay="0" {who}></script></body></html>"""


class Host:
    """Somebody else's site on an origin of its own, with a strict policy."""

    def __init__(self) -> None:
        self.page = self.policy = ""
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path == "/"
                self.send_response(200 if is_page else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", host.policy)
                self.end_headers()
                if is_page:
                    self.wfile.write(host.page.encode())

            def log_message(self, *_arguments: Any) -> None:
                """Nothing: the test's own output is enough."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, app: str, slug: str, survey: Survey, *, language: str, who: str = "") -> None:
        """Put the survey on the page."""
        self.page = PAGE.format(
            language=language, key=survey.open_key, who=who, script=f"{app}/s/{slug}/embed.js"
        )
        self.policy = (
            f"default-src 'none'; script-src {app}; connect-src {app}; base-uri 'none';"
            " style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ja", 375)])
def test_in_a_browser_on_a_site_with_a_strict_policy(
    live_app: Any, browser: Any, host: Host, language: str, width: int,
) -> None:  # fmt: skip
    survey = embedded(live_app.workspace, host.url)
    host.show(live_app.url, live_app.workspace.slug, survey, language=language)
    context = browser.new_context(
        user_agent=AGENT, viewport={"width": width, "height": 760}, locale="en-US"
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(host.url)
        box = page.locator("#cs-survey section")
        expect(box).to_be_visible()
        shoot(page, f"embed-{language}-{width}")
        words = {"en": ("Send my answer", "Close"), "ja": ("回答を送信", "閉じる")}[language]
        box.get_by_role("radio", name="4", exact=True).check(force=True)
        send = box.get_by_role("button", name=words[0])
        expect(send).to_be_visible()
        assert [r.score for r in responses(live_app.workspace)] == [4]
        box.get_by_role("textbox").fill("遅い <b>")
        box.get_by_role("radio", name={"en": "Support", "ja": "サポート"}[language]).check()
        expect(box.get_by_role("textbox")).to_have_value("遅い <b>")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        send.click()
        expect(box.locator("strong")).to_be_visible()
        (response,) = responses(live_app.workspace)
        assert (response.score, response.comment) == (4, "遅い <b>")
        assert not response.is_suspected_robot
        page.goto(host.url)
        page.wait_for_load_state("networkidle")
        expect(page.locator("#cs-survey")).to_have_count(0)
        assert said == []
    finally:
        context.close()


@pytest.mark.browser
def test_the_logo_is_drawn_where_the_site_allows_no_pictures(
    live_app: Any, browser: Any, host: Host
) -> None:
    survey = embedded(live_app.workspace, host.url)
    with tenancy.scope(live_app.workspace.pk):
        picture = io.BytesIO()
        Image.new("RGBA", (240, 64), "#c02040").save(picture, "PNG")
        set_logo(
            actor=SYSTEM, now=clock.now(), survey=survey,
            content=picture.getvalue(), content_type="image/png",
        )  # fmt: skip
    host.show(live_app.url, live_app.workspace.slug, survey, language="en")
    context = browser.new_context(user_agent=AGENT, viewport={"width": 1280, "height": 760})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    try:
        page.goto(host.url)
        logo = page.locator("#cs-survey canvas")
        expect(logo).to_be_visible()
        expect(logo).to_have_attribute("aria-label", survey.brand_name)
        shoot(page, "embed-logo")
        pixel = logo.evaluate("c => [...c.getContext('2d').getImageData(9, 9, 1, 1).data]")
        assert pixel == [0xC0, 0x20, 0x40, 255]
        assert said == []
    finally:
        context.close()


@pytest.mark.browser
def test_closed_by_the_keyboard_it_does_not_come_back(
    live_app: Any, browser: Any, host: Host
) -> None:
    survey = embedded(live_app.workspace, host.url, starter="hearing")
    host.show(live_app.url, live_app.workspace.slug, survey, language="en")
    context = browser.new_context(user_agent=AGENT)
    page = context.new_page()
    try:
        page.goto(host.url)
        box = page.locator("#cs-survey section")
        expect(box).to_be_visible()
        # it does not take the focus from what the user is doing
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        box.get_by_role("button", name="Close").focus()
        with page.expect_response("**/embed/**"):
            page.keyboard.press("Escape")
        expect(page.locator("#cs-survey")).to_have_count(0)
        page.goto(host.url)
        page.wait_for_load_state("networkidle")
        expect(page.locator("#cs-survey")).to_have_count(0)
    finally:
        context.close()
