"""Surveys, invitations and answers over the API."""

import pytest

from accounts.actions.budget import update_budget
from accounts.models import Account, Contact, DirtyAccount, Task, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from cs_platform.core.tenancy import scope
from metrics.surveys.actions.answers import answer_invitation
from metrics.surveys.models import Answer, FollowUp, Invitation, Response, ResponseRevision, Survey
from metrics.surveys.rollup import roll_up_results
from tests.api.conftest import Caller, api, caller_for, problem, rival_api
from tests.surveys.people import SYSTEM, make_account, make_contact

__all__ = ["api", "caller_for", "rival_api"]


@pytest.fixture
def survey_id(api: Caller) -> int:
    """An open NPS survey, made over the API."""
    body = {"kind": "nps", "name": "NPS", "external_id": "nps-1", "window_days": [1, 2, 3, 4, 5]}
    made = api.post("surveys", body)
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "draft"
    found: int = made.json()["id"]
    assert api.post(f"surveys/{found}/publish").json()["state"] == "open"
    return found


@pytest.fixture
def person(workspace: Workspace) -> Contact:
    with scope(workspace.pk):
        return make_contact(make_account(external_id="acme-1"), external_id="person-1")


def test_a_survey_is_made_changed_opened_and_closed(api: Caller, survey_id: int) -> None:
    read = api.get(f"surveys/{survey_id}")
    assert read.json()["window_days"] == [1, 2, 3, 4, 5]
    etag = read["ETag"]
    changed = api.patch(f"surveys/{survey_id}", {"reminders": 2}, **{"If-Match": etag})
    assert (changed.status_code, changed.json()["reminders"]) == (200, 2)
    assert changed["ETag"] != etag
    problem(
        api.patch(f"surveys/{survey_id}", {"reminders": 3}, **{"If-Match": etag}),
        412,
        "precondition_failed",
    )
    assert [s["id"] for s in api.get("surveys?state=open&kind=nps").json()["items"]] == [survey_id]
    assert api.post(f"surveys/{survey_id}/pause").json()["state"] == "paused"
    assert api.post(f"surveys/{survey_id}/close").json()["state"] == "closed"
    problem(api.post(f"surveys/{survey_id}/publish"), 409, "survey_closed")
    problem(api.patch(f"surveys/{survey_id}", {"name": "x"}), 409, "survey_closed")
    assert api.get("surveys?state=open").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"name": "n"}, "required", "#/kind"),
        ({"kind": "nps"}, "required", "#/name"),
        ({"kind": "mood", "name": "n"}, "unknown_choice", "#/kind"),
        ({"kind": "nps", "name": "n", "audience": []}, "wrong_type", "#/audience"),
        ({"kind": "nps", "name": "n", "window_days": "mon"}, "wrong_type", "#/window_days"),
        ({"kind": "nps", "name": "n", "colour": "red"}, "unknown_field", "#/colour"),
        ({"kind": "nps", "name": "n", "actor": "me"}, "unknown_field", "#/actor"),
        ({"kind": "nps", "name": "n", "window_to": 3}, "empty_window", "#/window_to"),
        (
            {"kind": "nps", "name": "n", "external_id": "nps-1"},
            "external_id_taken",
            "#/external_id",
        ),
    ],
)
def test_bad_surveys_say_what_and_where(
    api: Caller, survey_id: int, body: dict[str, object], code: str, pointer: str
) -> None:
    answer = api.post("surveys", body)
    document = problem(answer, 409 if code == "external_id_taken" else 422, code)
    assert document["errors"][0]["pointer"] == pointer


def test_questions_are_set_as_a_whole(api: Caller, survey_id: int) -> None:
    address = f"surveys/{survey_id}/questions"
    questions = api.get(address).json()["questions"]
    assert [question["key"] for question in questions] == ["score", "comment"]
    questions[1]["show_when"] = [{"question": "score", "groups": ["detractor"]}]
    assert api.put(address, {"questions": questions}).status_code == 200
    questions[1]["show_when"] = [{"question": "scores", "groups": ["detractor"]}]
    document = problem(api.put(address, {"questions": questions}), 422, "unknown_question")
    assert document["errors"][0]["pointer"] == "#/questions/1/show_when"
    for body in (None, [], {"questions": None}, {"questions": [1]}, {"questions": [{}]}):
        assert api.put(address, body).status_code in {400, 415, 422}
    kept = api.get(address).json()["questions"]
    assert kept[1]["show_when"] == [{"question": "score", "groups": ["detractor"]}]


