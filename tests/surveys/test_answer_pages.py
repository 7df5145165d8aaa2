"""What customers open: nothing is recorded by looking, everything by sending, once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.actions.mail import queue_mail
from accounts.models import Account, Contact, OutgoingMail, Workspace
from cs_platform.core import clock, ratelimit, tenancy
from metrics.surveys import links, spam
from metrics.surveys.actions.questions import set_questions
from metrics.surveys.actions.surveys import close_survey, pause_survey, update_survey
from metrics.surveys.models import Answer, Invitation, Response, ResponseRevision, Survey
from metrics.surveys.queries.letters import letter_key
from metrics.surveys.starters import BY_SLUG
from metrics.surveys.tokens import form_stamp, unsubscribe_token
from tests.surveys.people import SYSTEM, make_account, make_contact, make_survey

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604.1"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Tests share an address with one another, and Redis."""
    cache.clear()


class World:
    """A survey that asked one person, and that person's browser."""

    def __init__(self, workspace: Workspace, starter: str = "nps", **fields: Any) -> None:
        self.workspace = workspace
        now = clock.now()
        with tenancy.scope(workspace.pk):
            chosen = BY_SLUG[starter]
            fields = {"brand_name": "Kitano", **chosen.survey_texts("Kitano"), **fields}
            self.survey = make_survey(chosen.kind, now=now, ces_scale=chosen.ces_scale, **fields)
            questions = [question.fields("Kitano") for question in chosen.questions]
            set_questions(actor=SYSTEM, now=now, survey=self.survey, questions=questions)
            self.contact = make_contact(make_account(name="Big & Co"), name="Anna", language="en")
            self.invitation = Invitation.objects.create(
                survey=self.survey, contact=self.contact, account=self.contact.account,
                language="en", created_at=now, due_at=now, state="sent",
                sent_at=now - dt.timedelta(hours=1), expires_at=now + dt.timedelta(days=30),
            )  # fmt: skip
            self.url = self._path(links.answer_url(workspace, self.invitation))
        self.browser = Client(headers={"User-Agent": PHONE, "Accept-Language": "en"})

    @staticmethod
    def _path(url: str) -> str:
        return "/s/" + url.partition("/s/")[2]

    def post(self, follow: bool = False, **fields: Any) -> Any:
        given = {(k if k in {"offered", "partial", "script"} else f"q-{k}"): v
                 for k, v in fields.items()}  # fmt: skip
        return self.browser.post(self.url, given, follow=follow)

    def responses(self) -> list[Response]:
        with tenancy.scope(self.workspace.pk):
            return list(Response.objects.order_by("id"))

    def others(self) -> dict[str, Any]:
        with tenancy.scope(self.workspace.pk):
            rows = Answer.objects.select_related("question")
            return {a.question.key: a.choices or a.text or a.number for a in rows}


@pytest.fixture
def asked(workspace: Workspace) -> World:
    return World(workspace)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch"}])
def test_opening_every_score_records_nothing(
    asked: World, method: str, headers: dict[str, str]
) -> None:
    with tenancy.scope(asked.workspace.pk):
        before = Invitation.objects.values().get()
    for score in range(11):
        opened = asked.browser.generic(method, f"{asked.url}?score={score}", headers=headers)
        assert opened.status_code == 200
        assert opened["Cache-Control"] == "no-store"
        assert "noindex" in opened["X-Robots-Tag"]
    assert asked.responses() == []
    with tenancy.scope(asked.workspace.pk):
        assert Invitation.objects.values().get() == before


def test_the_link_s_score_is_chosen_and_its_questions_are_there(asked: World) -> None:
    page = asked.browser.get(f"{asked.url}?score=9").content.decode()
    assert 'id="q-score-9" value="9" checked' in page
    assert "data-chosen" in page
    assert "What do you value most about us?" in page
    assert "What is missing for a 9" not in page
    plain = asked.browser.get(asked.url).content.decode()
    assert "checked" not in plain
    assert "data-chosen" not in plain
    for nonsense in ("11", "-1", "9.5", "x", "٣", "<script>"):
        page = asked.browser.get(asked.url, {"score": nonsense}).content.decode()
        assert "checked" not in page
        assert "<script>alert" not in page


