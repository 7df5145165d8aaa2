"""Answers: taken once, changed while it is possible, and what follows from them."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from accounts.models import DirtyAccount, OutgoingMail, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from cs_platform.core.tenancy import scope
from metrics.surveys.actions import sending
from metrics.surveys.actions.answers import answer_invitation, record_answer, revise_answer
from metrics.surveys.actions.embed import (
    record_embed_answered,
    record_embed_dismissed,
    record_embed_shown,
)
from metrics.surveys.actions.invitations import invite
from metrics.surveys.actions.questions import set_questions
from metrics.surveys.actions.surveys import close_survey, pause_survey
from metrics.surveys.models import (
    Answer,
    FollowUp,
    Invitation,
    Response,
    ResponseRevision,
    ResultMark,
    Survey,
)
from metrics.surveys.queries.embed import embed_is_due
from metrics.surveys.queries.lists import progress
from metrics.surveys.queries.public import earlier_answer
from metrics.surveys.queries.responses import stored_answers
from tests.surveys.people import NOW, SYSTEM, make_account, make_contact, make_survey

DAY = dt.timedelta(days=1)
QUESTIONS = [
    {"kind": "score", "text_en": "How likely?", "text_ja": "どのくらい？", "is_required": True},
    {
        "key": "wrong",
        "kind": "multiple",
        "text_en": "What went wrong?",
        "text_ja": "何がいけませんでしたか？",
        "is_required": True,
        "options": [
            {"key": "price", "en": "Price", "ja": "価格"},
            {"key": "speed", "en": "Speed", "ja": "速さ"},
        ],
        "show_when": [{"question": "score", "groups": ["detractor"]}],
    },
    {
        "key": "how_slow",
        "kind": "rating",
        "text_en": "How slow?",
        "text_ja": "どのくらい遅い？",
        "show_when": [{"question": "wrong", "choices": ["speed"]}],
    },
    {"key": "comment", "kind": "text", "text_en": "Why?", "text_ja": "なぜ？"},
]


def _survey(kind: str = "nps", **fields: Any) -> Survey:
    survey = make_survey(kind, by_link=True, **fields)
    if kind == "nps":
        set_questions(actor=SYSTEM, now=NOW, survey=survey, questions=QUESTIONS)
    return survey


def _invited(survey: Survey) -> Invitation:
    return invite(actor=SYSTEM, now=NOW, survey=survey, contact=make_contact())


def _answer(invitation: Invitation, now: dt.datetime = NOW + DAY, **answers: Any) -> Response:
    return answer_invitation(now=now, invitation=invitation, answers=answers, language="ja")


def _code(call: Any) -> tuple[str, str | None]:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code, caught.value.field


def test_an_answer_is_kept_whole_and_takes_effect(scoped: Workspace) -> None:
    invitation = _invited(_survey(touchpoint="renewal"))
    DirtyAccount.objects.all().delete()
    response = _answer(
        invitation, score="2", wrong=["speed", "price"], how_slow=5, comment=" 遅い。 "
    )
    assert (response.score, response.scale, response.group) == (2, 10, "detractor")
    assert (response.comment, response.language, response.channel) == ("遅い。", "ja", "mail")
    assert (response.happened_at, response.known_at) == (NOW + DAY, NOW + DAY)
    assert response.contact == invitation.contact
    assert response.touchpoint == "renewal"
    assert stored_answers(response).others == {"wrong": ["price", "speed"], "how_slow": 5}
    invitation.refresh_from_db()
    assert (invitation.state, invitation.answered_at) == ("answered", NOW + DAY)
    assert list(DirtyAccount.objects.values_list("account_id", flat=True)) == [
        invitation.account_id
    ]
    assert FollowUp.objects.get().response == response
    assert ResultMark.objects.get().response == response


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, ("required", "score")),
        ({"score": 11}, ("out_of_range", "score")),
        ({"score": "x"}, ("not_a_number", "score")),
        ({"score": True}, ("not_a_number", "score")),
        ({"score": -1}, ("out_of_range", "score")),
        ({"score": "٣"}, ("not_a_number", "score")),
        ({"score": 3}, ("required", "wrong")),
        ({"score": 3, "wrong": ["colour"]}, ("unknown_option", "wrong")),
        ({"score": 3, "wrong": [["price"]]}, ("unknown_option", "wrong")),
        ({"score": 9, "comment": "a\0b"}, ("nul_character", "comment")),
        ({"score": 9, "comment": "\ud800"}, ("bad_character", "comment")),
        ({"score": 9, "comment": "x" * 10_001}, ("too_long", "comment")),
        ({"score": 9, "mood": 1}, ("unknown_question", "mood")),
    ],
)
def test_bad_answers_say_what_and_where(
    scoped: Workspace, answers: dict[str, Any], found: tuple[str, str]
) -> None:
    invitation = _invited(_survey())
    assert _code(lambda: _answer(invitation, **answers)) == found
    assert not Response.objects.exists()
    invitation.refresh_from_db()
    assert invitation.state == "queued"


def test_answers_to_what_is_not_shown_are_left_out(scoped: Workspace) -> None:
    response = _answer(_invited(_survey()), score=9, wrong=["speed"], how_slow=3, comment="!")
    assert stored_answers(response).others == {}
    assert not Answer.objects.exists()
    # the follow-up of a follow-up hangs on it: one step up is enough to hide both
    other = _answer(_invited(_survey()), score=3, wrong=["price"], how_slow=3)
    assert stored_answers(other).others == {"wrong": ["price"]}


def test_an_answer_may_be_changed_until_the_survey_closes(scoped: Workspace) -> None:
    survey = _survey(answer_days=5)
    invitation = _invited(survey)
    first = _answer(invitation, score=3, wrong=["speed"], comment="Slow")
    same = _answer(invitation, NOW + 2 * DAY, score=3, wrong=["speed"], comment="Slow")
    assert (same.pk, same.edited_at) == (first.pk, None)
    # long after the invitation itself has expired
    later = _answer(invitation, NOW + 50 * DAY, score=9, comment="Better now")
    assert (later.pk, later.score, later.edited_at) == (first.pk, 9, NOW + 50 * DAY)
    assert later.happened_at == NOW + DAY
    revision = ResponseRevision.objects.get()
    assert (revision.score, revision.comment, revision.answers) == (3, "Slow", {"wrong": ["speed"]})
    assert revision.replaced_at == NOW + 50 * DAY
    assert not Answer.objects.exists()
    pause_survey(actor=SYSTEM, now=NOW, survey=survey)
    _answer(invitation, NOW + 51 * DAY, score=8)
    close_survey(actor=SYSTEM, now=NOW, survey=survey)
    assert _code(lambda: _answer(invitation, NOW + 52 * DAY, score=1))[0] == "survey_closed"


def test_an_expired_invitation_takes_no_first_answer(scoped: Workspace) -> None:
    invitation = _invited(_survey(answer_days=5))
    assert _code(lambda: _answer(invitation, NOW + 5 * DAY, score=9))[0] == "invitation_expired"
    assert _answer(invitation, NOW + 5 * DAY - dt.timedelta(seconds=1), score=9).score == 9


def test_a_robots_answer_is_kept_uncounted_and_gives_way_to_the_persons(scoped: Workspace) -> None:
    invitation = _invited(_survey())
    robot = answer_invitation(
        now=NOW, invitation=invitation, answers={"score": 0, "wrong": ["price"]},
        robot_signs=["scanner"],
    )  # fmt: skip
    assert (robot.is_suspected_robot, robot.robot_signs) == (True, ["scanner"])
    invitation.refresh_from_db()
    assert invitation.state == "queued"
    assert not FollowUp.objects.exists()
    person = _answer(invitation, score=10)
    assert (person.pk, person.score, person.is_suspected_robot) == (robot.pk, 10, False)
    # it was given when the person gave it, which may be another month
    assert (person.happened_at, person.known_at) == (NOW + DAY, NOW + DAY)
    invitation.refresh_from_db()
    assert (invitation.state, invitation.answered_at) == ("answered", NOW + DAY)
    # and not the other way round
    again = answer_invitation(
        now=NOW + DAY, invitation=invitation, answers={"score": 0, "wrong": ["price"]},
        robot_signs=["scanner"],
    )  # fmt: skip
    assert (again.score, again.is_suspected_robot) == (10, False)


def test_one_browser_answers_an_open_link_once(scoped: Workspace) -> None:
    survey = _survey()
    given = {"survey": survey, "answers": {"score": 9}, "channel": "link", "respondent": "r1"}
    first = record_answer(now=NOW, **given)
    assert (first.contact, first.account, first.invitation) == (None, None, None)
    assert _code(lambda: record_answer(now=NOW + DAY, **given))[0] == "already_answered"
    assert earlier_answer(survey, "r1", channel="link", now=NOW) == first
    assert earlier_answer(survey, "", channel="link", now=NOW) is None
    record_answer(now=NOW, **{**given, "respondent": "r2"})
    record_answer(now=NOW, **{**given, "respondent": ""})
    changed = revise_answer(now=NOW, response=first, answers={"score": 7})
    assert changed.group == "passive"
    assert Response.objects.count() == 3
    pause_survey(actor=SYSTEM, now=NOW, survey=survey)
    assert _code(lambda: record_answer(now=NOW, **{**given, "respondent": "r3"}))[0] == (
        "survey_closed"
    )


def test_a_survey_that_repeats_takes_another_answer_each_turn(scoped: Workspace) -> None:
    survey = _survey(recurrence_months=3)
    given = {"survey": survey, "answers": {"score": 9}, "channel": "link", "respondent": "r1"}
    record_answer(now=NOW, **given)
    assert _code(lambda: record_answer(now=NOW + 80 * DAY, **given))[0] == "already_answered"
    record_answer(now=NOW + 93 * DAY, **given)


@pytest.mark.parametrize(
    ("kind", "fields", "scores"),
    [("csat", {}, {1, 2}), ("ces", {}, {4, 5}), ("ces", {"ces_scale": 7}, {1, 2})],
)
def test_bad_grades_call_for_contact_at_once(
    scoped: Workspace, kind: str, fields: dict[str, Any], scores: set[int]
) -> None:
    survey = _survey(kind, **fields)
    assert survey.scale is not None
    for score in survey.scale.grades:
        record_answer(
            now=NOW, survey=survey, answers={"score": score}, channel="embed",
            contact=make_contact(),
        )  # fmt: skip
    assert set(FollowUp.objects.values_list("response__score", flat=True)) == scores


def test_answering_takes_back_a_reminder_that_waits(scoped: Workspace) -> None:
    survey = _survey(reminders=1, reminder_days=7)
    invitation = _invited(survey)
    assert sending.send_due(now=NOW) == 1
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    assert sending.settle_letters() == 1
    assert sending.remind_due(now=NOW + 7 * DAY - dt.timedelta(seconds=1)) == 0
    assert sending.remind_due(now=NOW + 7 * DAY) == 1
    assert sending.remind_due(now=NOW + 7 * DAY) == 0
    reminder = OutgoingMail.objects.get(kind="survey_reminder")
    assert reminder.subject.startswith("Reminder: ")
    _answer(invitation, NOW + 7 * DAY, score=9)
    reminder.refresh_from_db()
    assert reminder.state == "cancelled"
    assert sending.remind_due(now=NOW + 30 * DAY) == 0


def test_only_those_who_have_not_answered_are_reminded_and_within_the_budget(
    scoped: Workspace,
) -> None:
    from accounts.actions.budget import reserve_contact

    survey = _survey(reminders=2, reminder_days=5, answer_days=30)
    silent, answered, busy, refused = (_invited(survey) for _n in range(4))
    sending.send_due(now=NOW)
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    sending.settle_letters()
    _answer(answered, score=9)
    reserve_contact(
        now=NOW, contact=busy.contact, account=busy.account, kind="playbook",
        at=NOW + 14 * DAY, topic="playbook",
    )  # fmt: skip
    refused.contact.consent = "refused"
    refused.contact.save()
    sending.remind_due(now=NOW + 5 * DAY)

    def reminded() -> list[int]:
        letters = OutgoingMail.objects.filter(kind="survey_reminder").order_by("id")
        return list(letters.values_list("contact_id", flat=True))

    assert reminded() == [silent.contact_id]
    # Monday; the second and last one
    sending.remind_due(now=NOW + 12 * DAY)
    assert reminded() == [silent.contact_id] * 2
    for days in range(13, 30):
        sending.remind_due(now=NOW + days * DAY)
    # fourteen days after the playbook's letter there is room for one more
    assert reminded() == [silent.contact_id] * 2 + [busy.contact_id]
    silent.refresh_from_db()
    assert (silent.reminders_sent, silent.remind_at) == (2, None)


def test_what_was_refused_by_the_server_is_a_bounce(scoped: Workspace) -> None:
    survey = _survey()
    invitations = [_invited(survey) for _n in range(4)]
    sending.send_due(now=NOW)
    states = ["sent", "bounced", "failed", "cancelled"]
    for invitation, state in zip(invitations, states, strict=True):
        invitation.refresh_from_db()
        sent_at = NOW if state == "sent" else None
        OutgoingMail.objects.filter(pk=invitation.mail_id).update(state=state, sent_at=sent_at)
    assert sending.settle_letters() == 4
    found = [(i.state, i.reason, i.sent_at) for i in Invitation.objects.order_by("id").iterator()]
    assert found == [
        ("sent", "", NOW),
        ("bounced", "bounced", None),
        ("bounced", "failed", None),
        ("suppressed", "refused", None),
    ]
    # somebody whose letter bounced may have got the address otherwise
    assert _answer(invitations[1], score=9).score == 9
    assert sending.expire_due(now=NOW + 31 * DAY) == 1
    assert Invitation.objects.get(pk=invitations[0].pk).state == "expired"


def test_whoever_answers_before_the_letter_is_settled_got_it(scoped: Workspace) -> None:
    survey = _survey()
    quick, quicker, bounced = (_invited(survey) for _n in range(3))
    sending.send_due(now=NOW)
    states = [("sent", NOW), ("sending", None), ("bounced", None)]
    for invitation, (state, sent_at) in zip((quick, quicker, bounced), states, strict=True):
        invitation.refresh_from_db()
        OutgoingMail.objects.filter(pk=invitation.mail_id).update(state=state, sent_at=sent_at)
        _answer(invitation, NOW + DAY, score=9)
    OutgoingMail.objects.filter(state="sending").update(state="sent", sent_at=NOW + DAY)
    sending.settle_letters()
    found = [(i.state, i.sent_at) for i in Invitation.objects.order_by("id")]
    assert found == [("answered", NOW), ("answered", NOW + DAY), ("answered", None)]
    counted = progress([survey])[survey.pk]
    assert (counted.invited, counted.delivered, counted.answered) == (3, 2, 2)


def test_letters_carry_one_click_unsubscribing(scoped: Workspace) -> None:
    _invited(_survey())
    sending.send_due(now=NOW)
    mail = OutgoingMail.objects.get()
    address = mail.headers["List-Unsubscribe"].strip("<>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address.startswith(f"http://localhost:8000/s/{scoped.slug}/u/")
    assert address in mail.text
    assert "?score=10" in mail.html


def test_a_user_is_shown_an_embed_once_in_its_days(scoped: Workspace) -> None:
    survey = make_survey("csat", by_embed=True, embed_gap_days=30)
    make_contact(user_ids=["u1"])
    make_contact(user_ids=["u3"], consent="refused")
    assert embed_is_due(survey, "u1", now=NOW)
    assert not embed_is_due(survey, "", now=NOW)
    assert not embed_is_due(survey, "u3", now=NOW)
    assert record_embed_shown(now=NOW, survey=survey, user_id="u1").contact is not None
    assert not embed_is_due(survey, "u1", now=NOW + 29 * DAY)
    assert embed_is_due(survey, "u1", now=NOW + 30 * DAY)
    record_embed_dismissed(now=NOW + 30 * DAY, survey=survey, user_id="u1")
    assert not embed_is_due(survey, "u1", now=NOW + 59 * DAY)
    record_embed_answered(now=NOW, survey=survey, user_id="u2")
    assert not embed_is_due(survey, "u2", now=NOW + DAY)
    assert record_embed_shown(now=NOW + 31 * DAY, survey=survey, user_id="u2").times_shown == 2
    assert not embed_is_due(make_survey("csat"), "u9", now=NOW)


@pytest.mark.live
@pytest.mark.timeout(120)
def test_two_answers_to_one_invitation_at_once_are_one(installation: Any) -> None:
    workspace_id = installation.workspace.pk
    now = clock.now()
    everyday = {"window_days": list(range(1, 8)), "window_from": 0, "window_to": 24}
    with scope(workspace_id):
        survey = make_survey("csat", now=now, **everyday)
        invitation = invite(actor=SYSTEM, now=now, survey=survey, contact=make_contact())
        linked = make_survey("csat", now=now, by_link=True, by_mail=False)
        make_account()
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def answer(number: int) -> None:
        try:
            barrier.wait()
            with scope(workspace_id):
                answers = {"score": 1 + number % 5}
                if number % 2:
                    answer_invitation(now=now, invitation=invitation, answers=answers)
                else:
                    record_answer(
                        now=now, survey=linked, answers=answers, channel="link", respondent="r"
                    )
            outcomes.append("taken")
        except DomainError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # the invitation's are one answer, changed three times; the open link's one is refused thrice
    assert sorted(outcomes) == ["already_answered"] * 3 + ["taken"] * 5
    with scope(workspace_id):
        assert Response.objects.filter(invitation=invitation).count() == 1
        assert Response.objects.filter(survey=linked).count() == 1
