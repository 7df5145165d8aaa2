"""What every request passes: its reference id, the short way of programs, compression of pages."""

import functools
import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.urls import ResolverMatch, resolve

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
        # Not ``request.headers``: that is made of all of them, for the one that is read.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        reference = given if _ACCEPTABLE.fullmatch(given) else secrets.token_hex(8)
        token = _request_id.set(reference)
        try:
            response = get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-ID"] = reference
        return response

    return middleware


_PROGRAMS = ("/v1/", "/api/v1/")
# Most programs call few addresses, again and again.
_KNOWN_ADDRESSES = 1000


@functools.lru_cache(maxsize=_KNOWN_ADDRESSES)
def _resolved(path: str, urls: str) -> ResolverMatch:
    return resolve(path, urls)


def programs(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what programs call goes from here straight to its view.

    They come with a key, not with a session, cookies or a language; everything below this one is
    there for pages, and would cost a small request more than its own work.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_PROGRAMS):
            return get_response(request)
        match = _resolved(request.path_info, settings.ROOT_URLCONF)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response.headers.setdefault("Content-Length", str(len(response.content)))
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
