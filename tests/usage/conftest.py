"""What the tests of usage share: a write key, a poster, a clock that stands still."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actions.keys import create_key
from accounts.actors import Actor
from accounts.models import Workspace
from cs_platform.core import clock, tenancy


@pytest.fixture
def write_key(workspace: Workspace) -> str:
    """A key of ``workspace`` that may post events."""
    return make_key(workspace)


def make_key(workspace: Workspace, *scopes: str) -> str:
    with tenancy.scope(workspace.pk):
        _key, secret = create_key(
            actor=Actor.system("tests"),
            workspace=workspace,
            name="Backend",
            scopes=scopes or ("ingest",),
            now=clock.now(),
        )
    return secret


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@pytest.fixture
def post(write_key: str) -> Callable[..., Any]:
    """``post("batch", {...})`` → the answer of the endpoint."""

    def send(call: str, body: Any, **headers: str) -> Any:
        path = "/api/v1/events" if call == "events" else f"/v1/{call}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Authorization", basic(write_key))
        return Client().post(path, data, content_type="application/json", headers=headers)

    return send
