"""Whose the people of a noted contact are, as they come and go."""

import datetime as dt

import pytest

from accounts.actions.accounts import create_account
from accounts.actions.contacts import create_contact, update_contact
from accounts.actions.interactions import upsert_interactions
from accounts.models import DirtyAccount, Interaction
from tests.accounts.conftest import NOW

NOTED = {
    "external_id": "I-1",
    "account_external_id": "A-1",
    "contact_external_id": "C-1",
    "kind": "meeting",
    "summary": "Kick-off",
    "happened_at": NOW - dt.timedelta(days=30),
}


@pytest.fixture
def person(account, actor):
    return create_contact(actor=actor, now=NOW, account=account, external_id="C-1", name="Hana")


@pytest.fixture
def elsewhere(account, actor):
    return create_account(actor=actor, now=NOW, external_id="A-2", name="Another firm")


def note(actor, **fields):
    (result,) = upsert_interactions(actor=actor, now=NOW, items=[{**NOTED, **fields}])
    return result.outcome, [problem.code for problem in result.problems]


def test_a_person_who_has_gone_to_another_firm_stays_in_what_was_noted_before(
    actor, person, elsewhere
):
    assert note(actor) == ("created", [])
    update_contact(actor=actor, contact=person, now=NOW, account=elsewhere)
    assert note(actor) == ("unchanged", [])
    assert note(actor, summary="Kick-off meeting") == ("updated", [])
    assert Interaction.objects.get().contact == person


def test_nothing_is_noted_anew_with_a_person_of_another_account(actor, person, elsewhere):
    assert note(actor, account_external_id="A-2") == ("rejected", ["wrong_account"])
    assert note(actor) == ("created", [])
    (moved,) = upsert_interactions(
        actor=actor, now=NOW, items=[{"external_id": "I-1", "account_external_id": "A-2"}]
    )
    assert [problem.code for problem in moved.problems] == ["wrong_account"]
    assert Interaction.objects.get().account.external_id == "A-1"


def test_what_is_moved_to_another_account_marks_both(actor, account, elsewhere):
    assert note(actor, contact_external_id="") == ("created", [])
    DirtyAccount.objects.all().delete()
    assert note(actor, contact_external_id="", account_external_id="A-2") == ("updated", [])
    assert set(DirtyAccount.objects.values_list("account_id", flat=True)) == {
        account.pk,
        elsewhere.pk,
    }
