"""Contacts, contracts and their ledger, interactions and tasks."""

from typing import Any

import pytest

from tests.api.conftest import Caller, problem
from tests.cast import Cast


@pytest.fixture
def acme(api: Caller) -> Caller:
    """The key of a workspace with one account."""
    assert api.put("accounts/acme", {"name": "Acme"}).status_code == 201
    return api


@pytest.fixture
def contract(acme: Caller) -> Caller:
    """… which has a contract of 40 seats at 3,000 a month since April, renewing by itself."""
    body = {
        "account_external_id": "acme",
        "product": "suite",
        "plan": "standard",
        "starts_on": "2025-04-01",
        "term_months": 120,
        "auto_renew": True,
        "seats": 40,
        "unit_price": "3000",
    }
    answer = acme.put("subscriptions/c-1", body)
    assert answer.status_code == 201, answer.content
    return acme


class TestContacts:
    def test_a_person_is_created_and_found(self, acme: Caller) -> None:
        body = {
            "name": "佐藤 花子",
            "account_external_id": "acme",
            "email": "Hanako@acme.example",
            "phones": ["03-1234-5678"],
            "user_ids": ["u-1"],
            "is_champion": True,
        }
        created = acme.put("contacts/p-1", body)
        assert created.status_code == 201, created.content
        assert acme.get("contacts/p-1").json() == created.json()
        for query in (
            "account=acme",
            "email=hanako@ACME.example",
            "user_id=u-1",
            "is_champion=true",
        ):
            found = acme.get(f"contacts?{query}").json()["items"]
            assert [item["external_id"] for item in found] == ["p-1"], query
        assert acme.get("contacts?is_champion=false").json()["items"] == []

    @pytest.mark.parametrize(
        ("body", "code", "pointer"),
        [
            ({"account_external_id": "acme"}, "required", "#/name"),
            ({"name": "A"}, "required", "#/account_external_id"),
            ({"name": "A", "account_external_id": "x"}, "unknown_account", "#/account_external_id"),
            ({"name": "A", "email": "nobody"}, "not_an_email", "#/email"),
            ({"name": "A", "phones": "03"}, "wrong_type", "#/phones"),
            ({"name": "A", "phones": [3]}, "wrong_type", "#/phones"),
            ({"name": "A", "phones": ["3"] * 11}, "too_many", "#/phones"),
            ({"name": "A", "is_champion": "yes"}, "wrong_type", "#/is_champion"),
            ({"name": "A", "language": "xx"}, "unknown_choice", "#/language"),
        ],
    )
    def test_bad_fields_are_located(self, acme: Caller, body: Any, code: str, pointer: str) -> None:
        document = problem(acme.put("contacts/p-1", body), 422, code)
        assert pointer in {error["pointer"] for error in document["errors"]}

    def test_a_rivals_account_takes_no_contacts(self, acme: Caller, rival_api: Caller) -> None:
        body = {"name": "Spy", "account_external_id": "acme"}
        problem(rival_api.put("contacts/p-1", body), 422, "unknown_account")
        problem(rival_api.get("contacts?account=acme"), 400, "unknown_account")

    def test_bulk_has_no_history(self, acme: Caller) -> None:
        item = {"external_id": "p", "name": "P", "account_external_id": "acme"}
        answer = acme.post("contacts/bulk", {"items": [item], "is_historical": True})
        problem(answer, 422, "unknown_field")
        answer = acme.post("contacts/bulk", {"items": [item, {**item, "name": "Q"}]})
        assert [r["outcome"] for r in answer.json()["results"]] == ["created", "updated"]


class TestSubscriptions:
    def test_what_is_stated_goes_through_the_ledger(self, contract: Caller) -> None:
        read = contract.get("subscriptions/c-1")
        assert read.json()["mrr"] == "120000.0000"
        assert read.json()["status"] == "active"
        more = contract.patch("subscriptions/c-1", {"seats": 50}, **{"If-Match": read["ETag"]})
        assert more.json()["mrr"] == "150000.0000"
        again = contract.put("subscriptions/c-1", {"seats": 50})
        assert again["ETag"] == more["ETag"]
        kinds = [e["kind"] for e in contract.get("contract-events").json()["items"]]
        assert kinds == ["new", "upsell"]
        stale = contract.patch("subscriptions/c-1", {"seats": 60}, **{"If-Match": read["ETag"]})
        problem(stale, 412, "precondition_failed")

    def test_bulk_is_mixed(self, acme: Caller) -> None:
        item = {
            "external_id": "c",
            "account_external_id": "acme",
            "product": "suite",
            "starts_on": "2024-01-01",
            "mrr": 1000,
        }
        answer = acme.post(
            "subscriptions/bulk",
            {
                "items": [
                    item,
                    {**item, "external_id": "d", "starts_on": "soon"},
                    {**item, "external_id": "e", "product": "addon", "ended_on": "2024-12-31"},
                ],
                "is_historical": True,
            },
        )
        assert [r["outcome"] for r in answer.json()["results"]] == [
            "created",
            "rejected",
            "created",
        ]
        assert answer.json()["results"][1]["errors"][0]["pointer"] == "#/items/1/starts_on"
        ended = acme.get("subscriptions?status=ended").json()["items"]
        assert [s["external_id"] for s in ended] == ["e"]

    def test_a_figure_that_cannot_be_stored_is_refused(self, contract: Caller) -> None:
        answer = contract.patch(
            "subscriptions/c-1", {"seats": 2_000_000_000, "unit_price": 99999999999999}
        )
        problem(answer, 422, "out_of_range")
        assert contract.get("subscriptions/c-1").json()["seats"] == 40


