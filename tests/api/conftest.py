"""A caller per key: ``api.get("accounts")``, ``api.put("accounts/a-1", {…})``."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.actions.keys import create_key
from accounts.actors import Actor
from accounts.models import ApiKey, Workspace
from cs_platform.core import clock, tenancy


@dataclass(frozen=True)
class Caller:
    """Sends requests with one key; addresses are relative to ``/api/v1/``."""

    secret: str
    key: ApiKey

    def send(self, method: str, address: str, body: Any = None, **headers: Any) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return Client().generic(
            method,
            f"/api/v1/{address}",
            b"" if body is None else data,
            content_type=headers.pop("content_type", "application/json"),
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )

    def get(self, address: str, **headers: Any) -> Any:
        return self.send("GET", address, **headers)

    def post(self, address: str, body: Any = None, **headers: Any) -> Any:
        return self.send("POST", address, body, **headers)

    def put(self, address: str, body: Any, **headers: Any) -> Any:
        return self.send("PUT", address, body, **headers)

    def patch(self, address: str, body: Any, **headers: Any) -> Any:
        return self.send("PATCH", address, body, **headers)


MakeCaller = Callable[..., Caller]


@pytest.fixture
def caller_for(db: None) -> MakeCaller:
    def make(workspace: Workspace, *scopes: str) -> Caller:
        with tenancy.scope(workspace.pk):
            key, secret = create_key(
                actor=Actor.system("test"),
                workspace=workspace,
                name="Nightly sync",
                scopes=scopes or ("read", "write"),
                now=clock.now(),
            )
        return Caller(secret, key)

    return make


@pytest.fixture
def api(workspace: Workspace, caller_for: MakeCaller) -> Caller:
    """A key of the workspace that may read and write."""
    return caller_for(workspace)


@pytest.fixture
def rival_api(rival_workspace: Workspace, caller_for: MakeCaller) -> Caller:
    """A key of another firm."""
    return caller_for(rival_workspace)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, after checking that it is one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert document["code"] == code, document
    assert document["request_id"] == response["X-Request-ID"]
    return document
