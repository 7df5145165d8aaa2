"""Error pages: what happened, what was kept, what to do, and the reference id of the log."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cs_platform.core.middleware import current_request_id

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
    413: (
        gettext_lazy("That was too large"),
        gettext_lazy("What you sent is larger than the server accepts. Nothing was stored."),
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
    request: HttpRequest | None, status: int, *, title: str = "", text: str = ""
) -> HttpResponse:
    """The page of an error. It asks the database for nothing, which may be what failed."""
    default_title, default_text = _PAGES[status]
    context = {
        "status": status,
        "heading": title or default_title,
        "text": text or default_text,
        "reference": current_request_id(),
    }
    return HttpResponse(render_to_string("errors/error.html", context, request), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the body was larger than the settings allow."""
    from django.core.exceptions import RequestDataTooBig

    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the role lacks the permission."""
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what belongs to somebody else."""
    return error_page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: an exception nobody expected."""
    return error_page(request, 500)


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