class TestContractEvents:
    def append(self, api: Caller, **body: Any) -> Any:
        return api.post("contract-events", body)

    def test_a_life_of_a_contract(self, contract: Caller) -> None:
        on = {"subscription_external_id": "c-1"}
        posts: list[tuple[dict[str, Any], list[str]]] = [
            ({"kind": "change", "effective_on": "2025-06-01", "seats": 50}, ["upsell"]),
            ({"kind": "change", "effective_on": "2025-07-01", "seats": 45}, ["contraction"]),
            ({"kind": "change", "effective_on": "2025-08-01", "unit_price": 3100}, ["price_rise"]),
            ({"kind": "pause", "effective_on": "2025-09-01"}, ["pause"]),
            ({"kind": "resume", "effective_on": "2025-10-01"}, ["resume"]),
            ({"kind": "notice", "given_on": "2025-10-15", "reason": "price"}, ["notice"]),
            ({"kind": "notice_withdrawn", "effective_on": "2025-10-20"}, ["notice_withdrawn"]),
            ({"kind": "churn", "last_paid_on": "2025-12-31", "reason": "budget"}, ["churn"]),
            ({"kind": "reactivation", "effective_on": "2026-02-01"}, ["reactivation"]),
        ]
        for body, kinds in posts:
            answer = self.append(contract, **on, **body)
            assert answer.status_code == 201, answer.content
            assert [event["kind"] for event in answer.json()["items"]] == kinds
        listed = contract.get("contract-events?subscription=c-1&sort=-effective_on&limit=2")
        assert [e["kind"] for e in listed.json()["items"]] == ["reactivation", "churn"]
        churned = contract.get("contract-events?kind=churn").json()["items"][0]
        assert (churned["effective_on"], churned["last_paid_on"]) == ("2026-01-01", "2025-12-31")
        assert churned["mrr"] == "0.0000"

    def test_a_mistake_is_voided_once(self, contract: Caller) -> None:
        change = self.append(
            contract,
            kind="change",
            subscription_external_id="c-1",
            effective_on="2025-06-01",
            seats=400,
        ).json()["items"][0]
        void = self.append(contract, kind="void", event=change["id"])
        assert void.json()["items"][0]["voids"] == change["id"]
        assert contract.get("subscriptions/c-1").json()["seats"] == 40
        problem(self.append(contract, kind="void", event=change["id"]), 409, "already_voided")

    def test_a_one_off_purchase(self, contract: Caller) -> None:
        body = {"account_external_id": "acme", "effective_on": "2025-06-01", "external_id": "i-1"}
        answer = self.append(contract, kind="one_off", amount="5000.5", **body)
        assert answer.json()["items"][0]["amount"] == "5000.5000"
        again = self.append(contract, kind="one_off", amount="1", **body)
        assert again.status_code == 409

    @pytest.mark.parametrize(
        ("body", "code", "pointer"),
        [
            ({}, "unknown_choice", "#/kind"),
            ({"kind": "upsell"}, "unknown_choice", "#/kind"),
            ({"kind": ["pause"]}, "unknown_choice", "#/kind"),
            ({"kind": "pause"}, "required", "#/effective_on"),
            ({"kind": "pause", "effective_on": "x"}, "not_a_date", "#/effective_on"),
            ({"kind": "pause", "seats": 3}, "unknown_field", "#/seats"),
            (
                {"kind": "pause", "effective_on": "2025-06-01", "subscription_external_id": "no"},
                "unknown_subscription",
                "#/subscription_external_id",
            ),
            ({"kind": "void", "event": 10**12}, "unknown_event", "#/event"),
            (
                {
                    "kind": "pause",
                    "effective_on": "2024-06-01",
                    "subscription_external_id": "c-1",
                },
                "later_entry",
                "#/effective_on",
            ),
        ],
    )
    def test_a_bad_event_is_refused_with_its_place(
        self, contract: Caller, body: Any, code: str, pointer: str
    ) -> None:
        document = contract.post("contract-events", body)
        assert document.status_code == 422, document.content
        assert (code, pointer) in {
            (error["code"], error.get("pointer")) for error in document.json()["errors"]
        }
        assert len(contract.get("contract-events").json()["items"]) == 1

    def test_a_rivals_ledger_is_out_of_reach(self, contract: Caller, rival_api: Caller) -> None:
        entry = contract.get("contract-events").json()["items"][0]
        assert rival_api.get("contract-events").json()["items"] == []
        problem(rival_api.get("contract-events?subscription=c-1"), 400, "unknown_subscription")
        problem(self.append(rival_api, kind="void", event=entry["id"]), 422, "unknown_event")


