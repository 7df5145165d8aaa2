"""Problem details (RFC 9457): the one shape of every error of the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpResponse

from cs_platform.core.errors import DomainError
from cs_platform.core.middleware import current_request_id

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with a request.

    ``pointer`` is a JSON pointer into the body (``/items/3/name``, ``""`` for the whole of it);
    ``parameter`` names a query or path parameter or a header instead.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The members that are given."""
        found = {"code": self.code, "detail": self.detail}
        if self.pointer is not None:
            found["pointer"] = f"#{self.pointer}"
        if self.parameter is not None:
            found["parameter"] = self.parameter
        return found


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901) out of member names and positions."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def problem(
    status: int,
    code: str,
    title: str = "",
    detail: str = "",
    *,
    errors: Iterable[FieldError] = (),
) -> dict[str, Any]:
    """The document itself. ``code`` is stable; ``title`` is the status's phrase unless given."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail or title or HTTPStatus(status).description or HTTPStatus(status).phrase,
        "request_id": current_request_id(),
    }
    listed = [error.as_dict() for error in errors]
    if listed:
        document["errors"] = listed
    return document


def problem_response(
    status: int,
    code: str,
    title: str = "",
    detail: str = "",
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """An ``application/problem+json`` answer; see ``problem``."""
    return HttpResponse(
        msgspec.json.encode(problem(status, code, title, detail, errors=errors)),
        status=status,
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )


class ApiProblem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: DomainError) -> "ApiProblem":
        """The same refusal as an API answer, with a pointer to the field it names.

        A 400 is about the query, where fields are parameters.
        """
        detail = str(error.message)
        errors = []
        if error.field and error.status == HTTPStatus.BAD_REQUEST:
            errors = [FieldError(error.code, detail, parameter=error.field)]
        elif error.field:
            errors = [FieldError(error.code, detail, pointer(*error.field.split(".")))]
        return cls(error.status, error.code, detail, errors=errors)

    def response(self) -> HttpResponse:
        """The answer."""
        return problem_response(
            self.status, self.code, detail=self.detail, errors=self.errors, headers=self.headers
        )
