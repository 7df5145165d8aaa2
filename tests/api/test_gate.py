"""What every request passes before its handler: key, scope, limits, body, address."""

import base64
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import get_resolver

from accounts.actions.keys import create_key, revoke_key
from accounts.actors import Actor
from accounts.models import Account, ApiKey, KeptAnswer, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.core.api import Answer, ApiView
from cs_platform.core.database import use_role
from tests.api.conftest import Caller, MakeCaller, problem
from tests.cast import make_workspace


def api_views() -> dict[str, type[ApiView]]:
    found = {}

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            address = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, address)
            elif hasattr(pattern.callback, "cls"):
                found[address] = pattern.callback.cls

    walk(get_resolver().url_patterns, "")
    return found


def calls() -> list[tuple[str, str, str]]:
    """(method, address, scope) of every operation, with ids nobody has."""
    found = []
    for address, view in api_views().items():
        concrete = address.removeprefix("api/v1/")
        for part in ("<path:external_id>", "<int:id>", "<slug:name>"):
            concrete = concrete.replace(part, "424242")
        found += [(method, concrete, scope) for method, scope in view.scopes.items()]
    return found


CALLS = calls()


def test_there_are_calls_to_test() -> None:
    assert len(CALLS) >= 29
    assert {scope for _method, _address, scope in CALLS} == {"read", "write"}
    assert all(scope == "read" for method, _address, scope in CALLS if method == "GET")
    assert all(scope == "write" for method, _address, scope in CALLS if method != "GET")


@pytest.mark.parametrize(("method", "address", "scope"), CALLS)
def test_no_call_without_its_scope(
    method: str, address: str, scope: str, workspace: Workspace, caller_for: MakeCaller
) -> None:
    other = {"read": "write", "write": "read"}[scope]
    caller = caller_for(workspace, other, "ingest")
    problem(caller.send(method, address, {"name": "x"}), 403, "missing_scope")
    answer = Client().generic(method, f"/api/v1/{address}")
    problem(answer, 401, "unauthorized")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_handler_without_a_declaration_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="get declares no @operation"):

        class Careless(ApiView):
            def get(self, request: Any) -> Answer:
                return Answer({})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic x", "Basic :", "Token x", "é"])
def test_what_is_no_key_is_refused(db: None, header: str) -> None:
    answer = Client().get("/api/v1/accounts", headers={"Authorization": header})
    problem(answer, 401, "unauthorized")


