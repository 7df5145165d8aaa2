"""Pages outside a workspace: where one starts, in which language and in which theme."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Membership
from cs_platform.dashboards.navigation import THEME_COOKIE, THEMES, section_urls

LAST_WORKSPACE = "last_workspace"
_YEAR = 365 * 24 * 3600


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send the viewer to the first page of the workspace asked for, the only or the last one."""
    memberships = list(
        Membership.objects.select_related("workspace")
        .filter(user=request.user, is_active=True)  # type: ignore[misc]
        .order_by("workspace__name", "pk")
    )
    wanted = request.GET.get("workspace") or request.session.get(LAST_WORKSPACE)
    chosen = next((m for m in memberships if m.workspace.slug == wanted), None)
    if chosen is None and len(memberships) == 1:
        chosen = memberships[0]
    if chosen is not None and (sections := section_urls(chosen)):
        request.session[LAST_WORKSPACE] = chosen.workspace.slug
        return HttpResponseRedirect(sections[0][1])
    return render(request, "choose_workspace.html", {"memberships": memberships})


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """The mark, where browsers look for it by themselves: beside letters, PDFs and JSON."""
    response = HttpResponseRedirect(static("img/mark.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _back(request: HttpRequest) -> str:
    """The page the form was on; never another site."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if safe else "/"


def _remember(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Show the pages in another language from now on, and write to the user in it."""
    language = request.POST.get("language", "")
    known = dict(settings.LANGUAGES)
    response = HttpResponseRedirect(_back(request))
    if language in known and check_for_language(language):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
        user: Any = request.user
        if user.is_authenticated and user.language != language:
            user.language = language
            user.save(update_fields=["language"])
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or the device's choice."""
    theme = request.POST.get("theme", "")
    response = HttpResponseRedirect(_back(request))
    if theme in THEMES:
        _remember(response, THEME_COOKIE, theme)
    return response
