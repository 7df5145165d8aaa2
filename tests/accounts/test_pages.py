"""The pages that write: who may, what they do, what they say to bad input."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.catalogue import create_plan
from accounts.actors import Actor
from accounts.models import (
    Account,
    ApiKey,
    Contact,
    ContractEvent,
    Interaction,
    Membership,
    Plan,
    Product,
    Subscription,
    Task,
    User,
    Workspace,
)
from accounts.queries.keys import find_key
from cs_platform.core import clock, tenancy

Post = Callable[..., Any]


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def held(workspace: Workspace, cast: Any) -> Account:
    """An account of the CSM with a person and a running contract."""
    from accounts.actions.accounts import create_account
    from accounts.actions.contacts import create_contact
    from accounts.actions.contracts import start_subscription
    from accounts.actors import Actor

    actor, now = Actor.of(cast["csm"]), clock.now()
    with tenancy.scope(workspace.pk):
        account = create_account(
            actor=actor, now=now, external_id="A-1", name="Sakura <b>Foods</b>", owner=cast["csm"]
        )
        create_contact(actor=actor, now=now, account=account, external_id="P-1", name="Sato")
        product = Product.objects.create(code="core", name="Core")
        Plan.objects.create(product=product, code="basic", name="Basic", rank=1)
        start_subscription(
            actor=actor,
            now=now,
            account=account,
            external_id="S-1",
            product=product,
            starts_on=dt.date(2025, 1, 1),
            unit_price=Decimal(100),
            seats=10,
            term_months=600,
        )
    return account


@pytest.fixture
def contract(workspace: Workspace, held: Account) -> Subscription:
    with tenancy.scope(workspace.pk):
        return Subscription.objects.get(external_id="S-1")


FORMS = [
    ("account_new", []),
    ("account_edit", ["account"]),
    ("account_stage", ["account"]),
    ("account_assign", ["account"]),
    ("contact_new", ["account"]),
    ("contact_edit", ["contact"]),
    ("subscription_new", ["account"]),
    ("one_off_new", ["account"]),
    ("subscription", ["contract"]),
    ("subscription_change", ["contract"]),
    ("subscription_renew", ["contract"]),
    ("subscription_notice", ["contract"]),
    ("subscription_withdraw-notice", ["contract"]),
    ("subscription_pause", ["contract"]),
    ("subscription_resume", ["contract"]),
    ("subscription_end", ["contract"]),
    ("subscription_reactivate", ["contract"]),
    ("contract_event_void", ["event"]),
    ("interaction_new", ["account"]),
    ("tasks", []),
    ("task_new", []),
    ("settings", []),
    ("members", []),
    ("api_keys", []),
    ("exchange_rates", []),
    ("catalogue", []),
    ("audit_log", []),
]


@pytest.mark.parametrize(("name", "kinds"), FORMS, ids=[name for name, _kinds in FORMS])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_opens_in_both_languages(
    client_as, url, workspace, held, contract, name, kinds, language, django_assert_max_num_queries
):
    with tenancy.scope(workspace.pk):
        ids = {
            "account": held.pk,
            "contract": contract.pk,
            "contact": Contact.objects.get().pk,
            "event": ContractEvent.objects.get().pk,
        }
    client = client_as("owner")
    with django_assert_max_num_queries(20):
        page = client.get(
            url(name, *(ids[kind] for kind in kinds)), headers={"Accept-Language": language}
        )
    assert page.status_code == 200
    assert page.headers["Content-Language"] == language
    assert b"<b>Foods</b>" not in page.content
    if "POST" in page.wsgi_request.resolver_match.func.methods:
        # nothing filled in is an answer with errors, or a form without required fields
        assert client.post(page.wsgi_request.path, {}).status_code in {200, 303}


def test_an_account_is_added_and_belongs_to_who_added_it(client_as, url, workspace, cast):
    answer = client_as("csm").post(
        url("account_new"),
        {"name": "株式会社さくら", "name_reading": "サクラ", "stage": "onboarding", "seats": "12"},
    )
    with tenancy.scope(workspace.pk):
        account = Account.objects.get()
        assert (account.owner, account.seats, account.stage) == (cast["csm"], 12, "onboarding")
        assert account.external_id.startswith("cs-")
        assert account.changes.filter(attribute="stage", new_value="onboarding").exists()
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/accounts/{account.pk}/")


def test_bad_input_is_said_beside_the_field_and_keeps_what_was_typed(client_as, url, workspace):
    answer = client_as("csm").post(
        url("account_new"),
        {"name": "Kept", "stage": "adoption", "country": "Japan!", "parent_external_id": "none"},
    )
    form = answer.context["form"]
    assert answer.status_code == 200
    assert b'value="Kept"' in answer.content
    assert set(form.errors) == {"country"}
    answer = client_as("csm").post(
        url("account_new"), {"name": "Kept", "stage": "adoption", "parent_external_id": "none"}
    )
    assert answer.context["form"].errors["parent_external_id"] == [
        "There is no account with this id."
    ]
    with tenancy.scope(workspace.pk):
        assert not Account.objects.exists()


def test_a_stage_is_changed_as_of_a_day(client_as, url, workspace, held):
    client_as("csm").post(
        url("account_stage", held.pk), {"stage": "value", "happened_on": "2026-01-15"}
    )
    with tenancy.scope(workspace.pk):
        # dated before the account was known to us: history, and not what holds now
        change = held.changes.get(attribute="stage", new_value="value")
        assert change.happened_at.isoformat() == "2026-01-14T15:00:00+00:00"
    ahead = (clock.now() + dt.timedelta(days=3)).date().isoformat()
    answer = client_as("csm").post(
        url("account_stage", held.pk), {"stage": "churned", "happened_on": ahead}
    )
    assert b"in the future" in answer.content


def test_only_who_may_assign_assigns(client_as, url, workspace, cast, held):
    other = cast["manager"]
    assert client_as("csm").post(url("account_assign", held.pk)).status_code == 403
    client_as("manager").post(url("account_assign", held.pk), {"owner": other.pk})
    with tenancy.scope(workspace.pk):
        assert Account.objects.get().owner == other
        assert held.changes.filter(attribute="owner", new_value=str(other.pk)).exists()


def test_a_rivals_rows_do_not_exist(client_as, url, rival_workspace, held, contract):
    rival = client_as("owner", of=rival_workspace)
    for name, pk in (
        ("account_edit", held.pk),
        ("subscription", contract.pk),
        ("subscription_end", contract.pk),
        ("interaction_new", held.pk),
    ):
        address = reverse(name, args=[rival_workspace.slug, pk])
        assert rival.get(address).status_code == 404
        assert rival.get(url(name, pk)).status_code == 404


def test_a_tier_is_said_in_words_and_kept_as_its_code(client_as, url, workspace, held):
    client, address = client_as("csm"), url("account_edit", held.pk)
    facts = {"name": held.name, "tier": "mid touch"}
    for said, kept in (("mid touch", "mid_touch"), ("Platinum", "Platinum")):
        assert client.post(address, {**facts, "tier": said}).status_code == 303
        with tenancy.scope(workspace.pk):
            assert Account.objects.get(pk=held.pk).tier == kept
    with tenancy.scope(workspace.pk):
        Account.objects.filter(pk=held.pk).update(tier="high_touch")
    assert 'value="High touch"' in client.get(address).content.decode()


def test_prices_are_offered_without_needless_zeros(client_as, url, contract):
    text = client_as("csm").get(url("subscription_change", contract.pk)).content.decode()
    assert 'value="100"' in text
    assert "100.0000" not in text


def test_a_contract_goes_through_its_life_by_page(client_as, url, workspace, held, contract):
    client = client_as("csm")

    def operate(name: str, **data: Any) -> Any:
        answer = client.post(url(f"subscription_{name}", contract.pk), data)
        return answer.status_code

    same = {"unit_price": "100", "billing_months": "1"}
    assert operate("change", effective_on="2025-06-01", seats="15", **same) == 303
    assert operate("notice", given_on="2025-07-01", reason="price") == 303
    assert operate("withdraw-notice", effective_on="2025-07-10") == 303
    # a change before the latest entry would be contradicted by it
    assert operate("change", effective_on="2025-05-01", seats="20", **same) == 200
    assert operate("end", last_paid_on="2025-09-30", reason="", note="") == 200
    assert (
        operate("end", last_paid_on="2025-09-30", reason="competitor", competitor="Other Co") == 303
    )
    assert operate("reactivate", effective_on="2025-12-01", seats="5", **same) == 303
    with tenancy.scope(workspace.pk):
        entries = ContractEvent.objects.order_by("effective_on", "id").values_list("kind", "mrr")
        assert list(entries) == [
            ("new", 1000),
            ("upsell", 1500),
            ("notice", 1500),
            ("notice_withdrawn", 1500),
            ("churn", 0),
            ("reactivation", 500),
        ]
        last = ContractEvent.objects.latest("id")
    assert client.post(url("contract_event_void", last.pk), {"note": "typo"}).status_code == 303
    with tenancy.scope(workspace.pk):
        contract = Subscription.objects.get()
        assert (contract.status, contract.ended_on) == ("ended", dt.date(2025, 9, 30))


def test_a_contact_is_logged_in_a_dialog_with_a_next_step(client_as, url, workspace, held, cast):
    client = client_as("agent")
    dialog = client.get(url("interaction_new", held.pk), headers={"HX-Request": "true"})
    assert b"<html" not in dialog.content
    data = {
        "kind": "call_out",
        "happened_at": clock.now().strftime("%Y-%m-%dT00:00"),
        "summary": "Asked about the report",
        "next_step": "Send the report",
    }
    refused = client.post(url("interaction_new", held.pk), data, headers={"HX-Request": "true"})
    assert "next_step_on" in refused.context["form"].errors
    data["next_step_on"] = "2030-01-31"
    answer = client.post(url("interaction_new", held.pk), data, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert '"dialog:close": true' in answer["HX-Trigger"]
    with tenancy.scope(workspace.pk):
        logged, task = Interaction.objects.get(), Task.objects.get()
        assert (logged.author, logged.account) == (cast["agent"], held)
        assert (task.title, task.due_on, task.owner) == (
            "Send the report",
            dt.date(2030, 1, 31),
            cast["agent"],
        )
        # midnight was typed as the workspace's clocks say it
        assert logged.happened_at.hour == 15


def test_tasks_are_added_finished_and_reopened(client_as, url, workspace, held, cast):
    client = client_as("agent")
    client.post(
        url("task_new") + f"?account={held.pk}",
        {"title": "Call back", "owner": cast["csm"].pk, "due_on": "2026-01-01"},
    )
    with tenancy.scope(workspace.pk):
        task = Task.objects.get()
    mine = client_as("csm").get(url("tasks")).content
    assert b"Call back" in mine
    assert b"Call back" not in client.get(url("tasks")).content
    assert b"Call back" in client.get(url("tasks") + "?whose=all").content
    done = client.post(url("task_finish", task.pk), headers={"HX-Request": "true"})
    assert (done.status_code, done.content) == (200, b"")
    assert b"Call back" in client.get(url("tasks") + "?whose=all&state=done").content
    client.post(url("task_reopen", task.pk))
    assert b"Call back" in client.get(url("tasks") + "?whose=all").content


def test_a_key_is_shown_once_and_stored_hashed(client_as, url, workspace):
    client = client_as("admin")
    made = client.post(url("api_keys"), {"name": "Warehouse", "scopes": ["ingest", "read"]})
    secret = made.context["secret"]
    assert secret.encode() in made.content
    key = ApiKey.objects.get()
    assert secret not in str(vars(key))
    assert secret.encode() not in client.get(url("api_keys")).content
    identity = find_key(secret)
    assert identity.workspace_id == workspace.pk
    assert identity.scopes == {"ingest", "read"}
    key.refresh_from_db()
    assert key.last_used_at is not None
    client.post(url("api_key_revoke", key.pk))
    assert find_key(secret) is None
    assert find_key("") is None
    assert find_key(secret + "x") is None


def test_a_manager_adds_members_by_link_but_no_administrators(client_as, url, workspace):
    client = client_as("manager")
    refused = client.post(url("members"), {"email": "boss@acme.example", "role": "admin"})
    assert "role" in refused.context["form"].errors
    added = client.post(url("members"), {"email": "New@acme.example", "role": "csm"})
    link = added.context["link"]
    assert "/password/reset/key/" in link
    assert added["Cache-Control"] == "no-store"
    member = Membership.objects.get(workspace=workspace, user__email__iexact="new@acme.example")
    assert not member.user.has_usable_password()
    stranger = Client()
    form = stranger.get(link, follow=True)
    password = "a very long passphrase"
    stranger.post(form.wsgi_request.path, {"password1": password, "password2": password})
    member.user.refresh_from_db()
    assert member.user.check_password(password)


def test_the_last_owner_stays(client_as, url, workspace, cast):
    owner = cast["owner"]
    client = client_as("owner")
    client.post(url("member_role", owner.pk), {"role": "viewer"})
    client.post(url("member_deactivate", owner.pk))
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)
    # an administrator cannot touch an owner at all
    client_as("admin").post(url("member_deactivate", owner.pk))
    owner.refresh_from_db()
    assert owner.is_active


def test_a_member_of_another_workspace_is_not_found(client_as, url, rival_workspace):
    other = Membership.objects.filter(workspace=rival_workspace).first()
    answer = client_as("owner").post(url("member_deactivate", other.pk))
    assert answer.status_code == 404


def test_log_in_by_e_mail_whatever_the_case(workspace):
    user = User.objects.get(email=f"csm@{workspace.slug}.example")
    user.set_password("a very long passphrase")
    user.save()
    client = Client()
    wrong = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert wrong.status_code == 200
    right = client.post(
        "/accounts/login/", {"login": user.email.upper(), "password": "a very long passphrase"}
    )
    assert right.status_code == 302
    assert client.get(f"/w/{workspace.slug}/tasks/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get(f"/w/{workspace.slug}/tasks/").status_code == 302


def test_settings_rates_and_products_by_page(client_as, url, workspace):
    client = client_as("admin")
    data = {
        "name": "Acme KK",
        "timezone": "Europe/Paris",
        "currency": "EUR",
        "fiscal_year_start_month": "1",
        "unknown_accounts": "hold",
    }
    assert client.post(url("settings"), data).status_code == 303
    workspace.refresh_from_db()
    assert (workspace.timezone, workspace.currency) == ("Europe/Paris", "EUR")
    rate = {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"}
    assert client.post(url("exchange_rates"), rate).status_code == 303
    # the rates are rates to this currency
    assert client.post(url("settings"), {**data, "currency": "JPY"}).status_code == 200
    product = {"form": "product", "product-name": "Core", "product-code": "core"}
    assert client.post(url("catalogue"), product).status_code == 303
    assert "code" in client.post(url("catalogue"), product).context["product_form"].errors
    log = client.get(url("audit_log")).content
    for action in (b"Changed the settings", b"Set exchange rates", b"Added a product"):
        assert action in log


def test_the_currency_of_contracts_and_their_figures_stays(client_as, url, workspace, held):
    """A closed month's 1,000 yen would read as 1,000 euro."""
    client = client_as("admin")
    data = {
        "name": "Acme KK",
        "timezone": "Asia/Tokyo",
        "currency": "EUR",
        "fiscal_year_start_month": "4",
        "unknown_accounts": "hold",
    }
    page = client.post(url("settings"), data)
    assert "contracts in JPY" in page.context["form"].errors["currency"][0]
    workspace.refresh_from_db()
    assert workspace.currency == "JPY"
    assert client.post(url("settings"), {**data, "currency": "JPY"}).status_code == 303


def test_products_and_plans_are_renamed(client_as, url, workspace, contract):
    with tenancy.scope(workspace.pk):
        product = contract.product
        plan = create_plan(
            actor=Actor.system("test"), product=product, code="g", name="G", rank=1, now=clock.now()
        )
    client = client_as("admin")
    assert client.post(url("product_edit", product.pk), {"name": "Suite 2"}).status_code == 303
    assert client.post(url("plan_edit", plan.pk), {"name": "Gold", "rank": "7"}).status_code == 303
    with tenancy.scope(workspace.pk):
        product.refresh_from_db()
        plan.refresh_from_db()
    assert (product.name, plan.name, plan.rank) == ("Suite 2", "Gold", 7)
    assert client.get(url("plan_edit", plan.pk)).context["form"].initial["rank"] == 7
    too_high = client.post(url("plan_edit", plan.pk), {"name": "Gold", "rank": "40000"})
    assert "rank" in too_high.context["form"].errors
    log = client.get(url("audit_log")).content.decode()
    assert "Changed a product" in log
    assert "→ Suite 2" in log
    assert "→ 7" in log
    assert client_as("csm").post(url("product_edit", product.pk), {"name": "x"}).status_code == 403