def test_a_key_works_as_the_user_name_of_basic_too(api: Caller) -> None:
    basic = base64.b64encode(f"{api.secret}:".encode()).decode()
    answer = Client().get("/api/v1/accounts", headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200


def test_a_key_is_refused_once_its_revocation_is_committed(
    api: Caller,
    workspace: Workspace,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    assert api.get("accounts").status_code == 200
    with tenancy.scope(workspace.pk), django_capture_on_commit_callbacks(execute=True):
        revoke_key(
            actor=Actor.system("test"), workspace=workspace, key_id=api.key.pk, now=clock.now()
        )
    problem(api.get("accounts"), 401, "unauthorized")


def test_the_use_of_a_key_is_noted(api: Caller) -> None:
    api.get("accounts")
    assert ApiKey.objects.get(pk=api.key.pk).last_used_at is not None


class TestRateLimit:
    def test_headers_count_down_and_refuse(self, api: Caller, settings: Any) -> None:
        settings.API_RATE_LIMIT = 3
        answers = [api.get("accounts") for _ in range(4)]
        assert [a["RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
        assert {a["RateLimit-Limit"] for a in answers} == {"3"}
        problem(answers[3], 429, "rate_limited")
        assert 1 <= int(answers[3]["Retry-After"]) <= 20

    def test_refused_requests_count_too(self, api: Caller, settings: Any) -> None:
        settings.API_RATE_LIMIT = 2
        problem(api.get("accounts?x=1"), 400, "unknown_parameter")
        assert api.get("accounts")["RateLimit-Remaining"] == "0"

    def test_keys_have_limits_of_their_own(
        self, api: Caller, rival_api: Caller, settings: Any
    ) -> None:
        settings.API_RATE_LIMIT = 1
        assert api.get("accounts").status_code == 200
        assert rival_api.get("accounts").status_code == 200

    def test_zero_is_no_limit(self, api: Caller, settings: Any) -> None:
        settings.API_RATE_LIMIT = 0
        assert "RateLimit-Limit" not in api.get("accounts")


class TestAddresses:
    @pytest.mark.parametrize(
        "address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/accounts", "/api/v1/accounts/"]
    )
    def test_an_unknown_address_is_a_json_problem(self, db: None, address: str) -> None:
        for method in ("GET", "POST", "DELETE"):
            problem(Client().generic(method, address), 404, "not_found")

    def test_a_wrong_method_says_which_are_right(self, api: Caller) -> None:
        answer = api.send("DELETE", "accounts")
        problem(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD"
        problem(api.send("OPTIONS", "accounts"), 405, "method_not_allowed")
        assert api.send("HEAD", "accounts").status_code == 200

    @pytest.mark.parametrize("external_id", ["%00", "a%00b", "%0a", "%FF", "%ED%A0%80"])
    def test_impossible_ids_name_nothing(self, api: Caller, external_id: str) -> None:
        assert api.get(f"accounts/{external_id}").status_code == 404
        assert api.put(f"accounts/{external_id}", {"name": "A"}).status_code in {201, 404}


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b" ", "malformed_json"),
            (b"{", "malformed_json"),
            (b"{'name': 'A'}", "malformed_json"),
            (b'{"name": "A"} x', "malformed_json"),
            (b'{"name": "A", "name": "B"}', "malformed_json"),
            (b'{"name": "A", "attributes": {"a": NaN}}', "malformed_json"),
            (b'{"name": "A", "attributes": {"a": -Infinity}}', "malformed_json"),
            (b'{"name": "A", "attributes": {"a": 1e999}}', "malformed_json"),
            (b'{"name": "A", "attributes": {"a": ' + b"9" * 5000 + b"}}", "malformed_json"),
            (b'{"name": "\xff"}', "malformed_json"),
            (b'{"name": "A\\u0000"}', "nul_character"),
            (b'{"name": "A", "attributes": {"deep": ["\\u0000"]}}', "nul_character"),
            (b'{"name": "A", "attributes": {"\\u0000": 1}}', "malformed_json"),
            (b'{"name": "\\ud800"}', "bad_character"),
            (b"[" * 100_000, "malformed_json"),
            (
                b'{"name": "A", "attributes": {"a": ' + b"[" * 60 + b"]" * 60 + b"}}",
                "malformed_json",
            ),
        ],
    )
    def test_doubtful_json_is_refused(self, api: Caller, body: bytes, code: str) -> None:
        problem(api.put("accounts/a", body), 400, code)
        problem(api.get("accounts/a"), 404, "not_found")

    def test_a_nul_character_is_located(self, api: Caller) -> None:
        answer = api.post("accounts/bulk", b'{"items": [{}, {"name": "x\\u0000"}]}')
        document = problem(answer, 400, "nul_character")
        assert document["errors"][0]["pointer"] == "#/items/1/name"

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
    )
    def test_only_json_is_read(self, api: Caller, content_type: str) -> None:
        answer = api.put("accounts/a", b"{}", content_type=content_type)
        problem(answer, 415, "unsupported_media_type")

    def test_a_charset_does_not_matter(self, api: Caller) -> None:
        answer = api.put(
            "accounts/a", {"name": "A"}, content_type="application/json; charset=utf-8"
        )
        assert answer.status_code == 201

    @pytest.mark.parametrize("size", [1024 * 1024 + 1, 7 * 1024 * 1024])
    def test_a_huge_body_is_refused(self, api: Caller, size: int) -> None:
        problem(api.put("accounts/a", b" " * size), 413, "body_too_large")

    def test_a_bulk_may_be_larger(self, api: Caller) -> None:
        item = {"external_id": "a", "name": "A", "attributes": {"a": "x" * 30_000}}
        body = json.dumps({"items": [{**item, "external_id": str(n)} for n in range(60)]})
        assert len(body) > 1024 * 1024
        assert api.post("accounts/bulk", body.encode()).json()["created"] == 60


