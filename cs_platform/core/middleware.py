"""A reference id per request: in the log, in every error page and problem document."""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_request_id() -> str:
    """Reference id of the request being answered, ``-`` outside one."""
    return _request_id.get()


def request_id(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: take the proxy's ``X-Request-ID`` where it is sane, else make one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        reference = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex[:16]
        token = _request_id.set(reference)
        try:
            response = get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-ID"] = reference
        return response

    return middleware


class RequestIdFilter(logging.Filter):
    """Gives every log record the reference id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True


class CompressPages(GZipMiddleware):
    """Compresses pages alone: answers of the API are small, and files come compressed already.

    Django pads what it compresses by a random length, against guessing secrets from sizes.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
