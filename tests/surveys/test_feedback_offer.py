"""Asking for feedback in the dialog that logs a contact."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Contact, Interaction, Workspace
from cs_platform.core import clock, tenancy
from metrics.surveys.models import Invitation, Survey
from tests.surveys.people import make_account, make_contact, make_survey

HTMX = {"HX-Request": "true"}


@pytest.fixture
def met(workspace: Workspace) -> tuple[Account, Contact]:
    with tenancy.scope(workspace.pk):
        account = make_account(name="Kita")
        return account, make_contact(account, name="Anna Ota")


def opened(workspace: Workspace, **fields: Any) -> Survey:
    with tenancy.scope(workspace.pk):
        asked: dict[str, Any] = {"name": "After a call", "after_case": True, "by_mail": False}
        survey = make_survey("csat", now=clock.now(), **{"touchpoint": "call"} | fields)
        Survey.objects.filter(pk=survey.pk).update(**asked | fields)
        survey.refresh_from_db()
        return survey


def dialog(client: Client, workspace: Workspace, account: Account, **data: Any) -> Any:
    url = reverse("interaction_new", args=[workspace.slug, account.pk])
    if not data:
        return client.get(url, headers=HTMX)
    filled = {
        "kind": "call_out", "summary": "Talked it over",
        "happened_at": (clock.now() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    return client.post(url, {**filled, **data}, headers=HTMX)


def test_the_box_is_there_where_there_is_somebody_and_something_to_ask(
    workspace: Workspace, client_as: Callable[..., Client], met: tuple[Account, Contact]
) -> None:
    account, _contact = met
    agent = client_as("agent")
    assert "Ask for feedback" not in dialog(agent, workspace, account).content.decode()
    survey = opened(workspace)
    shown = dialog(agent, workspace, account).content.decode()
    assert "Ask for feedback" in shown
    assert f'value="{survey.pk}">After a call' in shown
    with tenancy.scope(workspace.pk):
        nobody = make_account(name="Empty")
        Survey.objects.filter(pk=survey.pk).update(closes_at=clock.now())
    assert "Ask for feedback" not in dialog(agent, workspace, account).content.decode()
    with tenancy.scope(workspace.pk):
        Survey.objects.filter(pk=survey.pk).update(closes_at=None)
    assert "Ask for feedback" not in dialog(agent, workspace, nobody).content.decode()
    assert dialog(client_as("viewer"), workspace, account).status_code == 403


def test_whoever_was_spoken_with_is_asked(
    workspace: Workspace, client_as: Callable[..., Client], met: tuple[Account, Contact], cast: Any
) -> None:
    account, contact = met
    survey = opened(workspace)
    answer = dialog(client_as("agent"), workspace, account, contact=contact.pk, feedback=survey.pk)
    assert answer.status_code == 204, answer.content.decode()
    assert "Anna Ota is asked for feedback." in answer["HX-Trigger"]
    with tenancy.scope(workspace.pk):
        invitation = Invitation.objects.get()
        interaction = Interaction.objects.get()
        assert (invitation.survey_id, invitation.contact_id) == (survey.pk, contact.pk)
        assert (invitation.channel, invitation.touchpoint) == ("after_case", "call")
        assert invitation.agent == cast["agent"]
        assert invitation.external_id == f"interaction:{interaction.pk}"


def test_nobody_is_asked_unasked(
    workspace: Workspace, client_as: Callable[..., Client], met: tuple[Account, Contact]
) -> None:
    account, contact = met
    opened(workspace)
    answer = dialog(client_as("agent"), workspace, account, contact=contact.pk, feedback="")
    assert answer.status_code == 204
    with tenancy.scope(workspace.pk):
        assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": "refused"}, "Anna Ota cannot be asked now: Wants no mail."),
        ({"email": ""}, "Anna Ota cannot be asked now: No e-mail address."),
    ],
)
def test_who_may_not_be_asked_is_said_and_nothing_is_half_done(
    workspace: Workspace, client_as: Callable[..., Client], met: tuple[Account, Contact],
    change: dict[str, str], reason: str,
) -> None:  # fmt: skip
    account, contact = met
    survey = opened(workspace)
    with tenancy.scope(workspace.pk):
        Contact.objects.filter(pk=contact.pk).update(**change)
    answer = dialog(client_as("agent"), workspace, account, contact=contact.pk, feedback=survey.pk)
    assert answer.status_code == 200
    assert f"{reason} The contact is not logged yet." in answer.content.decode()
    with tenancy.scope(workspace.pk):
        assert not Interaction.objects.exists()
        assert not Invitation.objects.exists()


def test_the_budget_holds_and_a_contact_without_a_person_asks_nobody(
    workspace: Workspace, client_as: Callable[..., Client], met: tuple[Account, Contact]
) -> None:
    account, contact = met
    survey = opened(workspace)
    agent = client_as("agent")
    chosen = {"contact": contact.pk, "feedback": survey.pk}
    assert dialog(agent, workspace, account, **chosen).status_code == 204
    again = dialog(agent, workspace, account, **chosen)
    assert "Was or will be written to within the days between two requests" in (
        again.content.decode()
    )
    nobody = dialog(agent, workspace, account, feedback=survey.pk)
    assert "With whom did you speak?" in nobody.content.decode()
    foreign = dialog(agent, workspace, account, contact=contact.pk, feedback=999_999)
    assert foreign.status_code == 200
    with tenancy.scope(workspace.pk):
        assert Interaction.objects.count() == 1
