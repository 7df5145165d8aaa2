"""Language per person, and the scope of the workspace named in the URL."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.http import urlencode

from accounts.models import Membership
from cs_platform.core import tenancy

# Every slug the URL patterns let through, so that no page is reached without its scope.
_WORKSPACE_URL = re.compile(r"^/w/(?P<slug>[-a-zA-Z0-9_]+)(?:/|$)")
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME


def locale(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the language of the cookie, else the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response

    return middleware


class WorkspaceMiddleware:
    """Opens the scope of ``/w/<slug>/…`` for members, in the workspace's time zone.

    The scope is one transaction: the answer leaves after its commit, and an exception in the view
    rolls it back. A workspace one is no member of does not exist (404).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = _WORKSPACE_URL.match(request.path_info)
        if match is None:
            return self.get_response(request)
        if not request.user.is_authenticated:
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
        membership = (
            Membership.objects.select_related("workspace", "user")
            .filter(workspace__slug=match["slug"], user_id=request.user.pk, is_active=True)
            .first()
        )
        if membership is None:
            # Carried to process_view, where raising makes Django's own 404 page.
            request.membership = None  # type: ignore[attr-defined]
            return self.get_response(request)
        request.membership = membership  # type: ignore[attr-defined]
        request.workspace = membership.workspace  # type: ignore[attr-defined]
        zone = membership.workspace.timezone
        with tenancy.scope(membership.workspace_id), timezone.override(zone):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> None:
        if not hasattr(request, "membership"):
            return
        if request.membership is None:
            raise Http404
        kwargs.pop("workspace_slug", None)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if getattr(request, "membership", None) is not None:
            transaction.set_rollback(True)