def test_an_answer_is_kept_shown_and_changed(asked: World) -> None:
    sent = asked.post(
        score="9", driver="support", offered="score driver comment-promoter",
        **{"comment-promoter": "Quick help <b>"}, follow=True,
    )  # fmt: skip
    page = sent.content.decode()
    assert "Thank you" in page
    assert "Quick help &lt;b&gt;" in page
    assert "Support" in page
    (response,) = asked.responses()
    assert (response.score, response.comment, response.channel) == (9, "Quick help <b>", "mail")
    assert (response.contact_id, response.language) == (asked.contact.pk, "en")
    assert not response.is_suspected_robot
    assert asked.others() == {"driver": ["support"]}
    again = asked.browser.get(f"{asked.url}?score=9").content.decode()
    assert "This is what you answered." in again
    assert "Quick help &lt;b&gt;</textarea>" in again
    assert "data-chosen" not in again
    other = asked.browser.get(f"{asked.url}?score=4").content.decode()
    assert "You answered 9 before. Press the button to change it to 4." in other
    # what was written goes along to the question that is asked after the other score
    assert "What would we have to change" in other
    assert "Quick help" in other
    asked.post(score="4", offered="score driver comment-detractor",
               **{"comment-detractor": "It got slow"})  # fmt: skip
    (changed,) = asked.responses()
    assert (changed.pk, changed.score, changed.comment) == (response.pk, 4, "It got slow")
    with tenancy.scope(asked.workspace.pk):
        assert ResponseRevision.objects.get().score == 9
        assert Invitation.objects.get().state == "answered"


def test_the_script_s_post_keeps_the_score_and_brings_the_next_questions(asked: World) -> None:
    part = asked.post(score="8", partial="1", script="1")
    assert part.status_code == 200
    text = part.content.decode()
    assert "What is missing for a 9" in text
    assert "<html" not in text
    (response,) = asked.responses()
    assert (response.score, response.comment) == (8, "")
    # another answer decides what is asked, and waits for the button
    asked.post(score="8", driver="support", partial="1")
    assert asked.others() == {}
    with tenancy.scope(asked.workspace.pk):
        assert not ResponseRevision.objects.exists()


def test_without_a_script_questions_of_another_score_come_next(asked: World) -> None:
    step = asked.post(score="3", offered="score", follow=True)
    page = step.content.decode()
    assert step.redirect_chain[-1][0].endswith("?more=1")
    assert "What would we have to change" in page
    assert "Thank you" not in page
    assert asked.responses()[0].score == 3
    done = asked.post(score="3", offered="score driver comment-detractor", follow=True)
    assert "Thank you" in done.content.decode()


def test_a_required_question_is_asked_for_where_it_was_shown(workspace: Workspace) -> None:
    asked = World(workspace, "hearing")
    assert (
        "What do you want to achieve with Kitano" in asked.browser.get(asked.url).content.decode()
    )
    refused = asked.post(worry="none", offered="goal today priorities readiness worry")
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Please answer this question." in page
    assert 'aria-invalid="true"' in page
    assert ">none</textarea>" in page
    assert asked.responses() == []
    branch = asked.post(goal="Grow", today="other_product", partial="1").content.decode()
    assert "Which product, and what do you miss in it?" in branch
    assert asked.responses() == []
    done = asked.post(
        goal="Grow", today="other_product", product="X", priorities=["data", "training"],
        readiness="4", offered="goal today product priorities readiness worry", follow=True,
    )  # fmt: skip
    assert "Thank you" in done.content.decode()
    assert asked.others() == {
        "goal": "Grow", "today": ["other_product"], "product": "X",
        "priorities": ["training", "data"], "readiness": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"score": "11"}, {"score": "-1"}, {"score": ["9", "x"]}, {"score": ""}, {},
        {"score": "9", "driver": "nothing"}, {"score": "9", "comment-promoter": "x" * 10_001},
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused_beside_its_question(
    asked: World, fields: dict[str, Any]
) -> None:
    answer = asked.post(offered="score driver comment-promoter", **fields)
    assert answer.status_code == 422, fields
    assert "question-error" in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert asked.responses() == []


