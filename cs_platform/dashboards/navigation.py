"""What the layout shows around every page: navigation, workspaces, language, theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Workspace
from accounts.permissions import Permission, allows

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"


@dataclass(frozen=True)
class Section:
    """One entry of the side navigation; the first page that exists and may be seen is its aim."""

    label: Any
    icon: str
    pages: Sequence[str]
    # folders of pages that belong to it and stand beside it
    beside: Sequence[str] = ()


SECTIONS = (
    Section(_("Today"), "sun", ["today"]),
    Section(_("Accounts"), "building", ["accounts"], ["contacts", "contracts", "ledger"]),
    Section(_("At risk"), "alert-triangle", ["at_risk"]),
    Section(_("Renewals"), "calendar-repeat", ["renewals"]),
    Section(_("Tasks"), "checkbox", ["tasks"]),
    Section(_("Surveys"), "message-star", ["surveys"]),
    Section(_("Overview"), "chart-histogram", ["overview"]),
    Section(_("Metrics"), "chart-line", ["metrics"], ["churn-review"]),
    Section(_("Reports"), "file-type-pdf", ["report"]),
    Section(_("Health"), "heart-rate-monitor", ["health_scorecard"]),
    Section(_("Data"), "database", ["data_events", "data"]),
    Section(_("Settings"), "settings", ["settings", "members", "api_keys"]),
)


@dataclass(frozen=True)
class Link:
    """A navigation entry as rendered."""

    label: Any
    icon: str
    url: str
    is_current: bool


def page_url(name: str, membership: Membership) -> str | None:
    """Address of a page of the member's workspace; none where it is not built or not allowed."""
    try:
        url = reverse(name, args=[membership.workspace.slug])
        permission = getattr(resolve(url).func, "permission", Permission.VIEW)
    except (NoReverseMatch, Resolver404):
        return None
    return url if allows(membership.role, permission) else None


def section_urls(membership: Membership) -> list[tuple[Section, str]]:
    """The sections the member can open, each with its address, in the order of the navigation."""
    found = []
    for section in SECTIONS:
        urls = (page_url(name, membership) for name in section.pages)
        url = next((url for url in urls if url), None)
        if url:
            found.append((section, url))
    return found


def _links(membership: Membership, path: str) -> list[Link]:
    sections = section_urls(membership)
    root = reverse("today", args=[membership.workspace.slug]).removesuffix("today/")
    folders = [
        (folder, url)
        for section, url in sections
        for folder in (url, *(f"{root}{name}/" for name in section.beside))
    ]
    inside = [(folder, url) for folder, url in folders if path.startswith(folder)]
    _folder, current = max(inside, key=lambda pair: len(pair[0]), default=("", None))
    return [Link(s.label, s.icon, url, url == current) for s, url in sections]


def theme_of(request: HttpRequest) -> str:
    """The theme the viewer chose; "system" follows the device."""
    chosen = request.COOKIES.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def workspaces_of(user: Any) -> list[Workspace]:
    """The workspaces the user may enter, by name."""
    return list(
        Workspace.objects.filter(memberships__user=user, memberships__is_active=True).order_by(
            "name", "pk"
        )
    )


def layout(request: HttpRequest) -> dict[str, Any]:
    """Context of every template. What costs a query is a callable, so partials do not pay it."""
    membership = getattr(request, "membership", None)
    context: dict[str, Any] = {
        "colour_theme": theme_of(request),
        "membership": membership,
        "workspace": getattr(request, "workspace", None),
    }
    if membership is not None:
        context |= {
            "navigation": lambda: _links(membership, request.path),
            "workspaces": lambda: workspaces_of(request.user),
            "search_url": page_url("search", membership),
            "glossary_url": page_url("glossary", membership),
        }
    return context
