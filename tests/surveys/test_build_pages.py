"""The pages on which a survey is built, published and watched."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from accounts.actors import Actor
from accounts.models import OutgoingMail, Workspace
from cs_platform.core import clock, tenancy
from metrics.surveys.actions.surveys import create_survey
from metrics.surveys.models import Question, Survey, SurveyLogo, Wave
from metrics.surveys.queries import audience
from metrics.surveys.starters import STARTERS
from tests.surveys.people import make_account, make_contact

SYSTEM = Actor.system("tests")


@pytest.fixture
def draft(workspace: Workspace) -> Survey:
    with tenancy.scope(workspace.pk):
        return create_survey(actor=SYSTEM, now=clock.now(), kind="nps", name="Spring NPS")


@pytest.fixture
def csm(client_as: Callable[..., Client]) -> Client:
    return client_as("csm")


def at(workspace: Workspace, survey: Survey, page: str = "") -> str:
    return f"/w/{workspace.slug}/surveys/{survey.pk}/{page}"


def stored(workspace: Workspace, survey: Survey) -> Survey:
    with tenancy.scope(workspace.pk):
        return Survey.objects.get(pk=survey.pk)


def keys(workspace: Workspace, survey: Survey) -> list[str]:
    with tenancy.scope(workspace.pk):
        asked = Question.objects.filter(survey=survey, is_retired=False).order_by("position")
        return list(asked.values_list("key", flat=True))


@pytest.mark.parametrize("starter", [starter.slug for starter in STARTERS])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_starter_makes_a_survey_that_can_be_published(
    workspace: Workspace, csm: Client, starter: str, language: str
) -> None:
    csm.cookies["django_language"] = language
    page = csm.get(f"/w/{workspace.slug}/surveys/new/")
    assert starter in page.content.decode()
    made = csm.post(
        f"/w/{workspace.slug}/surveys/new/", {"starter": starter, "brand_name": "Kitano <b>"}
    )
    assert made.status_code == 303, made.content.decode()
    with tenancy.scope(workspace.pk):
        survey = Survey.objects.get()
        texts = [q.text_en + q.text_ja for q in Question.objects.filter(survey=survey)]
    assert not any("{brand}" in text for text in texts)
    for page_name in ("", "questions/", "texts/", "look/", "audience/", "sending/", "preview/",
                      "share/", "preview/page/", "preview/mail/"):  # fmt: skip
        shown = csm.get(at(workspace, survey, page_name))
        assert shown.status_code == 200, page_name
        assert b"Kitano <b>" not in shown.content, page_name
    csm.post(at(workspace, survey, "state/publish/"))
    assert stored(workspace, survey).state == "open"


def test_the_list_shows_every_survey_in_a_fixed_number_of_queries(
    workspace: Workspace, csm: Client, draft: Survey, django_assert_max_num_queries: Any
) -> None:
    with tenancy.scope(workspace.pk):
        for number in range(20):
            create_survey(actor=SYSTEM, now=clock.now(), kind="ces", name=f"Effort {number}")
    with django_assert_max_num_queries(20):
        page = csm.get(f"/w/{workspace.slug}/surveys/").content.decode()
    assert "Spring NPS" in page
    assert "Effort 19" in page
    filtered = csm.get(
        f"/w/{workspace.slug}/surveys/?kind=nps&state=draft",
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "Spring NPS" in filtered
    assert "Effort" not in filtered
    assert "<html" not in filtered


def test_viewers_and_agents_watch_and_csms_build(
    workspace: Workspace, draft: Survey, client_as: Callable[..., Client]
) -> None:
    for role in ("viewer", "agent"):
        client = client_as(role)
        page = client.get(at(workspace, draft))
        assert page.status_code == 200
        assert b"Publish" not in page.content
        assert client.get(at(workspace, draft, "questions/")).status_code == 403
        assert client.post(at(workspace, draft, "state/publish/")).status_code == 403
        assert client.get(f"/w/{workspace.slug}/surveys/new/").status_code == 403
    assert b"Publish" in client_as("csm").get(at(workspace, draft)).content


def test_a_question_is_added_changed_moved_and_taken_away(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    added = csm.post(
        at(workspace, draft, "questions/new/"),
        {
            "kind": "single", "text_en": "Why?", "text_ja": "なぜですか",
            "option_key": ["", "", ""], "option_en": ["Price", "Speed", ""],
            "option_ja": ["価格", "速さ", ""], "when_score": ["detractor", "passive"],
        },
    )  # fmt: skip
    assert added.status_code == 303, added.content.decode()
    with tenancy.scope(workspace.pk):
        question = Question.objects.get(kind="single")
        assert question.options == [
            {"key": "o1", "en": "Price", "ja": "価格"},
            {"key": "o2", "en": "Speed", "ja": "速さ"},
        ]
        assert question.show_when == [{"question": "score", "groups": ["detractor", "passive"]}]
    page = csm.get(at(workspace, draft, f"questions/{question.pk}/")).content.decode()
    assert 'value="Price"' in page
    assert 'value="detractor" class="form-check-input"' in page
    changed = csm.post(
        at(workspace, draft, f"questions/{question.pk}/"),
        {
            "text_en": "Why exactly?", "text_ja": "なぜですか", "is_required": "on",
            "option_key": ["o2", "o1", ""], "option_en": ["Speed", "Price", "Service"],
            "option_ja": ["速さ", "価格", "対応"],
        },
    )  # fmt: skip
    assert changed.status_code == 303, changed.content.decode()
    with tenancy.scope(workspace.pk):
        question.refresh_from_db()
        assert [option["key"] for option in question.options] == ["o2", "o1", "o3"]
        assert question.show_when == []
        assert question.is_required
    key = question.key
    assert keys(workspace, draft) == ["score", "comment", key]
    csm.post(at(workspace, draft, f"questions/{question.pk}/move/"), {"to": "up"})
    assert keys(workspace, draft) == ["score", key, "comment"]
    # the score stays first, whatever is asked for
    refused = csm.post(
        at(workspace, draft, f"questions/{question.pk}/move/"), {"to": "up"}, follow=True
    )
    assert keys(workspace, draft) == ["score", key, "comment"]
    assert "alone, asks for the score" in refused.content.decode()
    csm.post(at(workspace, draft, f"questions/{question.pk}/move/"), {"to": "away"})
    assert keys(workspace, draft) == ["score", "comment"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "text"}, "Write the question in one language at least."),
        ({"kind": "single", "text_en": "x", "option_key": [""], "option_en": ["only"],
          "option_ja": [""]}, "at least two options"),
        ({"kind": "score", "text_en": "x"}, "Select a valid choice"),
        ({"kind": "text", "text_en": "x", "when_score": ["nobody"]}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused_and_nothing_is_lost(
    workspace: Workspace, csm: Client, draft: Survey, given: dict[str, Any], said: str
) -> None:
    answer = csm.post(at(workspace, draft, "questions/new/"), given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert keys(workspace, draft) == ["score", "comment"]


def test_scripts_in_texts_stay_text(workspace: Workspace, csm: Client, draft: Survey) -> None:
    evil = "<script>alert(1)</script>"
    for name in ("title", "intro", "thanks", "subject"):
        assert name in csm.get(at(workspace, draft, "texts/")).content.decode()
    saved = csm.post(
        at(workspace, draft, "texts/"),
        {"name": evil, "languages": ["en", "ja"], "touchpoint": evil}
        | {f"{n}_{lang}": evil for n in ("title", "intro", "thanks", "subject")
           for lang in ("en", "ja")},
    )  # fmt: skip
    assert saved.status_code == 303, saved.content.decode()
    for page in ("", "texts/", "questions/", "preview/", "preview/page/", "preview/mail/",
                 "preview/page/?done=1", "share/"):  # fmt: skip
        assert evil.encode() not in csm.get(at(workspace, draft, page)).content, page
    assert evil.encode() not in csm.get(f"/w/{workspace.slug}/surveys/").content


# --- look ------------------------------------------------------------------------------------
def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300), **options: Any) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, "#c03").save(out, kind, **options)
    out.seek(0)
    out.name = f"logo.{kind.lower()}"
    return out


def set_look(csm: Client, workspace: Workspace, draft: Survey, **fields: Any) -> Any:
    return csm.post(at(workspace, draft, "look/"), {"brand_colour": "#1f5fd6", **fields})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_logo_is_kept_as_a_small_png(
    workspace: Workspace, csm: Client, draft: Survey, kind: str
) -> None:
    assert set_look(csm, workspace, draft, logo=picture(kind)).status_code == 303
    with tenancy.scope(workspace.pk):
        logo = SurveyLogo.objects.get()
    kept = Image.open(io.BytesIO(bytes(logo.content)))
    assert (kept.format, logo.content_type) == ("PNG", "image/png")
    assert kept.width <= 480
    assert kept.height <= 128
    served = Client().get(f"/s/{workspace.slug}/logo/{draft.open_key}/")
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served.content == bytes(logo.content)
    csm.post(at(workspace, draft, "look/"), {"brand_colour": "#1f5fd6", "remove_logo": "on"})
    assert Client().get(f"/s/{workspace.slug}/logo/{draft.open_key}/").status_code == 404


def test_what_hides_in_a_picture_is_not_kept(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>alert('secret place')</script>"
    assert set_look(csm, workspace, draft, logo=picture("JPEG", exif=exif)).status_code == 303
    with tenancy.scope(workspace.pk):
        assert b"secret place" not in bytes(SurveyLogo.objects.get().content)


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"plain words",
    ],
)
def test_what_is_no_picture_is_refused_and_the_colour_with_it(
    workspace: Workspace, csm: Client, draft: Survey, content: bytes
) -> None:
    upload = io.BytesIO(content)
    upload.name = "logo.png"
    answer = set_look(csm, workspace, draft, logo=upload, brand_colour="#123456")
    assert answer.status_code == 422
    assert "not a picture that can be read" in answer.content.decode()
    with tenancy.scope(workspace.pk):
        assert not SurveyLogo.objects.exists()
    assert stored(workspace, draft).brand_colour == "#1f5fd6"


def test_a_picture_too_large_is_refused(workspace: Workspace, csm: Client, draft: Survey) -> None:
    upload = io.BytesIO(b"\x89PNG" + b"x" * (2 * 1024 * 1024))
    upload.name = "logo.png"
    answer = set_look(csm, workspace, draft, logo=upload)
    assert "more than 2 MB" in answer.content.decode()
    # few bytes, very many pixels
    bomb = picture(size=(12_000, 12_000))
    answer = set_look(csm, workspace, draft, logo=bomb)
    assert answer.status_code == 422
    assert b"not a picture" in answer.content


def test_a_colour_that_cannot_be_seen_is_refused_with_one_that_can(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    answer = set_look(csm, workspace, draft, brand_colour="#ffe94d")
    assert answer.status_code == 422
    assert "too pale on white: its contrast is 1.2:1" in answer.content.decode()
    for nonsense in ("red", "#fff", "#12345g", "url(x)"):
        assert set_look(csm, workspace, draft, brand_colour=nonsense).status_code == 422
    assert set_look(csm, workspace, draft, brand_colour="#0A7D3B").status_code == 303
    assert stored(workspace, draft).brand_colour == "#0a7d3b"


# --- audience and sending ----------------------------------------------------------------------
def test_the_audience_says_who_is_asked_and_who_not_and_why(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    with tenancy.scope(workspace.pk):
        big = make_account(name="Big & Co", segment="enterprise", tier="A")
        small = make_account(name="Small", segment="small")
        make_contact(big, name="Asked Anna", is_champion=True)
        make_contact(big, name="Mute Max", consent="refused")
        make_contact(big, name="Gone Gus", email="")
        make_contact(small, name="Small Sue")
    # counting a hundred thousand people takes its time: the page does not wait for it
    empty = csm.get(at(workspace, draft, "audience/")).content.decode()
    assert 'hx-trigger="load"' in empty
    assert "Asked Anna" not in empty
    page = csm.get(at(workspace, draft, "audience/preview/?sample=all")).content.decode()
    assert "of 4 people" in page
    assert "<b>2</b>" in page
    assert "Wants no mail" in page
    assert "No e-mail address" in page
    assert "Asked Anna · Big &amp; Co" in page
    part = csm.get(
        at(workspace, draft, "audience/preview/?segments=small&sample=all"),
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "of 1 people" in part
    assert "Small Sue" in part
    assert "Anna" not in part
    assert "<html" not in part
    saved = csm.post(
        at(workspace, draft, "audience/"),
        {"segments": ["enterprise"], "roles": ["champion"], "tiers": ["A"], "sample": "share",
         "sample_percent": "50"},
    )  # fmt: skip
    assert saved.status_code == 303, saved.content.decode()
    assert stored(workspace, draft).audience == {
        "segments": ["enterprise"], "roles": ["champion"], "tiers": ["A"], "sample_share": 0.5,
    }  # fmt: skip
    again = csm.get(at(workspace, draft, "audience/")).content.decode()
    assert 'value="50.0"' in again


def test_a_large_audience_is_estimated_until_it_is_asked_for_exactly(
    workspace: Workspace, csm: Client, draft: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "LARGE", 30)
    with tenancy.scope(workspace.pk):
        for _number in range(20):
            account = make_account()
            make_contact(account)
            make_contact(account, consent="refused" if account.pk % 2 else "unknown")
    address = at(workspace, draft, "audience/preview/?sample=all")
    guess = csm.get(address).content.decode()
    assert "Estimated from one account in ten." in guess
    assert "of 40 people" in guess
    exact = csm.get(f"{address}&exact=1").content.decode()
    assert "Estimated" not in exact
    assert "of 40 people" in exact
    assert "<b>30</b>" in exact
    monkeypatch.setattr(audience, "LARGE", 40)
    assert "Estimated" not in csm.get(address).content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"segments": ["nowhere"], "sample": "all"},
        {"sample": "share"},
        {"sample": "share", "sample_percent": "0"},
        {"sample": "size", "sample_size": "-1"},
        {"sample": "everything"},
        {},
    ],
)
def test_an_audience_that_makes_no_sense_is_refused(
    workspace: Workspace, csm: Client, draft: Survey, given: dict[str, Any]
) -> None:
    assert csm.post(at(workspace, draft, "audience/"), given).status_code in {200, 422}
    assert stored(workspace, draft).audience == {}
    shown = csm.get(at(workspace, draft, "audience/preview/"), given)
    assert shown.status_code == 200
    assert b"Complete the form" in shown.content


SENDING = {
    "by_mail": "on", "by_embed": "on", "embed_gap_days": "30", "window_days": ["1", "3"],
    "window_from": "10", "window_to": "17", "reminders": "2", "reminder_days": "5",
    "answer_days": "21", "recurrence_months": "6",
}  # fmt: skip


def test_sending_is_kept(workspace: Workspace, csm: Client, draft: Survey) -> None:
    sites = "https://App.Example.com/\nhttps://app.example.com:8443  http://localhost:3000"
    saved = csm.post(
        at(workspace, draft, "sending/"),
        {**SENDING, "embed_origins": sites, "starts_at": "2027-01-10T09:30"},
    )
    assert saved.status_code == 303, saved.content.decode()
    survey = stored(workspace, draft)
    assert survey.embed_origins == [
        "https://app.example.com", "https://app.example.com:8443", "http://localhost:3000",
    ]  # fmt: skip
    assert survey.window_days == [1, 3]
    assert not survey.by_link
    # typed in the workspace's time zone
    assert survey.starts_at is not None
    assert survey.starts_at.isoformat() == "2027-01-10T00:30:00+00:00"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window_to", "9"), ("window_days", []), ("answer_days", "0"), ("answer_days", "x"),
        ("recurrence_months", "99"), ("embed_origins", "javascript:alert(1)"),
        ("embed_origins", "https://*.example.com"), ("embed_origins", "https://a.example/path"),
        ("starts_at", "9999-99-99"), ("closes_at", "0001-01-01T00:00"),
    ],
)  # fmt: skip
def test_sending_that_makes_no_sense_is_refused(
    workspace: Workspace, csm: Client, draft: Survey, name: str, value: Any
) -> None:
    answer = csm.post(at(workspace, draft, "sending/"), {**SENDING, name: value})
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode() or "invalid-feedback" in answer.content.decode()
    assert stored(workspace, draft).window_from == 9


# --- state -------------------------------------------------------------------------------------
def test_a_survey_is_opened_paused_and_closed(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    for verb, state in (("pause", "draft"), ("publish", "open"), ("pause", "paused"),
                        ("publish", "open"), ("close", "closed"),
                        ("publish", "closed")):  # fmt: skip
        answer = csm.post(at(workspace, draft, f"state/{verb}/"), follow=True)
        assert answer.status_code == 200
        assert stored(workspace, draft).state == state, verb
    assert csm.post(at(workspace, draft, "state/burn/")).status_code == 404
    csm.post(at(workspace, draft, "delete/"))
    assert stored(workspace, draft).state == "closed"
    copied = csm.post(at(workspace, draft, "copy/"))
    assert copied.status_code == 303
    with tenancy.scope(workspace.pk):
        assert Survey.objects.filter(state="draft", name="Spring NPS (copy)").exists()


def test_a_draft_says_what_is_missing(workspace: Workspace, csm: Client, draft: Survey) -> None:
    with tenancy.scope(workspace.pk):
        Question.objects.filter(key="comment").update(text_ja="")
    page = csm.get(at(workspace, draft)).content.decode()
    assert "Not ready to be published:" in page
    assert "no text in Japanese" in page
    refused = csm.post(at(workspace, draft, "state/publish/"), follow=True)
    assert "no text in Japanese" in refused.content.decode()
    assert stored(workspace, draft).state == "draft"


def test_rounds_show_their_progress_after_a_reload(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    csm.post(at(workspace, draft, "state/publish/"))
    with tenancy.scope(workspace.pk):
        Wave.objects.create(
            survey=draft, number=1, started_at=clock.now(), excluded={"refused": 3, "left": 5}
        )
    for headers in ({}, {"HX-Request": "true"}):
        page = csm.get(at(workspace, draft), headers=headers).content.decode()
        assert "Choosing whom to ask" in page
        assert 'hx-trigger="every 3s"' in page
        assert "Has left the firm: 5 · Wants no mail: 3" in page
    with tenancy.scope(workspace.pk):
        Wave.objects.update(built_at=clock.now())
    assert "every 3s" not in csm.get(at(workspace, draft)).content.decode()


# --- preview and sharing -----------------------------------------------------------------------
def test_the_preview_records_nothing_and_may_be_framed_by_us_alone(
    workspace: Workspace, csm: Client, draft: Survey
) -> None:
    page = at(workspace, draft, "preview/page/")
    shown = csm.get(f"{page}?lang=ja&score=9")
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    assert 'lang="ja"' in shown.content.decode()
    sent = csm.post(page, {"q-score": "9", "offered": "score comment"}, follow=True)
    assert "Thank you" in sent.content.decode()
    assert csm.post(page, {"q-score": "3", "partial": "1"}).status_code == 200
    with tenancy.scope(workspace.pk):
        assert not draft.responses.exists()


def test_a_test_is_sent_to_oneself(workspace: Workspace, csm: Client, draft: Survey) -> None:
    csm.post(at(workspace, draft, "test-mail/"), {"lang": "ja"})
    with tenancy.scope(workspace.pk):
        mail = OutgoingMail.objects.get()
    assert mail.to_address == f"csm@{workspace.slug}.example"
    assert "preview/page/?lang=ja&score=10" in mail.text
    assert "/s/" not in mail.text


def test_new_lines_make_the_old_ones_dead(workspace: Workspace, csm: Client, draft: Survey) -> None:
    before = csm.get(at(workspace, draft, "share/")).content.decode()
    assert draft.open_key in before
    csm.post(at(workspace, draft, "share/"))
    after = csm.get(at(workspace, draft, "share/")).content.decode()
    assert draft.open_key not in after