def test_nul_and_huge_bodies_are_refused_in_words(asked: World) -> None:
    nul = asked.post(score="9", offered="score comment-promoter", **{"comment-promoter": "a\0b"})
    assert nul.status_code in {303, 422}
    huge = asked.browser.post(asked.url, {"q-comment-promoter": "x" * 7_000_000})
    assert huge.status_code in {400, 413}


@pytest.mark.parametrize(
    ("language", "accepted", "asks", "says"),
    [
        ("ja", "en", "", "回答を送信"), ("en", "ja", "", "Send my answer"),
        ("ja", "ja", "en", "Send my answer"), ("en", "en", "ja", "回答を送信"),
    ],
)  # fmt: skip
def test_the_page_speaks_the_person_s_language_and_switches(
    asked: World, language: str, accepted: str, asks: str, says: str
) -> None:
    with tenancy.scope(asked.workspace.pk):
        Invitation.objects.update(language=language)
    page = asked.browser.get(
        asked.url, {"lang": asks} if asks else {}, headers={"Accept-Language": accepted}
    )
    assert says in page.content.decode()
    assert page["Content-Language"] == (asks or language)
    assert f'<html lang="{asks or language}"' in page.content.decode()


# --- ends ----------------------------------------------------------------------------------------
def test_expired_closed_and_unknown_links_say_so_kindly(asked: World) -> None:
    for broken in (asked.url[:-4] + "/", "/s/" + asked.workspace.slug + "/a/x/",
                   asked.url.replace(asked.workspace.slug, "nobody-here"),
                   f"/s/{asked.workspace.slug}/u/x/",
                   f"/s/{asked.workspace.slug}/o/x/"):  # fmt: skip
        answer = asked.browser.get(broken)
        assert answer.status_code == 404
        assert "This address leads nowhere" in answer.content.decode()
        assert asked.browser.post(broken, {"q-score": "9"}).status_code in {403, 404}
    with tenancy.scope(asked.workspace.pk):
        Invitation.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    for answer in (asked.browser.get(asked.url), asked.post(score="9", offered="score")):
        assert answer.status_code == 410
        assert "The time to answer has passed" in answer.content.decode()
    assert asked.responses() == []


def test_who_answered_in_time_sees_the_answer_after_the_end(asked: World) -> None:
    asked.post(score="9", offered="score driver comment-promoter")
    with tenancy.scope(asked.workspace.pk):
        Invitation.objects.update(expires_at=clock.now() - dt.timedelta(days=1))
    assert asked.browser.get(asked.url).status_code == 200
    asked.post(score="7", offered="score driver comment-passive")
    assert asked.responses()[0].score == 7
    with tenancy.scope(asked.workspace.pk):
        pause_survey(actor=SYSTEM, now=clock.now(), survey=asked.survey)
    asked.post(score="6", offered="score driver comment-detractor")
    assert asked.responses()[0].score == 6
    with tenancy.scope(asked.workspace.pk):
        close_survey(actor=SYSTEM, now=clock.now(), survey=asked.survey)
    page = asked.browser.get(asked.url)
    assert page.status_code == 410
    assert "This survey is closed" in page.content.decode()
    assert "<dd>6</dd>" in page.content.decode()
    assert asked.post(score="1", offered="score").status_code == 410
    assert asked.responses()[0].score == 6


def test_one_workspace_s_link_is_dead_in_another(asked: World, rival_workspace: Workspace) -> None:
    moved = asked.url.replace(asked.workspace.slug, rival_workspace.slug)
    assert asked.browser.get(moved).status_code == 404
    with tenancy.scope(asked.workspace.pk):
        key = asked.survey.open_key
        token = unsubscribe_token(asked.contact)
    for path in (f"o/{key}/", f"logo/{key}/", f"u/{token}/"):
        assert asked.browser.get(f"/s/{rival_workspace.slug}/{path}").status_code == 404
    asked.browser.post(f"/s/{rival_workspace.slug}/u/{token}/")
    with tenancy.scope(asked.workspace.pk):
        assert Contact.objects.get(pk=asked.contact.pk).consent == "unknown"


