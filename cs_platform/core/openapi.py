"""OpenAPI 3.1 out of the declarations of `cs_platform.core.api`."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.openapi import AutoSchema as BaseAutoSchema

if TYPE_CHECKING:
    from cs_platform.core.api import Operation
    from cs_platform.core.parameters import Parameter

_components: dict[str, dict[str, Any]] = {}


def component(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """File ``schema`` under ``name`` and return a reference to it."""
    _components[name] = dict(schema)
    return {"$ref": f"#/components/schemas/{name}"}


FIELD_ERROR = component(
    "FieldError",
    {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "pointer": {
                "type": "string",
                "description": "JSON pointer into the body, such as `#/name`.",
            },
            "parameter": {"type": "string", "description": "Query parameter or header."},
        },
        "required": ["code", "detail"],
    },
)
PROBLEM = component(
    "Problem",
    {
        "type": "object",
        "description": "What went wrong, as RFC 9457 has it.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable, for programs."},
            "detail": {"type": "string", "description": "For people."},
            "request_id": {"type": "string", "description": "Also in the log of the server."},
            "errors": {
                "type": "array",
                "items": FIELD_ERROR,
            },
        },
        "required": ["type", "title", "status", "code", "detail", "request_id"],
    },
)
_RATE_HEADERS = {
    "RateLimit-Limit": "Requests a key may send per minute.",
    "RateLimit-Remaining": "Requests left now.",
    "RateLimit-Reset": "Seconds until all of them are back.",
}
_REASONS = {
    400: "The request is malformed: query parameter, header or JSON.",
    401: "No key, or one that is not valid.",
    403: "The key lacks the scope.",
    404: "There is no such object in this workspace.",
    409: "It collides with what is there.",
    411: "The body comes without `Content-Length`.",
    412: "`If-Match` or `If-None-Match` does not hold.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "The body is well formed, but cannot be carried out.",
    429: "Too many requests; wait `Retry-After` seconds.",
    500: "A fault of the server, in its log under `request_id`.",
    503: "The database does not answer; wait `Retry-After` seconds.",
}


def _header(description: str, type_name: str = "integer") -> dict[str, Any]:
    return {"description": description, "schema": {"type": type_name}}


def refusal(status: int) -> dict[str, Any]:
    """A problem answer."""
    headers = {}
    if status in {429, 503}:
        headers["Retry-After"] = _header("Seconds to wait.")
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _header("`Bearer`", "string")
    found: dict[str, Any] = {
        "description": _REASONS[status],
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
    return {**found, "headers": headers} if headers else found


def _parameter(parameter: "Parameter") -> dict[str, Any]:
    found: dict[str, Any] = {
        "in": "query",
        "name": parameter.name,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.schema.get("type") == "array":
        found |= {"style": "form", "explode": False}
    if parameter.required:
        found["required"] = True
    if parameter.example is not None:
        found["example"] = parameter.example
    return found


def _request_header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": description, "schema": {"type": "string"}}


_IDEMPOTENCY_KEY = {
    **_request_header(
        "Idempotency-Key",
        "Any text of your own, at most 200 characters, new for each thing to be done. The same "
        "request with the same key within 24 hours gets the first answer again, marked "
        "`Idempotency-Replayed: true`; another request with it is refused (422).",
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_IF_MATCH = _request_header(
    "If-Match", "The `ETag` that was read: refuse (412) if it has changed since."
)
_IF_NONE_MATCH = _request_header("If-None-Match", "`*`: refuse (412) if it exists already.")


class AutoSchema(BaseAutoSchema):
    """Writes an operation down as its handler declares it."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any]:
        view: Any = self.view
        declared: Operation = getattr(view, method.lower()).operation
        parameters = [
            {"in": "path", "name": name, "required": True, **view.path_parameters[name]}
            for name in re.findall(r"{(\w+)}", path)
        ]
        refusals = {400, 401, 403, 429, 500, 503, *declared.refusals}
        if parameters:
            refusals.add(404)
        if declared.body is not None:
            refusals |= {413, 415, 422}
        parameters += [_parameter(parameter) for parameter in declared.parameters]
        if method == "POST":
            parameters.append(_IDEMPOTENCY_KEY)
            refusals |= {409}
        if declared.has_etag and method in {"PUT", "PATCH"}:
            parameters.append(_IF_MATCH)
            refusals |= {409, 412}
            if method == "PUT":
                parameters.append(_IF_NONE_MATCH)
        found: dict[str, Any] = {
            "operationId": f"{view.tag}_{view.__class__.__name__}_{method}".lower(),
            "summary": declared.summary,
            "description": f"{declared.description}\n\nScope: `{declared.scope}`.".strip(),
            "tags": [view.tag],
            "parameters": parameters,
            "security": [{"apiKey": []}],
        }
        if declared.body is not None:
            content: dict[str, Any] = {"schema": dict(declared.body)}
            if declared.example is not None:
                content["example"] = declared.example
            found["requestBody"] = {"required": True, "content": {"application/json": content}}
        answers = {
            str(status): self._answer(status, schema, declared)
            for status, schema in declared.answers.items()
        }
        found["responses"] = answers | {str(s): refusal(s) for s in sorted(refusals)}
        return found

    def _answer(
        self, status: int, schema: Mapping[str, Any], declared: "Operation"
    ) -> dict[str, Any]:
        headers = {name: _header(text) for name, text in _RATE_HEADERS.items()}
        if declared.has_etag:
            headers["ETag"] = _header("The version that was read, for `If-Match`.", "string")
        return {
            "description": HTTPStatus(status).phrase,
            "headers": headers,
            "content": {"application/json": {"schema": dict(schema)}},
        }


def add_components(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Post-processing hook of drf-spectacular: the schemas that operations refer to."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(sorted(_components.items()))
    return result
