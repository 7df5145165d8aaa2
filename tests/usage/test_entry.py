"""Events taken in round Django's handler are answered as through it."""

import gzip
import json
import logging

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.test import RequestFactory

from cs_platform import wsgi
from cs_platform.core import tenancy
from metrics.usage.ingest import view
from metrics.usage.ingest.entry import collection
from metrics.usage.models import Event
from tests.usage.conftest import basic

pytestmark = pytest.mark.usefixtures("served_in_process")

EVENT = {"event": "Opened", "userId": "u1", "groupId": "a"}


def ask(application, path: str, body: bytes = b"", *, method: str = "POST", **headers: str):
    """Status, headers and body of the answer of a WSGI application."""
    request = RequestFactory().generic(method, path, body, "application/json", headers=headers)
    said = {}

    def start_response(status, answered):
        assert len(dict(answered)) == len(answered), "a header is given twice"
        said.update(status=status, headers=dict(answered))

    content = b"".join(application(request.environ, start_response))
    return said["status"], said["headers"], content


@pytest.fixture
def plain() -> WSGIHandler:
    """Django's own application."""
    return WSGIHandler()


_TRACK = json.dumps(EVENT).encode()
_BATCH = json.dumps({"batch": [{**EVENT, "type": "track"}, 7]}).encode()
_NATIVE = json.dumps({"events": [{}, 7]}).encode()
_PACKED = gzip.compress(_TRACK, mtime=0)


@pytest.mark.parametrize(
    ("path", "body", "changes", "status"),
    [
        pytest.param("/v1/track", _TRACK, {}, 200, id="one"),
        pytest.param("/v1/batch?writeKey=x", _BATCH, {}, 200, id="batch"),
        pytest.param("/api/v1/events", _NATIVE, {}, 200, id="native"),
        pytest.param("/v1/track", _PACKED, {"Content-Encoding": "gzip"}, 200, id="packed"),
        pytest.param("/v1/track", _TRACK, {"Authorization": "Bearer nobody"}, 401, id="stranger"),
        pytest.param("/v1/track", b"", {"method": "GET"}, 405, id="get"),
        pytest.param("/v1/track", b"", {"method": "HEAD"}, 405, id="head"),
        pytest.param("/v1/batch", b"[", {}, 400, id="broken"),
        pytest.param("/v1/track", b" " * 40_000, {}, 413, id="large"),
        pytest.param("/v1/batch/", b"{}", {}, 404, id="elsewhere"),
        pytest.param("/v1/", b"{}", {}, 404, id="above"),
    ],
)
def test_both_ways_answer_alike(write_key, plain, path, body, changes, status) -> None:
    headers = {"Authorization": basic(write_key), "X-Request-ID": "a-reference", **changes}
    ways = []
    for application in (plain, wsgi.application):
        # Only the second finds the messages stored already; and the allowance shrinks.
        answered, told, content = ask(application, path, body, **headers)
        own = ("X-Events", "RateLimit", "Content-Length")
        told = {k: v for k, v in told.items() if not k.startswith(own)}
        ways.append((answered, told, content.replace(b"duplicate", b"accepted")))
    assert ways[0] == ways[1]
    assert int(ways[0][0].split()[0]) == status


def test_events_and_nothing_else_come_in_round_djangos_handler(workspace, write_key) -> None:
    entered = []

    def note(environ: dict[str, str], **_named: object) -> None:
        entered.append(environ["PATH_INFO"])

    request_started.connect(note)
    try:
        headers = {"Authorization": basic(write_key)}
        answers = [
            ask(wsgi.application, path, _TRACK, **headers)
            for path in ("/v1/track", "/v1/", "/api/v1/accounts")
        ]
    finally:
        request_started.disconnect(note)
    assert entered == ["/v1/", "/api/v1/accounts"]
    status, told, body = answers[0]
    assert (status, told["X-Events-Accepted"]) == ("200 OK", "1")
    assert told["Content-Length"] == str(len(body))
    assert told["X-Content-Type-Options"] == "nosniff"
    with tenancy.scope(workspace.pk):
        assert Event.objects.get().name == "Opened"


def test_an_error_of_ours_is_told_and_logged(write_key, plain, monkeypatch, caplog) -> None:
    def fail(*_args, **_kwargs):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(view, "load_events", fail)
    headers = {"Authorization": basic(write_key), "X-Request-ID": "a-reference"}
    expected = ask(plain, "/v1/track", _TRACK, **headers)
    caplog.clear()
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answered = ask(wsgi.application, "/v1/track", _TRACK, **headers)
    assert answered[1].pop("Content-Length") == str(len(answered[2]))
    assert answered == expected
    assert answered[0].startswith("500")
    assert json.loads(answered[2])["request_id"] == "a-reference"
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "/v1/track" in record.getMessage()


def test_a_refusal_is_logged_as_elsewhere(plain, caplog) -> None:
    said = []
    for application in (plain, wsgi.application):
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="django.request"):
            ask(application, "/v1/track", b"{}")
        said.append([(record.levelname, record.getMessage()) for record in caplog.records])
    assert said[0] == said[1] == [("WARNING", "Unauthorized: /v1/track")]


def test_https_is_asked_for_where_it_is_the_only_way(plain, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    status, headers, _body = ask(collection(plain), "/v1/track", b"{}")
    assert (status, headers["Location"]) == (
        "301 Moved Permanently",
        "https://testserver/v1/track",
    )
