"""The HTTP side of collection: credentials, limits, and the answer after the commit.

Plain Django: at thousands of requests a second every layer shows.
"""

import base64
import binascii
import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InternalError, ProgrammingError
from django.db.utils import InterfaceError, NotSupportedError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from accounts.queries.keys import KeyIdentity, find_recent_key
from cs_platform.core import clock, ratelimit
from cs_platform.core.problems import CONTENT_TYPE, problem
from metrics.usage.ingest.load import Loaded, Sender, load_events
from metrics.usage.ingest.messages import Rejection
from metrics.usage.ingest.nudging import nudge
from metrics.usage.ingest.parse import (
    BATCH_BYTES,
    BULK_BYTES,
    KINDS,
    Malformed,
    Parsed,
    Reading,
    parse_body,
)

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 2
_SUCCESS = b'{"success": true}'
# Errors of ours, which sending the same again would not mend.
_LASTING = (DataError, IntegrityError, InternalError, ProgrammingError, NotSupportedError)


@dataclass(frozen=True)
class Endpoint:
    """One address events are posted to."""

    name: str
    most_bytes: int = BATCH_BYTES
    kind: str = ""
    is_single: bool = False
    is_native: bool = False
    is_historical: bool = False


ENDPOINTS = {
    **{kind: Endpoint(kind, kind=kind, is_single=True) for kind in sorted(KINDS)},
    "batch": Endpoint("batch"),
    "import": Endpoint("import", most_bytes=BULK_BYTES, is_historical=True),
    "events": Endpoint("events", most_bytes=BULK_BYTES, is_native=True),
}


class Refusal(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        # `message` beside RFC 9457's own fields: the RudderStack client retries for ever without.
        document = problem(self.status, self.code, detail=self.message)
        return HttpResponse(
            msgspec.json.encode({**document, "message": self.message}),
            status=self.status,
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


@csrf_exempt
def collect(request: HttpRequest, call: str) -> HttpResponse:
    """Take in what a client posts to ``/v1/<call>`` or ``/api/v1/events``."""
    try:
        return _collect(request, ENDPOINTS[call])
    except Refusal as refusal:
        return refusal.response()
    except (DatabaseError, InterfaceError) as error:
        if isinstance(error, _LASTING):
            raise
        _log.warning("events refused for the moment: %s", error)
        return Refusal(
            503,
            "unavailable",
            "the database does not answer; nothing was kept, send it again",
            {"Retry-After": str(_RETRY_SECONDS)},
        ).response()


def _collect(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    if request.method != "POST":
        raise Refusal(405, "method_not_allowed", "use POST", {"Allow": "POST"})
    key = _key(request)
    body = _body(request, endpoint.most_bytes)
    received_at = clock.now()
    reading = Reading(
        workspace_id=key.workspace_id,
        received_at=received_at,
        kind=endpoint.kind,
        is_single=endpoint.is_single,
        is_native=endpoint.is_native,
        is_historical=endpoint.is_historical,
    )
    refusal = None
    try:
        parsed = parse_body(body, reading)
    except Malformed as error:
        refusal = Refusal(error.status, error.code, error.message)
        parsed = Parsed(size=1, rejected=[Rejection(0, error.code, error.message, body)])
    headers = _spend(key, parsed.size)
    sender = Sender(
        workspace_id=key.workspace_id,
        timezone=key.timezone,
        unknown_accounts=key.unknown_accounts,
        name=key.name,
        api_key_id=key.id,
    )
    loaded = load_events(parsed, sender=sender, endpoint=endpoint.name, received_at=received_at)
    if refusal is not None:
        refusal.headers = headers
        raise refusal
    if loaded.accepted:
        nudge(key.workspace_id)
    return _answer(parsed, loaded, endpoint, headers)


def _answer(
    parsed: Parsed, loaded: Loaded, endpoint: Endpoint, headers: dict[str, str]
) -> HttpResponse:
    rejected = len(parsed.rejected)
    headers["X-Events-Accepted"] = str(loaded.accepted)
    headers["X-Events-Duplicate"] = str(parsed.size - loaded.accepted - rejected)
    headers["X-Events-Rejected"] = str(rejected)
    content = _SUCCESS
    if endpoint.is_native:
        content = msgspec.json.encode(
            {
                "accepted": loaded.accepted,
                "duplicate": parsed.size - loaded.accepted - rejected,
                "rejected": rejected,
                "results": _results(parsed, loaded),
            }
        )
    return HttpResponse(content, content_type="application/json", headers=headers)


def _results(parsed: Parsed, loaded: Loaded) -> list[dict[str, str]]:
    results = [{"status": "duplicate"}] * parsed.size
    for row, position in zip(parsed.rows, parsed.positions, strict=True):
        if row.key not in loaded.duplicate_keys:
            results[position] = {"status": "accepted"}
    for rejection in parsed.rejected:
        results[rejection.position] = {
            "status": "rejected",
            "code": rejection.code,
            "message": rejection.message,
        }
    return results


def _key(request: HttpRequest) -> KeyIdentity:
    scheme, _space, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    secret = ""
    if scheme.lower() == "bearer":
        secret = credentials.strip()
    elif scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        secret = decoded.partition(":")[0]
    key = find_recent_key(secret)
    if key is None:
        raise Refusal(
            401,
            "invalid_key",
            "give a valid write key as the user name of HTTP Basic, or as a Bearer token",
            {"WWW-Authenticate": 'Basic realm="events"'},
        )
    if "ingest" not in key.scopes:
        raise Refusal(403, "missing_scope", "this key may not post events (scope: ingest)")
    return key


def _body(request: HttpRequest, most_bytes: int) -> bytes:
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise Refusal(411, "length_required", "send Content-Length, not a chunked body")
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > most_bytes:
            raise _too_large(most_bytes)
        body = request.body
    except (ValueError, UnreadablePostError):
        raise Refusal(400, "incomplete_body", "the body did not arrive whole") from None
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding == "gzip":
        unpacked = _unpacked(body, most_bytes)
        if unpacked is None:
            raise _too_large(most_bytes)
        body = unpacked
    elif encoding not in {"", "identity"}:
        raise Refusal(415, "unknown_encoding", "Content-Encoding may be gzip or absent")
    return body


def _too_large(most_bytes: int) -> Refusal:
    return Refusal(413, "body_too_large", f"the body may have {most_bytes} bytes")


def _unpacked(body: bytes, most_bytes: int) -> bytes | None:
    """What was packed, or None when it is larger than allowed: never more is unpacked."""
    stream = zlib.decompressobj(wbits=31)
    try:
        unpacked = stream.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise Refusal(400, "invalid_gzip", f"the body is not gzip: {error}") from None
    if len(unpacked) > most_bytes:
        return None
    if not stream.eof or stream.unused_data:
        raise Refusal(400, "invalid_gzip", "the gzip body is cut short or has something after it")
    return unpacked


def _spend(key: KeyIdentity, events: int) -> dict[str, str]:
    limit = settings.INGEST_EVENTS_PER_MINUTE
    if not limit:
        return {}
    allowance = ratelimit.take(
        f"ingest:{key.id}", cost=max(events, 1), limit=limit, window_seconds=60
    )
    headers = ratelimit.headers(allowance)
    if not allowance.allowed:
        raise Refusal(429, "rate_limited", f"this key may post {limit} events a minute", headers)
    return headers
