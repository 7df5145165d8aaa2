"""The settings page of the contact budget: who sees it, what it keeps, what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, Workspace
from accounts.queries.budget import contact_budget
from cs_platform.core import tenancy


def page(workspace: Workspace) -> str:
    return f"/w/{workspace.slug}/settings/contact-budget/"


def limits(workspace: Workspace) -> tuple[int, int | None]:
    with tenancy.scope(workspace.pk):
        found = contact_budget()
        return found.days_between, found.account_most


def test_an_admin_sets_the_limits_and_the_log_says_so(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    admin = client_as("admin")
    shown = admin.get(page(workspace)).content.decode()
    assert 'name="days_between" value="14"' in shown
    assert 'name="account_most" value="10"' in shown
    kept = admin.post(page(workspace), {"days_between": "30", "account_most": ""})
    assert kept.status_code == 303, kept.content.decode()
    assert limits(workspace) == (30, None)
    assert 'name="days_between" value="30"' in admin.get(page(workspace)).content.decode()
    with tenancy.scope(workspace.pk):
        entry = AuditEntry.objects.get(action="contact_budget_changed")
        assert entry.detail["before"] == {"days_between": 14, "account_most": 10}
        assert entry.detail["after"] == {"days_between": 30, "account_most": None}
    # the same once more changes nothing
    admin.post(page(workspace), {"days_between": "30", "account_most": ""})
    with tenancy.scope(workspace.pk):
        assert AuditEntry.objects.filter(action="contact_budget_changed").count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"days_between": "-1", "account_most": "5"}, "days_between"),
        ({"days_between": "366", "account_most": "5"}, "days_between"),
        ({"days_between": "many", "account_most": "5"}, "days_between"),
        ({"days_between": "7", "account_most": "0"}, "account_most"),
        ({"days_between": "7", "account_most": "1.5"}, "account_most"),
    ],
)
def test_limits_that_make_no_sense_are_refused_beside_their_field(
    workspace: Workspace, client_as: Callable[..., Client], given: dict[str, Any], field: str
) -> None:
    answer = client_as("admin").post(page(workspace), given)
    assert answer.status_code in (200, 422)
    assert list(answer.context["form"].errors) == [field]
    assert limits(workspace) == (14, 10)


@pytest.mark.parametrize("role", ["viewer", "agent", "csm", "manager"])
def test_others_neither_see_nor_set_them(
    workspace: Workspace, client_as: Callable[..., Client], role: str
) -> None:
    client = client_as(role)
    assert client.get(page(workspace)).status_code == 403
    assert client.post(page(workspace), {"days_between": "1"}).status_code == 403
    assert limits(workspace) == (14, 10)


def test_one_workspaces_limits_are_not_anothers(
    workspace: Workspace, rival_workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client_as("admin").post(page(workspace), {"days_between": "3", "account_most": "2"})
    assert limits(workspace) == (3, 2)
    assert limits(rival_workspace) == (14, 10)
