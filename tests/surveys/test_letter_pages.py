"""Invitations that wait, on the page of their account, and taking one back there."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.surveys.actions.invitations import invite
from metrics.surveys.models import Invitation
from tests.surveys.people import SYSTEM, make_account, make_contact, make_survey


@pytest.fixture
def waiting(workspace: Workspace) -> Invitation:
    """One person who is to be asked."""
    with scope(workspace.pk):
        survey = make_survey(now=clock.now())
        contact = make_contact(make_account(name="Acme"), name="Hanako <b>")
        return invite(actor=SYSTEM, now=clock.now(), survey=survey, contact=contact)


def page(client: Any, waiting: Invitation, workspace: Workspace) -> str:
    address = reverse("account_satisfaction", args=[workspace.slug, waiting.account_id])
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def withdrawal(waiting: Invitation, workspace: Workspace) -> str:
    return reverse("invitation_withdraw", args=[workspace.slug, waiting.pk])


def test_whoever_may_ask_may_take_it_back(
    workspace: Workspace, waiting: Invitation, client_as: Any
) -> None:
    client, address = client_as("agent"), withdrawal(waiting, workspace)
    text = page(client, waiting, workspace)
    assert "Invitations that wait to be sent" in text
    assert "Hanako &lt;b&gt;" in text
    assert address in text
    answer = client.post(address, follow=True)
    assert answer.redirect_chain[0][1] == 303
    told = answer.content.decode()
    assert "Hanako &lt;b&gt; is not asked." in told
    assert "Invitations that wait to be sent" not in told
    with scope(workspace.pk):
        waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("suppressed", "withdrawn")
    log = client_as("admin").get(reverse("audit_log", args=[workspace.slug])).content.decode()
    assert "Took an invitation to a survey back" in log


def test_what_is_on_its_way_is_not_taken_back(
    workspace: Workspace, waiting: Invitation, client_as: Any
) -> None:
    with scope(workspace.pk):
        Invitation.objects.update(state="sent", sent_at=clock.now())
    client = client_as("agent")
    assert withdrawal(waiting, workspace) not in page(client, waiting, workspace)
    told = client.post(withdrawal(waiting, workspace), follow=True).content.decode()
    assert "The letter is on its way already." in told
    with scope(workspace.pk):
        waiting.refresh_from_db()
    assert waiting.state == "sent"


def test_a_viewer_sees_it_and_may_not_and_a_rival_finds_nothing(
    workspace: Workspace, waiting: Invitation, rival_workspace: Workspace, client_as: Any
) -> None:
    viewer, address = client_as("viewer"), withdrawal(waiting, workspace)
    text = page(viewer, waiting, workspace)
    assert "Hanako" in text
    assert address not in text
    assert viewer.post(address).status_code == 403
    rival = client_as("owner", of=rival_workspace)
    assert rival.post(withdrawal(waiting, rival_workspace)).status_code == 404
    with scope(workspace.pk):
        waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_it_speaks_japanese(workspace: Workspace, waiting: Invitation, client_as: Any) -> None:
    client = client_as("agent")
    client.cookies["django_language"] = "ja"
    text = page(client, waiting, workspace)
    assert "送信待ちのアンケート依頼" in text
    assert "取り消す" in text
