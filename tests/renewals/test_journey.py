"""A renewal from the first call to the ledger, as a CSM moves it in the browser; and a lost one."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.actions.accounts import create_account
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import ContractEvent, Product, Workspace
from cs_platform.core import clock, tenancy
from health.renewals.actions.derive import derive_renewals
from health.renewals.models import Renewal, RenewalForecast
from tests.browser import LiveApp

pytestmark = pytest.mark.browser

STEPS = ("打診済", "見積提出", "稟議中", "内諾")
ACTOR = Actor.system("tests")


@pytest.fixture
def due(live_app: LiveApp) -> Workspace:
    """Two contracts that end within two months."""
    workspace, now = live_app.workspace, clock.now()
    today = clock.local_date(now, workspace.timezone)
    with tenancy.scope(workspace.pk):
        product = Product.objects.create(code="core", name="Core")
        contracts = [
            start_subscription(
                actor=ACTOR, now=now, external_id=f"C-{name}", product=product,
                account=create_account(actor=ACTOR, now=now, external_id=name, name=name),
                starts_on=today - dt.timedelta(days=310), term_months=12, seats=10,
                unit_price=Decimal(1000),
            ).pk
            for name in ("さくら食品", "北野工業")
        ]  # fmt: skip
        derive_renewals(now=now, subscription_ids=contracts)
    return workspace


def test_from_the_first_call_to_the_ledger(due: Workspace, open_page: Callable[..., Any]) -> None:
    page = open_page(f"/w/{due.slug}/renewals/?owner=all", language="ja")
    row = page.locator("tbody tr").filter(has_text="さくら食品")
    dialog = page.get_by_role("dialog")
    expect(row.locator(".renewal-step")).to_contain_text("未着手")
    row.locator(".renewal-step button").click()
    for step in STEPS:
        form = dialog.locator("details").filter(has_text="進捗を更新").first
        form.get_by_label("進捗", exact=True).select_option(label=step)
        form.get_by_label("次のステップ").fill(f"{step}の次")
        form.locator("button.btn-primary").click()
        # the dialog and the list behind it both follow
        expect(dialog.locator(".list-plain").first).to_contain_text(f"→ {step}")
        expect(row.locator(".renewal-step")).to_contain_text(step)
    offer = dialog.locator("details").filter(has_text="担当CSMの見込み")
    offer.locator("summary").click()
    offer.locator("select[name=category]").select_option("commit")
    offer.locator("button.btn-primary").click()
    expect(row).to_contain_text("確実")
    offer = dialog.locator("details").filter(has_text="更新を記入")
    offer.locator("summary").click()
    offer.locator("input[name=seats]").fill("12")
    offer.locator("button.btn-primary").click()
    expect(dialog.locator(".facts, dl").first).to_contain_text("更新済")
    expect(row).to_have_count(0)  # the list is of open ones

    with tenancy.scope(due.pk):
        renewal = Renewal.objects.get(account__name="さくら食品", step="renewed")
        entries = ContractEvent.objects.filter(
            subscription=renewal.subscription_id, effective_on=renewal.closed_on
        ).order_by("id")
        # two more seats are an upsell beside the renewal
        assert [(e.kind, e.seats) for e in entries] == [("renewal", 10), ("upsell", 12)]
        assert RenewalForecast.objects.filter(renewal=renewal, forecaster="csm").count() == 1
    page.goto(page.url.replace("owner=all", "owner=all&step=closed"))
    page.get_by_role("link", name="さくら食品").first.click()
    page.get_by_role("link", name="契約と台帳").click()
    expect(page.locator("main")).to_contain_text("更新")
    expect(page.locator("main")).to_contain_text("12")


def test_a_lost_one_is_an_end_in_the_ledger(due: Workspace, open_page: Callable[..., Any]) -> None:
    page = open_page(f"/w/{due.slug}/renewals/?owner=all", width=375)
    row = page.locator("tbody tr").filter(has_text="北野工業")
    row.locator(".renewal-step button").click()
    dialog = page.get_by_role("dialog")
    offer = dialog.locator("details").filter(has_text="Enter the loss")
    offer.locator("summary").click()
    offer.locator("select[name=reason]").select_option("price")
    offer.get_by_label("Competitor").fill("Bluebird CRM")
    offer.locator("button.btn-danger").click()
    expect(dialog).to_contain_text("Lost")
    expect(row).to_have_count(0)
    with tenancy.scope(due.pk):
        renewal = Renewal.objects.get(account__name="北野工業")
        entry = ContractEvent.objects.get(subscription=renewal.subscription_id, kind="churn")
        assert (renewal.step, renewal.closed_on) == ("lost", entry.last_paid_on)
        assert (entry.reason, entry.competitor) == ("price", "Bluebird CRM")