def test_options_without_a_key_keep_theirs_wherever_they_stand(
    api: Caller, survey_id: int, workspace: Workspace
) -> None:
    def put(*texts: str) -> list[str]:
        score = {"kind": "score", "text_en": "?", "text_ja": "？"}
        options = [{"en": text, "ja": text} for text in texts]
        why = {"key": "why", "kind": "single", "text_en": "?", "text_ja": "？", "options": options}
        answer = api.put(f"surveys/{survey_id}/questions", {"questions": [score, why]})
        assert answer.status_code == 200, answer.content
        return [option["key"] for option in answer.json()["questions"][1]["options"]]

    assert put("Price", "Speed") == ["o1", "o2"]
    given = {"survey_id": survey_id, "score": 3, "answers": {"why": "o1"}}
    assert api.put("responses/a", given).status_code == 201
    with scope(workspace.pk):
        roll_up_results(clock.now())
    # answers name options by their keys: "Speed" must not become what "Price" was
    assert put("Speed", "Help") == ["o2", "o3"]
    # nor anything else, once "Price" is gone
    assert put("Other", "Help", "Speed") == ["o4", "o3", "o2"]


def test_a_required_question_is_required_of_whoever_was_invited(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    questions = [
        {"kind": "score", "text_en": "?", "text_ja": "？", "is_required": True},
        {"key": "why", "kind": "text", "text_en": "?", "text_ja": "？", "is_required": True},
    ]
    assert api.put(f"surveys/{survey_id}/questions", {"questions": questions}).status_code == 200
    made = api.post(f"surveys/{survey_id}/invitations", {"contact_external_id": "person-1"})
    with scope(workspace.pk):
        invitation = Invitation.objects.get(pk=made.json()["id"])
        with pytest.raises(DomainError) as caught:
            answer_invitation(now=clock.now(), invitation=invitation, answers={"score": 9})
        assert (caught.value.code, caught.value.field) == ("required", "why")
        answer_invitation(now=clock.now(), invitation=invitation, answers={"score": 9, "why": "!"})
        assert Response.objects.get().channel == "mail"


def test_people_and_accounts_of_an_answer_belong_together(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    with scope(workspace.pk):
        make_account(external_id="other-1")
    body = {"survey_id": survey_id, "score": 9, "contact_external_id": "person-1"}
    assert api.put("responses/a", body).status_code == 201
    # the person it was given by is known already
    problem(api.put("responses/a", {"account_external_id": "other-1"}), 422, "wrong_account")
    # ids are told apart by case, whatever else a call names
    items = [
        {"survey_id": survey_id, "score": 9, "external_id": "b", "contact_external_id": "person-1"},
        {"survey_id": survey_id, "score": 9, "external_id": "c", "contact_external_id": "PERSON-1"},
    ]
    results = api.post("responses/bulk", {"items": items}).json()["results"]
    assert [r["outcome"] for r in results] == ["created", "rejected"]
    assert results[1]["errors"][0]["code"] == "unknown_contact"


def test_a_person_is_invited_once_for_a_case(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    body = {
        "contact_external_id": "person-1",
        "external_id": "case-1",
        "agent_email": f"agent@{workspace.slug}.example",
        "touchpoint": "support",
    }
    made = api.post(f"surveys/{survey_id}/invitations", body)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["state"], shown["touchpoint"]) == ("queued", "support")
    # the letter goes out by mail, whoever asked for it
    assert shown["channel"] == "mail"
    assert shown["agent_email"] == f"agent@{workspace.slug}.example"
    assert api.post(f"surveys/{survey_id}/invitations", body).json()["id"] == shown["id"]
    other = {"contact_external_id": "person-1", "external_id": "case-2"}
    problem(api.post(f"surveys/{survey_id}/invitations", other), 409, "contact_too_soon")
    listed = api.get(f"surveys/{survey_id}/invitations?state=queued&contact=person-1").json()
    assert [item["id"] for item in listed["items"]] == [shown["id"]]
    assert api.get(f"invitations/{shown['id']}").json() == shown
    problem(api.get("invitations/999999999999999999"), 404, "not_found")
    nobody = {"contact_external_id": "nobody"}
    problem(api.post(f"surveys/{survey_id}/invitations", nobody), 422, "unknown_contact")


def test_a_help_desk_need_not_know_the_survey(
    api: Caller, person: Contact, workspace: Workspace
) -> None:
    body = {"contact_external_id": "person-1", "touchpoint": "support", "external_id": "case-1"}
    problem(api.post("invitations", body), 422, "no_survey")
    made = []
    for touchpoint in ("", "billing", "support"):
        survey = {"kind": "csat", "name": "CSAT", "after_case": True, "touchpoint": touchpoint}
        made.append(api.post("surveys", survey).json()["id"])
        api.post(f"surveys/{made[-1]}/publish")
    invited = api.post("invitations", body).json()
    assert (invited["survey_id"], invited["channel"]) == (made[2], "after_case")
    with scope(workspace.pk):
        update_budget(actor=SYSTEM, now=clock.now(), days_between=0, account_most=None)
    body |= {"touchpoint": "training", "external_id": "case-2"}
    assert api.post("invitations", body).json()["survey_id"] == made[0]


def test_whoever_opts_out_is_asked_no_more(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    api.post(f"surveys/{survey_id}/invitations", {"contact_external_id": "person-1"})
    shown = api.post("contacts/person-1/opt-out").json()
    assert (shown["consent"], shown["consent_source"]) == ("refused", "API key Nightly sync")
    assert api.post("contacts/person-1/opt-out").json() == shown
    with scope(workspace.pk):
        assert Invitation.objects.get().state == "suppressed"
        update_budget(actor=SYSTEM, now=clock.now(), days_between=0, account_most=None)
    again = api.post(f"surveys/{survey_id}/invitations", {"contact_external_id": "person-1"})
    problem(again, 409, "contact_refused")
    problem(api.post("contacts/nobody/opt-out"), 404, "not_found")
    assert api.get("contacts/person-1").json()["consent"] == "refused"


ANSWER = {
    "survey_external_id": "nps-1",
    "contact_external_id": "person-1",
    "score": 3,
    "comment": "Too slow.",
    "happened_at": "2025-04-01T09:00:00+09:00",
}


def test_an_answer_of_another_tool_takes_effect_like_ours(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    with scope(workspace.pk):
        DirtyAccount.objects.all().delete()
    made = api.put("responses/answer-1", ANSWER)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["group"], shown["scale"], shown["account_external_id"]) == (
        "detractor",
        10,
        "acme-1",
    )
    assert shown["answers"] == {}
    with scope(workspace.pk):
        response = Response.objects.get()
        assert response.known_at > response.happened_at
        assert set(DirtyAccount.objects.values_list("account_id", flat=True)) == {person.account_id}
        assert FollowUp.objects.get().response == response
        assert Task.objects.count() == 1
    # again: nothing new; otherwise: a revision, and what was not given stays
    etag = made["ETag"]
    again = api.put("responses/answer-1", ANSWER)
    assert (again.status_code, again.json(), again["ETag"]) == (200, shown, etag)
    changed = api.put("responses/answer-1", {"score": 9}, **{"If-Match": etag})
    assert (changed.json()["score"], changed.json()["comment"]) == (9, "Too slow.")
    assert changed.json()["edited_at"] is not None
    with scope(workspace.pk):
        revision = ResponseRevision.objects.get()
        assert (revision.score, revision.comment) == (3, "Too slow.")
    problem(api.put("responses/answer-1", {"score": 1}, **{"If-Match": etag}), 412,
            "precondition_failed")  # fmt: skip
    assert api.get("responses/answer-1").json() == changed.json()
    fields = api.get("responses/answer-1?fields=group,score").json()
    assert fields == {"group": "promoter", "score": 9}


def test_history_counts_as_known_when_it_happened_and_calls_nobody(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    items = [{"external_id": f"a-{n}", **ANSWER, "score": n} for n in range(11)]
    answer = api.post("responses/bulk", {"items": items, "is_historical": True}).json()
    assert (answer["created"], answer["rejected"]) == (11, 0)
    again = api.post("responses/bulk", {"items": items, "is_historical": True}).json()
    assert (again["unchanged"], again["created"]) == (11, 0)
    with scope(workspace.pk):
        assert all(r.known_at == r.happened_at and r.is_historical for r in Response.objects.all())
        assert not FollowUp.objects.exists()
    listed = api.get(f"responses?kind=nps&sort=-happened&limit=5&survey={survey_id}").json()
    assert len(listed["items"]) == 5
    assert listed["next_cursor"]
    found = api.get("responses?contact=person-1&happened_since=2025-04-02T00:00:00Z").json()
    assert found["items"] == []


def test_bad_answers_leave_good_ones_alone(
    api: Caller, survey_id: int, person: Contact, workspace: Workspace
) -> None:
    good = {"survey_id": survey_id, "score": 7}
    items = [
        {**good, "external_id": "1"},
        {**good, "external_id": "2", "score": 11},
        {**good, "external_id": "3", "score": "seven"},
        {"external_id": "4", "score": 7},
        {"external_id": "5", "survey_id": 999999999, "score": 7},
        {**good, "external_id": "6", "contact_external_id": "nobody"},
        {**good, "external_id": "7", "account_external_id": "nobody"},
        {**good, "external_id": "8", "happened_at": "2099-01-01T00:00:00Z"},
        {**good, "external_id": "9", "answers": {"unknown": 1}},
        {**good, "external_id": "10", "comment": ["a"]},
        {**good, "external_id": "11", "mood": "good"},
        {**good},
        {**good, "external_id": "1", "score": 8},
    ]
    answer = api.post("responses/bulk", {"items": items}).json()
    found = [(r["outcome"], [e["code"] for e in r["errors"]]) for r in answer["results"]]
    assert found == [
        ("created", []),
        ("rejected", ["out_of_range"]),
        ("rejected", ["wrong_type"]),
        ("rejected", ["required"]),
        ("rejected", ["unknown_survey"]),
        ("rejected", ["unknown_contact"]),
        ("rejected", ["unknown_account"]),
        ("rejected", ["in_future"]),
        ("rejected", ["unknown_question"]),
        ("rejected", ["wrong_type"]),
        ("rejected", ["unknown_field"]),
        ("rejected", ["required"]),
        ("updated", []),
    ]
    assert api.put("responses/nul", {**good, "comment": "a\u0000b"}).status_code in {400, 415, 422}
    with scope(workspace.pk):
        assert Response.objects.get().score == 8


def test_answers_beside_the_score(api: Caller, survey_id: int, workspace: Workspace) -> None:
    questions = [
        {"kind": "score", "text_en": "?", "text_ja": "？"},
        {"key": "ease", "kind": "rating", "text_en": "?", "text_ja": "？"},
        {
            "key": "why",
            "kind": "multiple",
            "text_en": "?",
            "text_ja": "？",
            "options": [
                {"key": "price", "en": "Price", "ja": "価格"},
                {"key": "speed", "en": "Speed", "ja": "速さ"},
            ],
        },
    ]
    stored = api.put(f"surveys/{survey_id}/questions", {"questions": questions})
    assert stored.status_code == 200, stored.content
    answers = {"ease": 4, "why": ["speed", "price"]}
    body = {"survey_id": survey_id, "score": 9, "answers": answers, "comment": "Not asked here."}
    shown = api.put("responses/a", body).json()
    assert shown["answers"] == {"ease": 4, "why": ["price", "speed"]}
    assert shown["comment"] == "Not asked here."
    shown = api.put("responses/a", {"answers": {"ease": 2}}).json()
    assert shown["answers"] == {"ease": 2, "why": ["price", "speed"]}
    assert shown["comment"] == "Not asked here."
    with scope(workspace.pk):
        assert Answer.objects.count() == 2


def test_a_bulk_takes_as_many_queries_however_many_answers(
    api: Caller, survey_id: int, workspace: Workspace, django_assert_max_num_queries
) -> None:
    with scope(workspace.pk):
        account = make_account()
        people = [make_contact(account).external_id for _n in range(400)]
    items = [
        {"external_id": f"b-{n}", "survey_id": survey_id, "contact_external_id": name, "score": 9}
        for n, name in enumerate(people)
    ]
    with django_assert_max_num_queries(40):
        assert api.post("responses/bulk", {"items": items}).json()["created"] == 400


def test_another_workspaces_ids_lead_nowhere(
    api: Caller, rival_api: Caller, survey_id: int, person: Contact, rival_workspace: Workspace
) -> None:
    api.put("responses/answer-1", ANSWER)
    invited = api.post(f"surveys/{survey_id}/invitations", {"contact_external_id": "person-1"})
    for answer in (
        rival_api.get(f"surveys/{survey_id}"),
        rival_api.patch(f"surveys/{survey_id}", {"name": "stolen"}),
        rival_api.post(f"surveys/{survey_id}/publish"),
        rival_api.get(f"surveys/{survey_id}/questions"),
        rival_api.get(f"surveys/{survey_id}/invitations"),
        rival_api.get(f"invitations/{invited.json()['id']}"),
        rival_api.post(f"invitations/{invited.json()['id']}/withdraw"),
        rival_api.get("responses/answer-1"),
        rival_api.post("contacts/person-1/opt-out"),
    ):
        problem(answer, 404, "not_found")
    refused = rival_api.put("responses/mine", {"survey_id": survey_id, "score": 1})
    problem(refused, 422, "unknown_survey")
    assert rival_api.get(f"responses?survey={survey_id}").json()["items"] == []
    assert rival_api.get("invitations").json()["items"] == []
    with scope(rival_workspace.pk):
        assert not Survey.objects.exists()
        assert not Account.objects.exists()


@pytest.mark.parametrize("scopes", [("read",), ("ingest",)])
def test_writing_takes_a_key_that_may(
    workspace: Workspace, caller_for, scopes: tuple[str, ...]
) -> None:
    key = caller_for(workspace, *scopes)
    problem(key.post("surveys", {"kind": "nps", "name": "n"}), 403, "missing_scope")
    problem(key.put("responses/a", {"score": 1}), 403, "missing_scope")
    problem(key.post("contacts/a/opt-out"), 403, "missing_scope")
    problem(key.post("invitations/1/withdraw"), 403, "missing_scope")