class TestFailures:
    def test_a_fault_is_a_problem_with_a_reference(
        self, api: Caller, monkeypatch: Any, caplog: Any
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("boom")

        monkeypatch.setattr("accounts.api.views.ACCOUNT.__class__.page", fail)
        document = problem(api.get("accounts"), 500, "internal_error")
        assert "boom" not in json.dumps(document)
        assert "boom" in caplog.text

    def test_a_database_that_is_away_is_said_so(self, api: Caller, monkeypatch: Any) -> None:
        def away(secret: str) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr("accounts.api.authentication.find_recent_key", away)
        answer = api.get("accounts")
        problem(answer, 503, "unavailable")
        assert int(answer["Retry-After"]) > 0

    def test_a_failing_handler_leaves_nothing(
        self, api: Caller, workspace: Workspace, monkeypatch: Any
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("after the write")

        monkeypatch.setattr("accounts.api.upserts.Answer", fail)
        problem(api.put("accounts/a", {"name": "A"}), 500, "internal_error")
        with tenancy.scope(workspace.pk):
            assert not Account.objects.exists()


TASK = {"title": "Send the agenda"}


class TestIdempotencyKey:
    def test_the_same_again_is_answered_the_same(self, api: Caller) -> None:
        first = api.post("tasks", TASK, **{"Idempotency-Key": "k1"})
        again = api.post("tasks", dict(reversed(TASK.items())), **{"Idempotency-Key": "k1"})
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert again["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first
        assert len(api.get("tasks").json()["items"]) == 1

    def test_something_else_with_the_key_is_refused(self, api: Caller) -> None:
        api.post("tasks", TASK, **{"Idempotency-Key": "k1"})
        other = api.post("tasks", {"title": "Other"}, **{"Idempotency-Key": "k1"})
        problem(other, 422, "idempotency_key_reused")
        elsewhere = api.post("interactions", TASK, **{"Idempotency-Key": "k1"})
        problem(elsewhere, 422, "idempotency_key_reused")

    def test_other_keys_and_other_workspaces_are_others(
        self, api: Caller, rival_api: Caller
    ) -> None:
        api.post("tasks", TASK, **{"Idempotency-Key": "k1"})
        assert "Idempotency-Replayed" not in api.post("tasks", TASK, **{"Idempotency-Key": "k2"})
        answer = rival_api.post("tasks", TASK, **{"Idempotency-Key": "k1"})
        assert "Idempotency-Replayed" not in answer
        assert len(rival_api.get("tasks").json()["items"]) == 1

    def test_a_refusal_is_not_kept(self, api: Caller) -> None:
        problem(api.post("tasks", {"title": ""}, **{"Idempotency-Key": "k1"}), 422, "required")
        assert api.post("tasks", TASK, **{"Idempotency-Key": "k1"}).status_code == 201

    def test_after_a_day_it_is_forgotten(self, api: Caller, workspace: Workspace) -> None:
        api.post("tasks", TASK, **{"Idempotency-Key": "k1"})
        with tenancy.scope(workspace.pk):
            kept = KeptAnswer.objects.get()
            kept.created_at -= dt.timedelta(hours=24, seconds=1)
            kept.save()
        again = api.post("tasks", {"title": "Other"}, **{"Idempotency-Key": "k1"})
        assert again.status_code == 201
        with tenancy.scope(workspace.pk):
            assert KeptAnswer.objects.count() == 1

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "鍵"])
    def test_keys_are_short_ascii(self, api: Caller, key: str) -> None:
        answer = api.post("tasks", TASK, **{"Idempotency-Key": key})
        problem(answer, 400, "bad_idempotency_key")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workspace]:
    """A workspace that other connections see; everything is emptied after the test."""
    with django_db_blocker.unblock():
        yield make_workspace("committed")
        use_role(connection, "owner")
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE accounts_workspace, accounts_user CASCADE")
        use_role(connection, "application")


def test_of_requests_at_the_same_time_with_one_key_one_is_carried_out(
    committed: Workspace,
) -> None:
    with tenancy.scope(committed.pk):
        key, secret = create_key(
            actor=Actor.system("test"),
            workspace=committed,
            name="Nightly sync",
            scopes=("read", "write"),
            now=clock.now(),
        )
    api = Caller(secret, key)
    answers: list[Any] = []
    barrier = threading.Barrier(6)

    def send() -> None:
        try:
            barrier.wait(timeout=20)
            answers.append(api.post("tasks", TASK, **{"Idempotency-Key": "k1"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [a.status_code for a in answers] == [201] * 6
    assert len({a.content for a in answers}) == 1
    assert sum("Idempotency-Replayed" in a for a in answers) == 5
    assert len(api.get("tasks").json()["items"]) == 1


def test_programs_are_answered_without_what_pages_need(api: Caller) -> None:
    response = api.get("accounts")
    assert response["Content-Length"] == str(len(response.content))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    assert "Vary" not in response
    assert "Content-Security-Policy" not in response
