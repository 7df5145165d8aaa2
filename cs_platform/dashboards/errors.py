"""Error pages: what happened, what was kept, what to do, and the reference id of the log."""

import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from cs_platform.core.errors import DomainError
from cs_platform.core.middleware import current_request_id
from cs_platform.core.problems import problem_response

_API = ("/api/", "/v1/")
_CODES = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
_RETRY_SECONDS = "30"

_PAGES: dict[int, tuple[Any, Any]] = {
    400: (
        gettext_lazy("We could not read this request"),
        gettext_lazy(
            "Something in the address or the form is not as expected. Nothing was changed."
        ),
    ),
    403: (
        gettext_lazy("You may not do this"),
        gettext_lazy(
            "Your role in this workspace does not allow it. Nothing was changed. "
            "A manager or administrator can give you another role."
        ),
    ),
    404: (
        gettext_lazy("There is no such page"),
        gettext_lazy(
            "It may have been removed, the address may be mistyped, or it belongs to a workspace "
            "you are not a member of."
        ),
    ),
    405: (
        gettext_lazy("This address cannot be used in that way"),
        gettext_lazy(
            "It may be the target of a form that was opened as a page. Nothing was changed."
        ),
    ),
    409: (
        gettext_lazy("This has changed meanwhile"),
        gettext_lazy("Somebody else was faster. Reload the page and try again."),
    ),
    413: (
        gettext_lazy("That was too large"),
        gettext_lazy("What you sent is larger than the server accepts. Nothing was stored."),
    ),
    422: (
        gettext_lazy("This cannot be done"),
        gettext_lazy("What was asked for does not fit the data. Nothing was changed."),
    ),
    429: (
        gettext_lazy("Too many attempts"),
        gettext_lazy("Please wait a few minutes and try again. Nothing was changed."),
    ),
    500: (
        gettext_lazy("Something went wrong on our side"),
        gettext_lazy(
            "What you were about to change was not changed; everything saved before is kept. "
            "The error is in the log under the reference below."
        ),
    ),
    503: (
        gettext_lazy("The service is away for a moment"),
        gettext_lazy(
            "Please try again in a minute. Nothing was changed; everything saved is kept."
        ),
    ),
}


def error_page(
    request: HttpRequest, status: int, *, title: str = "", text: str = ""
) -> HttpResponse:
    """The page of an error; problem details below the API's addresses.

    It asks the database for nothing, which may be what failed.
    """
    default_title, default_text = _PAGES.get(status, _PAGES[400])
    title, text = title or str(default_title), text or str(default_text)
    if request.path_info.startswith(_API):
        return problem_response(status, _CODES.get(status, "invalid"), title, text)
    context = {
        "status": status,
        "heading": title,
        "text": text,
        "reference": current_request_id(),
    }
    return HttpResponse(render_to_string("errors/error.html", context, request), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the body was larger than the settings allow."""
    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the role lacks the permission."""
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what belongs to somebody else."""
    return error_page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: an exception nobody expected; 503 where the database could not be reached, or the
    cache where nothing goes on without it: log-in counts its attempts there."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError, RedisError)):
        response = error_page(request, 503)
        response["Retry-After"] = _RETRY_SECONDS
        return response
    return error_page(request, 500)


class ErrorPages:
    """Middleware: gives pages to the errors that Django answers with bare text.

    A ``DomainError`` that a page does not show in its form is shown with its own message. Partials
    get the page too; the scripts show its reference id in a toast.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in {405, 429} and not request.path_info.startswith(_API):
            page = error_page(request, response.status_code)
            for name in ("Allow", "Retry-After"):
                if name in response:
                    page[name] = response[name]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError) and not request.path_info.startswith(_API):
            return error_page(request, exception.status, text=str(exception.message))
        return None


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was open too long, or was sent by another site."""
    return error_page(
        request,
        403,
        title=_("This form is no longer valid"),
        text=_(
            "It was open for too long, or cookies are switched off. Nothing was changed. "
            "Go back, reload the page and send the form again."
        ),
    )
