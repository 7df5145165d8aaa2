"""How customers come in: no log-in, a workspace named by its slug, its scope open for the request.

What a public address may show or change is decided by what it carries: a signed token, or a key
nobody can guess. Nothing else of the workspace can be reached from here.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Workspace
from cs_platform.core import ratelimit, tenancy
from metrics.surveys import spam
from metrics.surveys.models import LANGUAGES, Survey

View = Callable[..., HttpResponse]


def sender_ip(request: HttpRequest) -> str:
    """Who sent the request: behind a proxy, whom the proxy says it speaks for."""
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))


def public_root(workspace: Workspace) -> str:
    """The absolute address below which customers find everything."""
    return f"{settings.PUBLIC_URL}/s/{workspace.slug}/"


def too_many(allowance: ratelimit.Allowance) -> HttpResponse:
    """The refusal of a flood; the error pages' middleware gives it its words."""
    response = HttpResponse(status=429)
    response["Retry-After"] = str(max(1, allowance.retry_after))
    return response


def public_page(*, methods: tuple[str, ...]) -> Callable[[View], View]:
    """Declare an address for customers and the methods it answers (405 for others).

    Floods from one address are turned away; answers are neither cached nor indexed.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def opened(request: HttpRequest, workspace_slug: str, **kwargs: Any) -> HttpResponse:
            allowance = spam.take_opening(sender_ip(request))
            if not allowance.allowed:
                return too_many(allowance)
            workspace = Workspace.objects.filter(slug=workspace_slug).first()
            if workspace is None:
                return gone(request)
            with tenancy.scope(workspace.pk), timezone.override(workspace.timezone):
                response = view(request, workspace, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]
        declared = require_http_methods(allowed)(opened)
        declared.is_public = True  # type: ignore[attr-defined]
        declared.methods = methods  # type: ignore[attr-defined]
        return declared

    return decorate


def language_of(request: HttpRequest, survey: Survey | None = None, preferred: str = "") -> str:
    """What the page speaks: what the switch asked for, else the person's, else the browser's."""
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else preferred
    if language not in LANGUAGES:
        language = translation.get_language_from_request(request)
    return survey.language_for(language) if survey is not None else language


def public(
    request: HttpRequest, template: str, *, language: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page for customers, in their language."""
    with translation.override(language):
        query = request.GET.copy()
        context["language"] = language
        survey = context.get("survey")
        spoken = survey.languages if survey is not None else LANGUAGES
        context["switch"] = []
        for code, name in (("en", "English"), ("ja", "日本語")):
            query["lang"] = code
            if code in spoken and len(spoken) > 1:
                context["switch"].append(
                    {"code": code, "name": name, "url": f"?{query.urlencode()}"}
                )
        response = render(request, f"surveys/public/{template}", context, status=status)
    response["Content-Language"] = language
    return response


_ENDS: dict[str, tuple[int, Callable[[], str], Callable[[], str]]] = {
    "unknown": (
        404,
        lambda: _("This address leads nowhere"),
        lambda: _("It may be cut off or mistyped. Please open the link in your e-mail once more."),
    ),
    "expired": (
        410,
        lambda: _("The time to answer has passed"),
        lambda: _(
            "Thank you for wanting to. The next time we ask, we look forward to hearing you."
        ),
    ),
    "closed": (
        410,
        lambda: _("This survey is closed"),
        lambda: _("It takes no more answers. Thank you for your interest."),
    ),
}


def gone(
    request: HttpRequest, why: str = "unknown", *, language: str = "", **context: Any
) -> HttpResponse:
    """A friendly page for an address that takes no answers: unknown, expired or closed."""
    status, title, text = _ENDS[why]
    language = language or language_of(request)
    with translation.override(language):
        context |= {"title": title(), "text": text()}
    return public(request, "gone.html", language=language, status=status, **context)