def test_a_security_scanner_s_post_is_kept_apart_and_the_person_may_still_answer(
    asked: World,
) -> None:
    scanner = Client(headers={"User-Agent": "Barracuda Sentinel"})
    sent = scanner.post(asked.url, {"q-score": "0", "offered": "score"})
    assert sent.status_code == 303
    assert asked.responses()[0].is_suspected_robot
    page = asked.browser.get(asked.url).content.decode()
    assert "This is what you answered" not in page
    asked.post(score="10", offered="score driver comment-promoter")
    (response,) = asked.responses()
    assert (response.score, response.is_suspected_robot) == (10, False)


@pytest.mark.parametrize(
    ("state", "sent_ago", "signs"),
    [
        # scanners open a letter while it is being handed over, or right after
        ("sending", None, ["instant"]),
        ("sent", 1, ["instant"]),
        ("sent", 60, []),
    ],
)
def test_who_answers_sooner_than_the_letter_is_settled_is_looked_at_as_well(
    asked: World, state: str, sent_ago: int | None, signs: list[str]
) -> None:
    now = clock.now()
    with tenancy.scope(asked.workspace.pk):
        asked.invitation.state, asked.invitation.sent_at = Invitation.State.QUEUED, None
        asked.invitation.mail = queue_mail(
            now=now, kind="survey_invitation", to=asked.contact.email, subject="?", text="?",
            dedupe_key=letter_key(asked.invitation),
        )  # fmt: skip
        asked.invitation.save()
        OutgoingMail.objects.update(
            state=state, sent_at=now - dt.timedelta(seconds=sent_ago) if sent_ago else None
        )
    asked.post(score="9", offered="score", script="1")
    (response,) = asked.responses()
    assert response.robot_signs == signs


def test_a_reminder_that_waits_makes_nobody_a_robot(asked: World) -> None:
    now = clock.now()
    with tenancy.scope(asked.workspace.pk):
        asked.invitation.reminders_sent, asked.invitation.reminded_at = 1, now
        asked.invitation.save()
        queue_mail(
            now=now, kind="survey_reminder", to=asked.contact.email, subject="?", text="?",
            dedupe_key=letter_key(asked.invitation, 1),
        )  # fmt: skip
    # by the first letter, in the moment the second one is put into the outbox
    asked.post(score="9", offered="score", script="1")
    assert not asked.responses()[0].is_suspected_robot


# --- open link -----------------------------------------------------------------------------------
class OpenWorld(World):
    """A survey with an open link and somebody who has it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "csat", by_link=True)
        self.url = f"/s/{workspace.slug}/o/{self.survey.open_key}/"
        self.browser = Client(headers={"User-Agent": PHONE}, enforce_csrf_checks=True)

    def fill_in(self, *, seconds: float = 5, **fields: Any) -> Any:
        """Open the page, and send the form that many seconds later."""
        page = self.browser.get(self.url).content.decode()
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        with tenancy.scope(self.workspace.pk):
            stamp = form_stamp(clock.now() - dt.timedelta(seconds=seconds), self.survey)
        given = {"csrfmiddlewaretoken": token, "stamp": stamp, "website": "",
                 "offered": "score short comment", **fields}  # fmt: skip
        return self.browser.post(self.url, given, follow=True)


@pytest.fixture
def open_link(workspace: Workspace) -> OpenWorld:
    return OpenWorld(workspace)


def test_an_open_link_is_answered_once_per_browser(open_link: OpenWorld) -> None:
    done = open_link.fill_in(**{"q-score": "4", "q-comment": "Good"})
    assert "Thank you" in done.content.decode()
    (response,) = open_link.responses()
    assert (response.score, response.channel, response.contact_id) == (4, "link", None)
    assert "This is what you answered" in open_link.browser.get(open_link.url).content.decode()
    open_link.fill_in(**{"q-score": "2"})
    assert [r.score for r in open_link.responses()] == [2]
    open_link.browser = Client(headers={"User-Agent": PHONE}, enforce_csrf_checks=True)
    open_link.fill_in(**{"q-score": "5"})
    assert [r.score for r in open_link.responses()] == [2, 5]


def test_form_robots_are_thanked_and_forgotten(open_link: OpenWorld) -> None:
    filled = open_link.fill_in(**{"q-score": "1", "website": "http://spam.example"})
    assert "Thank you" in filled.content.decode()
    assert "Thank you" in open_link.fill_in(seconds=0.2, **{"q-score": "1"}).content.decode()
    assert open_link.responses() == []


def test_an_old_or_missing_stamp_gives_the_form_back_with_what_was_filled_in(
    open_link: OpenWorld,
) -> None:
    for fields in ({"seconds": 90_000}, {"stamp": ""}, {"stamp": "forged.x"}):
        back = open_link.fill_in(**{"q-score": "3", "q-comment": "kept", **fields})
        assert back.status_code == 422
        assert "Please press the button once more." in back.content.decode()
        assert ">kept</textarea>" in back.content.decode()
    assert open_link.responses() == []


def test_a_form_of_another_site_is_refused(open_link: OpenWorld) -> None:
    assert open_link.browser.post(open_link.url, {"q-score": "5"}).status_code == 403
    assert open_link.responses() == []


def test_one_address_cannot_flood_an_open_link(
    open_link: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page does with a refusal; the limit itself is counted in test_rules."""
    asked: list[str] = []

    def take(ip: str, _survey: Survey) -> ratelimit.Allowance:
        asked.append(ip)
        return ratelimit.Allowance(len(asked) <= 3, 3, 0, 60, 60)

    monkeypatch.setattr(spam, "take_answer", take)
    statuses = []
    for _number in range(5):
        open_link.browser = Client(headers={"User-Agent": PHONE})
        statuses.append(open_link.fill_in(**{"q-score": "1"}).status_code)
    assert statuses == [200, 200, 200, 429, 429]
    assert len(set(asked)) == 1
    assert len(open_link.responses()) == 3


