"""Every URL × role: anonymous people, outsiders and each role get what the table says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Workspace
from accounts.permissions import PERMISSIONS, Permission
from tests.cast import ROLES

# Pages outside a workspace, each with its reason to be reachable without one.
OUTSIDE = {
    "home": "sends people to log-in or to their workspace",
    "favicon": "the mark, for answers that name none",
    "set_language": "language of the interface",
    "set_theme": "theme of the interface",
    "styleguide": "debug only",
}
# What customers open ("s/") says for itself what it shows to whom: tests/surveys.
PUBLIC_PREFIXES = ("accounts/", "api/", "v1/", "static/", "s/<slug:workspace_slug>/")


def _patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, route)
        else:
            yield route, entry


WORKSPACE_PAGES = [(r, p) for r, p in _patterns() if r.startswith("w/<slug:workspace_slug>/")]
by_page = pytest.mark.parametrize(
    ("route", "pattern"), WORKSPACE_PAGES, ids=[p.name or r for r, p in WORKSPACE_PAGES]
)


def _address(route: str, workspace: Workspace) -> str:
    """The route with the workspace's slug and ids nobody has."""
    import re

    filled = route.replace("<slug:workspace_slug>", workspace.slug)
    filled = re.sub(r"<int:[a-z_]+>", "999999999", filled)
    return "/" + re.sub(r"<(?:str:|slug:)?[a-z_]+>", "nothing", filled)


def test_every_url_is_in_a_workspace_or_declared_outside() -> None:
    undeclared = [
        route
        for route, pattern in _patterns()
        if not route.startswith(("w/<slug:workspace_slug>/", *PUBLIC_PREFIXES))
        and pattern.name not in OUTSIDE
    ]
    assert undeclared == []


def test_there_are_pages() -> None:
    assert {p.name for _, p in WORKSPACE_PAGES} >= {"today", "accounts", "account", "at_risk"}


@by_page
def test_every_page_declares_its_permission_and_methods(route: str, pattern: URLPattern) -> None:
    assert isinstance(getattr(pattern.callback, "permission", None), Permission), route
    assert set(pattern.callback.methods) <= {"GET", "POST"}, route


@by_page
def test_methods_not_declared_are_refused(
    route: str, pattern: URLPattern, workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("owner")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(pattern.callback.methods):
        response = client.generic(method, _address(route, workspace))
        assert response.status_code == 405, method


@by_page
def test_anonymous_people_are_sent_to_log_in(
    route: str, pattern: URLPattern, workspace: Workspace
) -> None:
    response = Client().generic(pattern.callback.methods[0], _address(route, workspace))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@by_page
def test_outsiders_see_no_workspace(
    route: str,
    pattern: URLPattern,
    workspace: Workspace,
    rival_workspace: Workspace,
    client_as: Callable[..., Client],
) -> None:
    rival = client_as("owner", of=rival_workspace)
    for method in pattern.callback.methods:
        for headers in ({}, {"HX-Request": "true"}):
            response = rival.generic(method, _address(route, workspace), headers=headers)
            assert response.status_code == 404


@by_page
def test_each_role_may_do_what_the_table_says(
    route: str, pattern: URLPattern, workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    for role in ROLES:
        client = client_as(role)
        for method in pattern.callback.methods:
            response = client.generic(method, _address(route, workspace))
            allowed = pattern.callback.permission in PERMISSIONS[role]
            assert (response.status_code != 403) is allowed, (role, method, response.status_code)
            assert response.status_code < 500


def test_deactivated_members_are_outsiders(
    workspace: Workspace, client_as: Callable[..., Client], cast: Any
) -> None:
    client = client_as("csm")
    member = cast["csm"]
    assert client.get(f"/w/{workspace.slug}/today/").status_code == 200
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    assert client.get(f"/w/{workspace.slug}/today/").status_code == 404
