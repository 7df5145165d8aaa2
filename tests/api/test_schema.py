"""The OpenAPI document is complete, and every answer is as it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Workspace
from cs_platform.api_docs.views import description
from cs_platform.core import clock
from cs_platform.wsgi import application
from health.renewals.actions.refresh import refresh_renewals
from metrics.usage.ingest.view import ENDPOINTS
from tests.api.conftest import Caller, MakeCaller
from tests.api.test_gate import api_views

DOCUMENT: dict[str, Any] = json.loads(description())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(json.loads(description()))
    schema.app = application
    for result in schema.get_all_operations():
        yield result.ok()


OPERATIONS = {f"{op.method.upper()} {op.path}": op for op in operations()}
EXAMPLES = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
]


def test_every_call_is_described() -> None:
    described = {
        (path.strip("/"), method)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method in METHODS
    }
    served = {
        (re.sub(r"<(?:path|int|slug):(\w+)>", r"{\1}", address), method.lower())
        for address, view in api_views().items()
        for method in view.scopes
    }
    ingest = {("api/v1/events" if name == "events" else f"v1/{name}", "post") for name in ENDPOINTS}
    assert described == served | ingest


def test_every_call_says_what_it_does() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    names = [operation["operationId"] for _method, _path, operation in EXAMPLES]
    assert len(set(names)) == len(names)
    for _method, path, operation in EXAMPLES:
        assert operation["summary"], path
        assert operation["security"], path
        assert {"401", "403", "429", "503"} <= operation["responses"].keys(), path
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["example"], path


def test_the_document_and_its_pages_are_served_without_a_key(client: Client) -> None:
    served = client.get("/api/schema/")
    assert served.json() == DOCUMENT
    page = client.get("/api/docs/").content.decode()
    assert "<script>" not in page
    assert " onload" not in page
    assert "//" not in page.replace("http://www.w3.org", "").replace("<!doctype html>", "")


@pytest.fixture
def furnished(workspace: Workspace, caller_for: MakeCaller) -> Caller:
    """A key with every scope, in a workspace that has what the examples speak of."""
    api = caller_for(workspace, "ingest", "read", "write")
    api.put("accounts/acme-1", {"name": "Acme"})
    person = {"name": "Hanako", "account_external_id": "acme-1", "email": "hanako@acme.example"}
    api.put("contacts/person-1", person)
    contract = {
        "account_external_id": "acme-1",
        "product": "suite",
        "plan": "standard",
        "starts_on": "2025-04-01",
        "term_months": 12,
        "auto_renew": True,
        "unit_price": 3000,
        "seats": 40,
    }
    answer = api.put("subscriptions/contract-1", contract)
    assert answer.status_code == 201, answer.content
    for kind, fields in (
        ("nps", {"external_id": "nps-2025"}),
        ("csat", {"after_case": True, "touchpoint": "support"}),
    ):
        survey = api.post("surveys", {"kind": kind, "name": kind, **fields}).json()
        assert api.post(f"surveys/{survey['id']}/publish").status_code == 200
    assert api.put("responses/answer-1", {"survey_external_id": "nps-2025"}).status_code == 201
    return api


def _with_ids(api: Caller, path: str, address: str) -> str:
    """The address with the ids of what is there in the place of those of the examples."""
    if "/tasks/" in path:
        task = api.post("tasks", {"title": "Send the agenda"}).json()
        return address.replace("/tasks/1", f"/tasks/{task['id']}")
    if "/surveys/" in path:
        survey = api.get("surveys?external_id=nps-2025").json()["items"][0]
        return address.replace("/surveys/1", f"/surveys/{survey['id']}")
    if "/invitations/" in path:
        asked = {"contact_external_id": "person-1", "touchpoint": "support"}
        invitation = api.post("invitations", asked).json()
        return address.replace("/invitations/1", f"/invitations/{invitation['id']}")
    if "/renewals/" in path:
        refresh_renewals(api.key.workspace_id, clock.now(), everything=True)
        renewal = api.get("renewals").json()["items"][0]
        return address.replace("/renewals/1", f"/renewals/{renewal['id']}")
    return address


@pytest.mark.parametrize(
    ("method", "path", "operation"), EXAMPLES, ids=[f"{m} {p}" for m, p, _o in EXAMPLES]
)
def test_the_examples_work(
    furnished: Caller, method: str, path: str, operation: dict[str, Any]
) -> None:
    address = path
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    address = _with_ids(furnished, path, address)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answer = Client().generic(
        method.upper(),
        address,
        json.dumps(content["example"]) if content else b"",
        content_type="application/json",
        headers={"Authorization": f"Bearer {furnished.secret}"},
    )
    unscored = path.startswith("/api/v1/health/") and answer.json().get("code") == "not_scored"
    assert 200 <= answer.status_code < 300 or unscored, answer.content


@pytest.mark.usefixtures("served_in_process")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(furnished: Caller, name: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[name]

    @seed(20250401)
    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: Any) -> None:
        headers = {"Authorization": f"Bearer {furnished.secret}"}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    fuzz()


def test_results_of_events_are_as_described(furnished: Caller) -> None:
    schema = {
        **DOCUMENT["components"]["schemas"]["EventResults"],
        "components": DOCUMENT["components"],
    }
    events = [
        {"event": "Opened", "userId": "u1", "messageId": "m1"},
        {"event": "Opened", "userId": "u1", "messageId": "m1"},
        {"event": "", "userId": "u1"},
    ]
    answer = furnished.post("events", {"events": events})
    assert [r["status"] for r in answer.json()["results"]] == ["accepted", "duplicate", "rejected"]
    jsonschema_rs.validate(schema, answer.json())
