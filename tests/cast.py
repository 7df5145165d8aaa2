"""The cast: one member of every role, and a rival from another workspace.

``workspace`` is the scene of most tests; ``scoped`` opens its scope for the whole test;
``client_as("csm")`` is a browser logged in as that member.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Membership, Role, User, Workspace
from cs_platform.core import tenancy

ROLES = [role.value for role in Role]
_number = itertools.count(1)


def make_workspace(slug: str, **fields: Any) -> Workspace:
    """A workspace with one member of every role, named ``<role>@<slug>.example``."""
    workspace = Workspace.objects.create(slug=slug, name=fields.pop("name", slug.title()), **fields)
    for role in ROLES:
        user = User(email=f"{role}@{slug}.example", name=f"{role.title()} of {slug}")
        user.set_unusable_password()
        user.save()
        Membership.objects.create(workspace=workspace, user=user, role=role)
    return workspace


@dataclass(frozen=True)
class Cast:
    """The members of one workspace by role."""

    workspace: Workspace

    def __getitem__(self, role: str) -> Membership:
        return Membership.objects.select_related("user", "workspace").get(
            workspace=self.workspace, role=role
        )


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Acme's workspace, in Tokyo's time zone and in yen."""
    return make_workspace(f"acme-{next(_number)}")


@pytest.fixture
def rival_workspace(db: None) -> Workspace:
    """Another firm on the same installation."""
    return make_workspace(f"rival-{next(_number)}", timezone="Europe/Berlin", currency="EUR")


@pytest.fixture
def cast(workspace: Workspace) -> Cast:
    """Members of ``workspace`` by role: ``cast["csm"]``."""
    return Cast(workspace)


@pytest.fixture
def scoped(workspace: Workspace) -> Iterator[Workspace]:
    """``workspace`` with its scope open during the whole test."""
    with tenancy.scope(workspace.pk):
        yield workspace


@pytest.fixture
def client_as(workspace: Workspace) -> Callable[..., Client]:
    """``client_as("csm")`` → a test client logged in as the member of that role."""

    def log_in(role: str, of: Workspace | None = None) -> Client:
        client = Client()
        member = Membership.objects.select_related("user").get(workspace=of or workspace, role=role)
        client.force_login(member.user)
        return client

    return log_in


@pytest.fixture
def served_in_process(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with Django's own test client: a request leaves the test's transaction open."""
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)
