"""Ids of another workspace in every field and address: they name nothing here."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.accounts import create_account
from accounts.actions.contacts import create_contact
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import Account, ContractEvent, Membership, Plan, Product, SavedView, Workspace
from cs_platform.core import clock, tenancy
from tests.api.conftest import Caller, api, caller_for, rival_api  # noqa: F401
from tests.cast import Cast


@dataclass(frozen=True)
class Book:
    """One of everything in a workspace; every name of it begins with the workspace's slug."""

    slug: str
    account: Account
    member: Membership
    product: int
    plan: int
    contact: int
    contract: int
    entry: int
    view: int


def book_of(workspace: Workspace) -> Book:
    member, now, slug = Cast(workspace)["csm"], clock.now(), workspace.slug
    actor = Actor.of(member)
    with tenancy.scope(workspace.pk):
        product = Product.objects.create(code=f"{slug}-p", name=f"{slug} product")
        plan = Plan.objects.create(product=product, code="x", name=f"{slug} plan")
        account = create_account(
            actor=actor, now=now, external_id=f"{slug}-a", name=f"{slug} account", owner=member
        )
        contact = create_contact(
            actor=actor, now=now, account=account, external_id=f"{slug}-c", name=f"{slug} contact"
        )
        contract = start_subscription(
            actor=actor,
            now=now,
            account=account,
            product=product,
            external_id=f"{slug}-s",
            starts_on=dt.date(2026, 1, 1),
        )
        view = SavedView.objects.create(member=member, page="accounts", name=slug, is_shared=True)
        entry = ContractEvent.objects.get()
    return Book(
        slug, account, member, product.pk, plan.pk, contact.pk, contract.pk, entry.pk, view.pk
    )


@pytest.fixture
def mine(workspace: Workspace) -> Book:
    return book_of(workspace)


@pytest.fixture
def theirs(rival_workspace: Workspace) -> Book:
    return book_of(rival_workspace)


def test_no_form_takes_an_id_of_another_workspace(
    mine: Book, theirs: Book, client_as: Callable[..., Client], workspace: Workspace
) -> None:
    client, account, there = client_as("owner"), mine.account.pk, theirs.account
    start = {"starts_on": "2026-01-01", "currency": "JPY"}
    contact = {"kind": "note", "summary": "x", "happened_at": "2026-05-01 10:00"}
    posts: list[tuple[str, list[Any], dict[str, Any], int]] = [
        ("account_edit", [account], {"name": "x", "sales_owner": theirs.member.pk}, 200),
        ("account_edit", [account], {"name": "x", "parent_external_id": there.external_id}, 200),
        ("account_edit", [account], {"name": "x", "referrer_external_id": there.external_id}, 200),
        ("account_assign", [account], {"owner": theirs.member.pk}, 200),
        ("accounts_assign", [], {"ids": [account], "owner": theirs.member.pk}, 303),
        ("accounts_assign", [], {"ids": [account, there.pk], "owner": "none"}, 303),
        ("interaction_new", [account], {**contact, "contact": theirs.contact}, 200),
        ("subscription_new", [account], {**start, "product": theirs.product}, 200),
        (
            "subscription_new",
            [account],
            {**start, "product": mine.product, "plan": theirs.plan},
            200,
        ),
        ("one_off_new", [account], {"effective_on": "2026-01-01", "amount": 1, "currency": "JPY",
                                    "subscription": theirs.contract}, 200),
        ("task_new", [], {"title": "x", "owner": theirs.member.pk}, 200),
        ("catalogue", [], {"form": "plan", "plan-product": theirs.product, "plan-name": "x",
                           "plan-code": "y", "plan-rank": 1}, 200),
        ("delete_view", [theirs.view], {}, 404),
        ("contract_event_void", [theirs.entry], {"note": "x"}, 404),
        ("subscription_change", [theirs.contract], {"seats": 1}, 404),
        ("contact_edit", [theirs.contact], {"name": "x"}, 404),
        ("risk_action", [there.pk, "flag"], {"reason": "x"}, 404),
    ]  # fmt: skip
    for name, arguments, data, status in posts:
        answer = client.post(reverse(name, args=[workspace.slug, *arguments]), data)
        assert answer.status_code == status, (name, data)
        # what was typed comes back in its field; what it names does not
        for word in ("account", "product", "plan", "contact"):
            assert f"{theirs.slug} {word}" not in answer.content.decode(), (name, data)
    with tenancy.scope(workspace.pk):
        kept = Account.objects.get()
        assert kept.name == mine.account.name
        assert kept.owner_id == mine.member.pk
        assert ContractEvent.objects.count() == 1
        assert Plan.objects.count() == 1


