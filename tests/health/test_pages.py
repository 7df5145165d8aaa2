"""The scorecard page and the risk panel, through the browser's eyes."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Account, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.core.glossary import entry
from health.measures import MEASURES
from health.models import AccountCurrent, RiskNote, RiskState
from health.scoring import score_accounts


@pytest.fixture
def account(workspace: Workspace) -> Account:
    now = clock.now()
    with tenancy.scope(workspace.pk):
        made = Account.objects.create(external_id="x", name="Kita", created_at=now, updated_at=now)
        score_accounts(now=now)
    return made


def test_the_scorecard_shows_every_measure(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    page = client_as("viewer").get(f"/w/{workspace.slug}/health/scorecard/").content.decode()
    for measure in MEASURES:
        assert str(measure.label) in page
    assert "the score is at most 30" in page


def test_every_measure_has_a_glossary_entry() -> None:
    for measure in MEASURES:
        assert entry(measure.glossary).en.definition


def test_snooze_shows_at_once_and_is_logged(
    workspace: Workspace, account: Account, client_as: Callable[..., Client]
) -> None:
    until = clock.local_date(clock.now(), workspace.timezone) + dt.timedelta(days=7)
    response = client_as("csm").post(
        f"/w/{workspace.slug}/accounts/{account.pk}/risk/snooze/",
        {"until": until.isoformat(), "reason": "<b>holiday</b>"},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 200
    assert "risk-changed" in response["HX-Trigger"]
    assert "&lt;b&gt;holiday" in response.content.decode()
    with tenancy.scope(workspace.pk):
        assert AccountCurrent.objects.get(account=account).snoozed_until == until
        note = RiskNote.objects.get()
        assert (note.kind, note.until_on, note.reason) == ("snooze", until, "<b>holiday</b>")


def test_bad_input_says_what_is_wrong_and_keeps_everything(
    workspace: Workspace, account: Account, client_as: Callable[..., Client]
) -> None:
    client = client_as("csm")
    for verb, data in (
        ("snooze", {"until": "2020-01-01", "reason": "late"}),
        ("snooze", {"until": "soon", "reason": "late"}),
        ("dismiss", {"reason": "   "}),
        ("flag", {"reason": "x" * 501}),
        ("move", {"state": "saved"}),
        ("move", {"state": "asleep", "reason": "x"}),
    ):
        url = f"/w/{workspace.slug}/accounts/{account.pk}/risk/{verb}/"
        response = client.post(url, data, headers={"HX-Request": "true"})
        assert response.status_code == 422, (verb, data)
    with tenancy.scope(workspace.pk):
        assert not RiskState.objects.exists()
        assert not RiskNote.objects.exists()


def test_without_script_it_redirects_and_never_elsewhere(
    workspace: Workspace, account: Account, client_as: Callable[..., Client]
) -> None:
    client = client_as("csm")
    url = f"/w/{workspace.slug}/accounts/{account.pk}/risk/flag/"
    response = client.post(url, {"reason": "quiet", "next": "https://elsewhere.example/"})
    assert response.status_code == 302
    assert response["Location"] == f"/w/{workspace.slug}/accounts/{account.pk}/"
    again = client.get(f"/w/{workspace.slug}/accounts/{account.pk}/risk/")
    assert "quiet" in again.content.decode()


def test_a_rival_sees_no_account(
    rival_workspace: Workspace, account: Account, client_as: Callable[..., Client]
) -> None:
    rival = client_as("owner", of=rival_workspace)
    for verb in ("", "flag/"):
        url = f"/w/{rival_workspace.slug}/accounts/{account.pk}/risk/{verb}"
        response = rival.post(url, {"reason": "x"}) if verb else rival.get(url)
        assert response.status_code == 404
