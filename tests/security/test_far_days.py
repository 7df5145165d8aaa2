"""Days at the ends of the calendar are refused where they are typed, and store nothing."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.accounts import create_account
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.fields import BadValue, Day, Moment
from accounts.models import Account, ContractEvent, Interaction, Product, Task, Workspace
from cs_platform.core import clock, tenancy
from tests.api.conftest import Caller, api, caller_for  # noqa: F401
from tests.cast import Cast

FAR = ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"]


@pytest.fixture
def contract(workspace: Workspace, cast: Cast) -> Any:
    actor, now = Actor.of(cast["csm"]), clock.now()
    with tenancy.scope(workspace.pk):
        product = Product.objects.create(code="core", name="Core")
        account = create_account(actor=actor, now=now, external_id="a-1", name="Acme")
        return start_subscription(
            actor=actor,
            now=now,
            account=account,
            product=product,
            external_id="s-1",
            starts_on=dt.date(2026, 1, 1),
            term_months=12,
            unit_price=100,
        )


@pytest.mark.parametrize("day", FAR)
def test_no_form_takes_a_day_far_away(
    day: str, workspace: Workspace, contract: Any, client_as: Callable[..., Client]
) -> None:
    client = client_as("owner")
    account, ledger = contract.account_id, contract.pk
    posts = [
        ("account_stage", account, {"stage": "churned", "happened_on": day}),
        ("subscription_renew", ledger, {"effective_on": day, "term_months": 12}),
        ("subscription_change", ledger, {"effective_on": day, "seats": 4}),
        ("subscription_end", ledger, {"last_paid_on": day, "reason": "price"}),
        ("one_off_new", account, {"effective_on": day, "amount": 5, "currency": "JPY"}),
        ("risk_action", account, {"until": day, "reason": "x"}),
        (
            "interaction_new",
            account,
            {"kind": "note", "summary": "x", "happened_at": f"{day} 00:00"},
        ),
    ]
    with tenancy.scope(workspace.pk):
        before = ContractEvent.objects.count()
    for name, pk, data in posts:
        arguments = [workspace.slug, pk, *(["snooze"] if name == "risk_action" else [])]
        answer = client.post(reverse(name, args=arguments), data)
        assert answer.status_code in {200, 422}, (name, answer.status_code)
        assert "1900" in answer.content.decode(), name
    task = {"title": "x", "due_on": day, "owner": ""}
    assert client.post(reverse("task_new", args=[workspace.slug]), task).status_code == 200
    with tenancy.scope(workspace.pk):
        assert ContractEvent.objects.count() == before
        assert not Task.objects.exists()
        assert not Interaction.objects.exists()
        assert Account.objects.get().stage != Account.Stage.CHURNED


@pytest.mark.parametrize("day", FAR)
def test_no_filter_asks_for_a_day_far_away(
    day: str,
    workspace: Workspace,
    contract: Any,
    api: Caller,  # noqa: F811
    client_as: Callable[..., Client],
) -> None:
    for address in (
        f"health/a-1?as_of={day}",
        f"health/a-1/explanation?as_of={day}",
        f"health/a-1/history?as_of={day}",
        f"subscriptions?term_ends_from={day}",
        f"accounts?updated_since={day}T00:00:00Z",
        f"accounts?updated_since={day}T00:00:00%2B09:00",
    ):
        assert api.get(address).status_code == 400, address
    page = client_as("owner").get(
        reverse("data_events", args=[workspace.slug]), {"first": day, "last": day}
    )
    assert "1900" in page.content.decode()


@pytest.mark.parametrize("day", FAR)
def test_no_import_takes_a_day_far_away(day: str) -> None:
    for rule in (Day(), Moment()):
        with pytest.raises(BadValue) as caught:
            rule.read(day)
        assert caught.value.code == "out_of_range"


def test_the_last_days_one_can_reckon_with_are_taken() -> None:
    assert Day().read("1900-01-01") == dt.date(1900, 1, 1)
    assert Day().read("2200-12-31") == dt.date(2200, 12, 31)


def test_a_nul_among_the_reasons_of_rejected_items(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    address = reverse("data_rejected", args=[workspace.slug])
    assert client_as("owner").get(address, {"code": "a\x00"}).status_code == 200


@pytest.mark.parametrize(
    "numbers",
    [{"seats": 10**12}, {"seats": 2_000_000_000, "unit_price": 99_999_999_999_999}],
    ids=["seats", "seats times price"],
)
def test_numbers_too_large_to_be_kept_are_said_so(
    numbers: dict[str, int], workspace: Workspace, contract: Any, client_as: Callable[..., Client]
) -> None:
    address = reverse("subscription_change", args=[workspace.slug, contract.pk])
    answer = client_as("owner").post(address, {"effective_on": "2026-02-01", **numbers})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    with tenancy.scope(workspace.pk):
        assert ContractEvent.objects.count() == 1


@pytest.mark.parametrize("target", ["account_login", "-1", "today", "javascript:alert(1)"])
def test_the_way_back_from_a_risk_is_an_address_and_nothing_else(
    target: str, workspace: Workspace, contract: Any, client_as: Callable[..., Client]
) -> None:
    address = reverse("risk_action", args=[workspace.slug, contract.account_id, "flag"])
    answer = client_as("owner").post(address, {"reason": "x", "next": target})
    account = reverse("account", args=[workspace.slug, contract.account_id])
    expected = account if ":" in target else target
    assert (answer.status_code, answer["Location"]) == (302, expected)
