"""The way in of collection: its addresses are answered without Django's handler.

What the handler does round a view, whatever the view is, is a tenth of the processor time that the
web spends on a single event.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils.log import log_response

from cs_platform.core.middleware import request_id
from metrics.usage.ingest.urls import CALLS
from metrics.usage.ingest.view import collect

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def collection(application: Application) -> Application:
    """A WSGI application that takes in events, and leaves all other requests to ``application``.

    A request passes what every other passes: the reference id, the security headers and the
    redirect to HTTPS, the conversion of errors, the look at the database's connection, the log.
    """
    secured: Any = SecurityMiddleware(convert_exception_to_response(_collect))
    answer = request_id(secured)

    def with_collection(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") not in CALLS:
            return application(environ, start_response)
        connection.close_if_unusable_or_obsolete()
        request = WSGIRequest(environ)
        response = answer(request)
        if response.status_code >= 400:
            log_response(
                "%s: %s", response.reason_phrase, request.path, response=response, request=request
            )
        length = ("Content-Length", str(len(response.content)))
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, [*response.items(), length])
        return [response.content]

    return with_collection


def _collect(request: HttpRequest) -> HttpResponse:
    return collect(request, CALLS[request.path_info])
