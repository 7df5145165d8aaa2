"""The base of every view of the REST API.

A handler is declared with ``@operation``, which says what it needs (a scope, parameters, a body)
and what it answers; the schema at ``/api/schema/`` is made of the same declaration. A handler
without one cannot be defined. Each request is one transaction inside its key's workspace.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from django.conf import settings
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from cs_platform.core import ratelimit, tenancy
from cs_platform.core.errors import DomainError
from cs_platform.core.parameters import Parameter, read_query
from cs_platform.core.problems import ApiProblem, FieldError, problem_response
from cs_platform.core.strictjson import read_body

_log = logging.getLogger(__name__)
_RATE_WINDOW_SECONDS = 60
_RETRY_AFTER_SECONDS = 5
HANDLERS = ("get", "post", "put", "patch", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """What a handler needs and answers.

    ``scope`` is the scope a key must hold. ``answers`` are the successful ones by status, the
    refusals every operation shares are added by the schema, ``refusals`` are those beyond.
    """

    scope: str
    summary: str
    answers: Mapping[int, Schema]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    example: Any = None
    refusals: tuple[int, ...] = ()
    has_etag: bool = False


@dataclass(frozen=True)
class Answer:
    """What a handler returns: plain data, written as JSON."""

    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        """The HTTP answer."""
        return HttpResponse(
            msgspec.json.encode(self.data),
            status=self.status,
            content_type="application/json",
            headers=dict(self.headers),
        )


Handler = Callable[..., Answer]


def operation(scope: str, summary: str, **declared: Any) -> Callable[[Handler], Any]:
    """Declare a handler of an ``ApiView``; see ``Operation`` for what may be declared."""

    def decorate(handler: Handler) -> Any:
        declaration = Operation(scope=scope, summary=summary, **declared)

        @functools.wraps(handler)
        def run(view: "ApiView", request: Request, **path: Any) -> HttpResponse:
            return view.carry_out(declaration, handler, path)

        run.operation = declaration  # type: ignore[attr-defined]
        return run

    return decorate


class ApiView(APIView):
    """Authenticates by API key, counts the request, checks scope and input, opens the workspace.

    Handlers find the checked query parameters in ``self.query``, the JSON body in ``self.body``
    and the key in ``self.identity``.
    """

    http_method_names = [*HANDLERS, "head"]  # noqa: RUF012 - Django declares it for instances
    tag: ClassVar[str] = ""
    scopes: ClassVar[Mapping[str, str]] = {}
    body_bytes: ClassVar[int] = 1024 * 1024
    query: dict[str, Any]
    body: Any = None
    _allowance: ratelimit.Allowance | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handlers = {name: getattr(cls, name) for name in HANDLERS if hasattr(cls, name)}
        for name, handler in handlers.items():
            if not hasattr(handler, "operation"):
                raise TypeError(f"{cls.__name__}.{name} declares no @operation")
        cls.scopes = {name.upper(): handler.operation.scope for name, handler in handlers.items()}

    @property
    def identity(self) -> Any:
        """The key that asks."""
        return self.request.auth

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        if request.auth is None:
            raise exceptions.NotAuthenticated
        if not settings.API_RATE_LIMIT:
            return
        self._allowance = ratelimit.take(
            f"api:{self.identity.id}",
            cost=1,
            limit=settings.API_RATE_LIMIT,
            window_seconds=_RATE_WINDOW_SECONDS,
        )
        if not self._allowance.allowed:
            raise ApiProblem(
                429,
                "rate_limited",
                f"This key may send {self._allowance.limit} requests per minute.",
            )

    def carry_out(
        self, declared: Operation, handler: Handler, path: Mapping[str, str]
    ) -> HttpResponse:
        """Check the request against its declaration and run its handler in one transaction."""
        if declared.scope not in self.identity.scopes:
            raise ApiProblem(
                403, "missing_scope", f"This key lacks the scope {declared.scope!r} for this."
            )
        _check_path(path)
        self.query = read_query(self.request.GET, declared.parameters)
        if declared.body is not None:
            self.body = read_body(self.request._request, largest=self.body_bytes)
        with tenancy.scope(self.identity.workspace_id):
            return self.answer(functools.partial(handler, self, self.request, **path)).response()

    def answer(self, handle: Callable[[], Answer]) -> Answer:
        """The handler's answer, inside the workspace's transaction."""
        return handle()

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if self._allowance is not None:
            for name, value in ratelimit.headers(self._allowance).items():
                response.headers[name] = value
        return response


def _check_path(path: Mapping[str, str]) -> None:
    for value in path.values():
        # The one character PostgreSQL keeps in no text: no body can have named anything so.
        if isinstance(value, str) and "\0" in value:
            raise ApiProblem(404, "not_found", "There is no object with this id.")


def check_etag(request: HttpRequest | Request, etag: str | None) -> None:
    """Hold the request to its ``If-Match`` and ``If-None-Match``; ``etag`` None: no such object.

    Raises ``ApiProblem`` 412 (``precondition_failed``).
    """
    wanted = parse_etags(request.headers.get("If-Match", ""))
    unwanted = parse_etags(request.headers.get("If-None-Match", ""))
    if "If-Match" in request.headers and (etag is None or not {"*", etag} & set(wanted)):
        raise ApiProblem(
            412,
            "precondition_failed",
            "It has changed since it was read: read it again." if etag else "It does not exist.",
        )
    if "If-None-Match" in request.headers and etag is not None and {"*", etag} & set(unwanted):
        raise ApiProblem(412, "precondition_failed", "It exists already.")


def read_object(body: Any) -> dict[str, Any]:
    """``body`` as a JSON object; raises ``ApiProblem`` 422 for anything else."""
    if not isinstance(body, dict):
        error = FieldError("wrong_type", "Must be an object.", "")
        raise ApiProblem(422, "wrong_type", "The body must be a JSON object.", errors=[error])
    return body


@csrf_exempt
def unknown_address(request: HttpRequest, **_path: Any) -> HttpResponse:
    """The answer of every address below ``/api/`` that does not exist."""
    return problem_response(
        404,
        "not_found",
        detail="There is no such address. All of them are described at /api/docs/.",
    )


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Any exception of a view as a problem document; an unforeseen one is logged."""
    match error:
        case ApiProblem():
            found = error
        case DomainError():
            found = ApiProblem.of(error)
        case Http404():
            found = ApiProblem(404, "not_found", "There is no such object.")
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            found = ApiProblem(
                401, "unauthorized", str(error.detail), headers={"WWW-Authenticate": "Bearer"}
            )
        case exceptions.MethodNotAllowed():
            allowed = ", ".join(context["view"].allowed_methods)
            found = ApiProblem(
                405,
                "method_not_allowed",
                f"This address answers {allowed}.",
                headers={"Allow": allowed},
            )
        case OperationalError() | InterfaceError():
            _log.error("the database does not answer", exc_info=error)
            found = ApiProblem(
                503,
                "unavailable",
                "The database does not answer. Nothing was stored; try again.",
                headers={"Retry-After": str(_RETRY_AFTER_SECONDS)},
            )
        case DataError():
            _log.warning("a value does not fit its column", exc_info=error)
            found = ApiProblem(
                422, "out_of_range", "A value, or what follows from it, is too large to be stored."
            )
        case IntegrityError():
            _log.warning("two requests collided", exc_info=error)
            found = ApiProblem(
                409, "conflict", "Another request changed the same. Nothing was stored."
            )
        case _:
            _log.error("a request of the API failed", exc_info=error)
            found = ApiProblem(
                500,
                "internal_error",
                "Something went wrong here; nothing was stored. Quote the request id.",
            )
    return found.response()
