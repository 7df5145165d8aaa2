"""What a page asks for. Every URL below ``/w/<slug>/`` declares it, or a contract test fails."""

import functools
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponseBase
from django.views.decorators.http import require_http_methods

from accounts.models import Membership, Workspace
from accounts.permissions import Permission, allows


class HttpRequest(DjangoRequest):
    """A request inside a workspace, as the middleware hands it to a page."""

    membership: Membership
    workspace: Workspace
    htmx: Any


View = Callable[..., HttpResponseBase]


def page(permission: Permission, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Declare a page: the permission it asks for and the methods it answers (405 for others)."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allows(request.membership.role, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]
        declared = require_http_methods(allowed)(guarded)
        declared.permission = permission  # type: ignore[attr-defined]
        declared.methods = methods  # type: ignore[attr-defined]
        return declared

    return decorate