def test_no_page_shows_what_belongs_to_another_workspace(
    mine: Book, theirs: Book, client_as: Callable[..., Client], workspace: Workspace
) -> None:
    client = client_as("owner")
    ids = {
        "account": theirs.account.pk,
        "account_usage": theirs.account.pk,
        "account_timeline": theirs.account.pk,
        "account_contract": theirs.account.pk,
        "subscription": theirs.contract,
        "contact_edit": theirs.contact,
        "risk": theirs.account.pk,
    }
    for name, pk in ids.items():
        assert client.get(reverse(name, args=[workspace.slug, pk])).status_code == 404, name
    for name in ("accounts", "at_risk", "today", "overview", "accounts_export", "tasks", "search",
                 "catalogue", "data_sources", "members", "audit_log", "api_keys"):  # fmt: skip
        answer = client.get(
            reverse(name, args=[workspace.slug]), {"owner": "all", "whose": "all", "q": "account"}
        )
        assert answer.status_code == 200, name
        assert theirs.slug not in answer.getvalue().decode(), name


def test_no_call_of_the_api_takes_what_another_workspace_gave_out(
    mine: Book,
    theirs: Book,
    api: Caller,  # noqa: F811
    rival_api: Caller,  # noqa: F811
) -> None:
    email, account = theirs.member.user.email, theirs.account.external_id
    puts: list[tuple[str, dict[str, Any]]] = [
        ("accounts/n", {"name": "x", "owner_email": email}),
        ("accounts/n", {"name": "x", "parent_external_id": account}),
        ("contacts/n", {"name": "x", "account_external_id": account}),
        (
            "subscriptions/n",
            {"account_external_id": account, "product": "p", "starts_on": "2026-01-01"},
        ),
    ]
    for address, body in puts:
        assert api.put(address, body).status_code == 422, (address, body)
    assert api.post("tasks", {"title": "x", "owner_email": email}).status_code == 422
    void = {"kind": "void", "event": theirs.entry}
    assert api.post("contract-events", void).status_code == 422
    for address in (f"contacts?account={account}", f"accounts?owner={email}"):
        assert api.get(address).status_code == 400, address
    for address in (f"accounts/{account}", f"health/{account}", f"subscriptions/{theirs.slug}-s"):
        assert api.get(address).status_code == 404, address
    etag = rival_api.get(f"accounts/{account}")["ETag"]
    stale = api.put(f"accounts/{mine.account.external_id}", {"name": "y"}, **{"If-Match": etag})
    assert stale.status_code == 412


def test_a_key_and_a_cursor_of_another_workspace_open_nothing(
    mine: Book,
    theirs: Book,
    api: Caller,  # noqa: F811
    rival_api: Caller,  # noqa: F811
) -> None:
    key = {"Idempotency-Key": "the same"}
    there = rival_api.post("tasks", {"title": "one"}, **key)
    here = api.post("tasks", {"title": "one"}, **key)
    assert (here.status_code, "Idempotency-Replayed" in here) == (201, False)
    assert here.json()["id"] != there.json()["id"]
    rival_api.put("accounts/zz", {"name": "zz"})
    cursor = rival_api.get("accounts?limit=1").json()["next_cursor"]
    assert theirs.slug not in api.get(f"accounts?limit=1&cursor={cursor}").content.decode()