CALL = {
    "account_external_id": "acme",
    "kind": "call_out",
    "summary": "Asked how it goes.",
    "happened_at": "2025-04-01T10:00:00+09:00",
}


class TestInteractions:
    def test_a_call_is_logged_and_its_next_step_becomes_a_task(
        self, acme: Caller, cast: Cast
    ) -> None:
        body = {
            **CALL,
            "next_step": "Send dates",
            "next_step_on": "2025-04-04",
            "author_email": cast["csm"].user.email,
        }
        logged = acme.post("interactions", body)
        assert logged.status_code == 201, logged.content
        assert logged.json()["happened_at"] == "2025-04-01T01:00:00Z"
        (task,) = acme.get("tasks?account=acme").json()["items"]
        assert (task["title"], task["due_on"]) == ("Send dates", "2025-04-04")
        assert task["owner_email"] == cast["csm"].user.email
        assert task["interaction"] == logged.json()["id"]

    def test_with_an_id_it_is_logged_once(self, acme: Caller) -> None:
        body = {**CALL, "external_id": "crm-1", "next_step": "Call", "next_step_on": "2025-04-04"}
        assert acme.post("interactions", body).status_code == 201
        again = acme.post("interactions", {**body, "summary": "Corrected."})
        assert again.status_code == 200
        (item,) = acme.get("interactions?external_id=crm-1").json()["items"]
        assert item["summary"] == "Corrected."
        assert len(acme.get("tasks").json()["items"]) == 1

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"kind": "pigeon"}, "unknown_choice", "kind"),
            ({"summary": ""}, "required", "summary"),
            ({"happened_at": "2190-01-01T00:00Z"}, "in_future", "happened_at"),
            ({"happened_at": 5}, "wrong_type", "happened_at"),
            ({"account_external_id": "none"}, "unknown_account", "account_external_id"),
            ({"contact_external_id": "none"}, "unknown_contact", "contact_external_id"),
            ({"author_email": "no@one.example"}, "unknown_member", "author_email"),
            ({"next_step": "Call"}, "next_step_date_required", "next_step_on"),
            ({"duration_minutes": -1}, "out_of_range", "duration_minutes"),
        ],
    )
    def test_bad_fields_are_located(
        self, acme: Caller, change: dict[str, Any], code: str, field: str
    ) -> None:
        document = problem(acme.post("interactions", {**CALL, **change}), 422, code)
        assert document["errors"][0]["pointer"] == f"#/{field}"
        assert acme.get("interactions").json()["items"] == []


class TestTasks:
    def test_a_task_is_made_finished_and_reopened(self, acme: Caller, cast: Cast) -> None:
        email = cast["agent"].user.email
        task = acme.post(
            "tasks",
            {"title": "Call", "account_external_id": "acme", "owner_email": email},
        ).json()
        finished = acme.post(f"tasks/{task['id']}/finish").json()
        assert finished["done_at"] is not None
        assert acme.post(f"tasks/{task['id']}/finish").json() == finished
        assert acme.get("tasks?is_done=false").json()["items"] == []
        reopened = acme.post(f"tasks/{task['id']}/reopen").json()
        assert reopened == task == acme.get(f"tasks/{task['id']}").json()
        assert acme.get(f"tasks?owner={email}").json()["items"] == [task]

    def test_a_rivals_task_does_not_exist(self, acme: Caller, rival_api: Caller) -> None:
        task = acme.post("tasks", {"title": "Call"}).json()
        problem(rival_api.get(f"tasks/{task['id']}"), 404, "not_found")
        problem(rival_api.post(f"tasks/{task['id']}/finish"), 404, "not_found")
        problem(rival_api.get(f"tasks/{2**70}"), 404, "not_found")