def test_a_link_that_is_switched_off_leads_nowhere(open_link: OpenWorld) -> None:
    with tenancy.scope(open_link.workspace.pk):
        update_survey(actor=SYSTEM, now=clock.now(), survey=open_link.survey, by_link=False)
    assert open_link.browser.get(open_link.url).status_code == 404


# --- unsubscribing -------------------------------------------------------------------------------
def test_unsubscribing_asks_first_and_takes_one_click_from_mail_programs(asked: World) -> None:
    with tenancy.scope(asked.workspace.pk):
        url = asked._path(links.unsubscribe_url(asked.workspace, asked.contact))

    def consent() -> str:
        with tenancy.scope(asked.workspace.pk):
            return str(Contact.objects.get(pk=asked.contact.pk).consent)

    for _number in range(2):
        assert "Send me no more surveys" in asked.browser.get(url).content.decode()
        asked.browser.head(url)
    assert consent() == "unknown"
    # RFC 8058: a bare POST, without cookies, without a form token
    program = Client(enforce_csrf_checks=True)
    done = program.post(url, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert consent() == "refused"
    assert "You will receive no more surveys" in asked.browser.get(url).content.decode()
    asked.browser.post(url, {"again": "1"})
    assert consent() == "given"


def test_every_public_page_declares_itself_and_answers_no_other_method(asked: World) -> None:
    from metrics.surveys.public_urls import urlpatterns

    for pattern in urlpatterns:
        assert pattern.callback.is_public, pattern.name
        address = str(pattern.pattern).replace("<str:token>", "x").replace("<str:open_key>", "x")
        for method in {"GET", "POST", "PUT", "DELETE"} - set(pattern.callback.methods):
            answer = asked.browser.generic(method, f"/s/{asked.workspace.slug}/{address}")
            assert answer.status_code == 405, (pattern.name, method)


def test_names_of_customers_and_brands_stay_text(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    asked = World(workspace, brand_name=evil)
    with tenancy.scope(workspace.pk):
        Contact.objects.update(name=evil)
        Account.objects.update(name=evil)
        survey = Survey.objects.get()
    asked.post(score="1", offered="score driver comment-detractor",
               **{"comment-detractor": evil})  # fmt: skip
    pages = [asked.browser.get(asked.url), asked.browser.get(f"{asked.url}?done=1")]
    csm = client_as("csm")
    for page in ("", "audience/", "preview/mail/", "look/", "results/"):
        pages.append(csm.get(f"/w/{workspace.slug}/surveys/{survey.pk}/{page}"))
    for page in pages:
        assert page.status_code == 200
        assert evil.encode() not in page.content
