"""Taking back an invitation that waits: on the page of its account, and over the API."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, OutgoingMail, Workspace
from accounts.queries.budget import refusals
from cs_platform.core import clock
from cs_platform.core.errors import Conflict
from cs_platform.core.tenancy import scope
from metrics.surveys.actions.invitations import invite, withdraw
from metrics.surveys.actions.sending import send_due
from metrics.surveys.models import Invitation
from tests.api.conftest import Caller, api, caller_for, problem
from tests.surveys.people import NOW, SYSTEM, make_account, make_contact, make_survey

__all__ = ["api", "caller_for"]


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


def test_it_can_be_withdrawn_until_its_letter_is_written(scoped: Workspace) -> None:
    survey = make_survey()
    first, second = (
        invite(actor=SYSTEM, now=NOW, survey=survey, contact=make_contact()) for _n in range(2)
    )
    withdraw(actor=SYSTEM, now=NOW - dt.timedelta(days=1), invitation=first)
    send_due(now=NOW)
    assert OutgoingMail.objects.get().contact == second.contact
    with pytest.raises(Conflict) as refused:
        withdraw(actor=SYSTEM, now=NOW, invitation=second)
    assert refused.value.code == "already_sent"
    # a second time changes nothing, and is no second entry of the log
    assert withdraw(actor=SYSTEM, now=NOW, invitation=first).reason == "withdrawn"
    entry = AuditEntry.objects.get(action="invitation_withdrawn")
    assert entry.detail == {"contact": first.contact.name}
    assert entry.object_label == survey.name
    # the place in the budget is free
    assert not refusals([first.contact], at=NOW)


def test_a_help_desk_takes_it_back_over_the_api(
    workspace: Workspace,
    waiting: Invitation,
    api: Caller,
) -> None:
    shown = api.get(f"invitations/{waiting.pk}").json()
    taken = api.post(f"invitations/{waiting.pk}/withdraw").json()
    assert taken == shown | {"state": "suppressed", "reason": "withdrawn"}
    assert api.post(f"invitations/{waiting.pk}/withdraw").json() == taken
    # the person may be asked for another case
    body = {"contact_external_id": shown["contact_external_id"], "external_id": "case-2"}
    other = api.post(f"surveys/{waiting.survey_id}/invitations", body).json()
    assert other["state"] == "queued"
    with scope(workspace.pk):
        Invitation.objects.filter(pk=other["id"]).update(state="sent", sent_at=clock.now())
    problem(api.post(f"invitations/{other['id']}/withdraw"), 409, "already_sent")
    problem(api.post("invitations/999999999999999999/withdraw"), 404, "not_found")
