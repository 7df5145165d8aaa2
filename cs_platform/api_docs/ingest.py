"""What the collection endpoints take and answer: they are plain views, so it is told by hand."""

from typing import Any

from cs_platform.core.openapi import component, refusal
from metrics.usage.ingest.parse import BATCH_BYTES, BULK_BYTES, ITEMS, MESSAGE_BYTES
from metrics.usage.ingest.view import ENDPOINTS

_ID = {"type": ["string", "number", "null"]}
_OBJECT = {"type": ["object", "null"], "additionalProperties": True}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_MESSAGE: dict[str, Any] = {
    "messageId": {
        **_ID,
        "description": "A message with the same id within 90 days is a duplicate and ignored.",
    },
    "userId": {**_ID, "description": "Who: a user id of a contact."},
    "anonymousId": {**_ID, "description": "Who, before it is known."},
    "groupId": {**_ID, "description": "The account's external id; or in `context.groupId`."},
    "timestamp": {**_MOMENT, "description": "When it happened; without it, now."},
    "sentAt": {**_MOMENT, "description": "When it was sent: tells how wrong the clock is."},
    "context": _OBJECT,
}
_PARTS: dict[str, dict[str, Any]] = {
    "track": {"event": {"type": "string", "maxLength": 200}, "properties": _OBJECT},
    "page": {"name": {"type": ["string", "null"]}, "properties": _OBJECT},
    "screen": {"name": {"type": ["string", "null"]}, "properties": _OBJECT},
    "identify": {"traits": _OBJECT},
    "group": {"traits": _OBJECT},
    "alias": {"previousId": _ID},
}
_NEEDS = {"track": ["event"], "group": ["groupId"], "alias": ["previousId", "userId"]}
_EXAMPLE: dict[str, Any] = {
    "type": "track",
    "messageId": "m-1",
    "event": "Report created",
    "userId": "user-1",
    "context": {"groupId": "acme-1"},
    "timestamp": "2025-04-01T09:00:00+09:00",
    "properties": {"pages": 3},
}
_SUMMARIES = {
    "track": "Something a user did",
    "page": "A web page a user saw",
    "screen": "A screen a user saw",
    "identify": "Who a user is",
    "group": "Which account a user belongs to",
    "alias": "Two user ids are one person",
    "batch": "Many calls at once",
    "import": "Many calls of the past",
    "events": "Many events, each with its result",
}
_SUCCESS = component(
    "Success",
    {"type": "object", "properties": {"success": {"const": True}}, "required": ["success"]},
)
_RESULTS = component(
    "EventResults",
    {
        "type": "object",
        "properties": {
            "accepted": {"type": "integer"},
            "duplicate": {"type": "integer"},
            "rejected": {"type": "integer"},
            "results": {
                "type": "array",
                "description": "One per event, in order.",
                "items": {
                    "type": "object",
                    "properties": {
                        "status": {"enum": ["accepted", "duplicate", "rejected"]},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                    },
                    "required": ["status"],
                },
            },
        },
        "required": ["accepted", "duplicate", "rejected", "results"],
        "additionalProperties": False,
    },
)
_COUNTS = {
    "X-Events-Accepted": "Events that were stored.",
    "X-Events-Duplicate": "Events that had been stored before.",
    "X-Events-Rejected": "Events refused and kept, with the reason, for the event browser.",
    "RateLimit-Limit": "Events a key may post per minute.",
    "RateLimit-Remaining": "Events left now.",
    "RateLimit-Reset": "Seconds until all of them are back.",
}
_GZIP = {
    "in": "header",
    "name": "Content-Encoding",
    "description": "`gzip` where the body is compressed.",
    "schema": {"enum": ["gzip", "identity"]},
}


def describe(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Post-processing hook of drf-spectacular: add the collection endpoints."""
    components = result.setdefault("components", {})
    components.setdefault("securitySchemes", {})["writeKey"] = {
        "type": "http",
        "scheme": "basic",
        "description": "A key with the scope `ingest` as the user name, no password.",
    }
    paths = result.setdefault("paths", {})
    for name in ENDPOINTS:
        address = "/api/v1/events" if name == "events" else f"/v1/{name}"
        paths[address] = {"post": _operation(name)}
    return result


def _operation(name: str) -> dict[str, Any]:
    is_native = name == "events"
    largest = BULK_BYTES if name in {"events", "import"} else BATCH_BYTES
    limits = f"At most {MESSAGE_BYTES // 1024} KB a message"
    if name not in _PARTS:
        limits += f", {largest // 1024} KB and {ITEMS:,} messages a body"
    how = (
        "Each event has its own result; a bad one leaves the others alone."
        if is_native
        else "As the Segment specification has it: the answer is a success whenever the body can "
        "be read; rejected calls are counted in a header and kept."
    )
    answer = {
        "description": "Stored: the answer leaves after the commit.",
        "headers": {
            header: {"description": text, "schema": {"type": "integer"}}
            for header, text in _COUNTS.items()
        },
        "content": {"application/json": {"schema": _RESULTS if is_native else _SUCCESS}},
    }
    return {
        "operationId": f"ingest_{name}",
        "summary": _SUMMARIES[name],
        "description": f"{how} {limits}.\n\nScope: `ingest`.",
        "tags": ["events"],
        "security": [{"writeKey": []}, {"apiKey": []}],
        "parameters": [_GZIP],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _body(name), "example": _example(name)}},
        },
        "responses": {
            "200": answer,
            **{str(status): refusal(status) for status in (400, 401, 403, 411, 413, 415, 429, 503)},
        },
    }


def _body(name: str) -> dict[str, Any]:
    if name in _PARTS:
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {**_MESSAGE, **_PARTS[name]},
            "required": _NEEDS.get(name, []),
        }
        return component(f"{name.title()}Call", schema)
    everything = {field: schema for parts in _PARTS.values() for field, schema in parts.items()}
    call = {
        "type": "object",
        "properties": {"type": {"enum": list(_PARTS)}, **_MESSAGE, **everything},
    }
    if name == "events":
        members: dict[str, Any] = {
            "events": {"type": "array", "items": component("Event", call)},
            "historical": {
                "type": "boolean",
                "description": "The events are history: they count as known when they happened.",
            },
            "sentAt": _MOMENT,
        }
        return component(
            "EventBatch", {"type": "object", "properties": members, "required": ["events"]}
        )
    members = {
        "batch": {"type": "array", "items": component("Call", {**call, "required": ["type"]})},
        "sentAt": _MOMENT,
        "context": _OBJECT,
    }
    return component("Batch", {"type": "object", "properties": members, "required": ["batch"]})


def _example(name: str) -> dict[str, Any]:
    if name == "events":
        return {"events": [_EXAMPLE]}
    if name not in _PARTS:
        return {"batch": [_EXAMPLE]}
    call = {field: value for field, value in _EXAMPLE.items() if field != "type"}
    if name == "track":
        return call
    del call["event"], call["properties"]
    more = {"alias": {"previousId": "user-0"}, "group": {"groupId": "acme-1"}}
    return {**call, **more.get(name, {})}
