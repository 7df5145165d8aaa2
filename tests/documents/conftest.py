"""An account whose every secret has a word of its own, so that a leak can be seen."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.actions.accounts import create_account
from accounts.actions.contacts import create_contact
from accounts.actions.contracts import start_subscription
from accounts.actions.interactions import log_interaction
from accounts.actions.tasks import create_task
from accounts.actors import Actor
from accounts.models import Account, Product, Workspace
from cs_platform.core import clock, tenancy
from health.actions.risk import flag_risk
from health.scoring import score_accounts
from metrics.kpis.periods import month_start
from metrics.usage.models import AccountDay, AccountDayEvent, UserDay
from tests.cast import Cast

SECRETS = (
    "PRICE-SENSITIVE", "HANDOVER-SECRET", "GUT-FEELING", "INTERNAL-TASK", "SUMMARY-SECRET",
    "NEED-SECRET", "poor", "Poor fit", "NOTE-SECRET",
)  # fmt: skip


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    """``url("report")`` → its address in the tests' workspace."""
    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def today(workspace: Workspace) -> dt.date:
    """The workspace's day."""
    return clock.local_date(clock.now(), workspace.timezone)


@pytest.fixture
def account(workspace: Workspace, cast: Cast, today: dt.date) -> Account:
    """Used, under contract, unwell, and talked about behind its back."""
    now = clock.now()
    actor = Actor.of(cast["csm"])
    with tenancy.scope(workspace.pk):
        made = create_account(
            actor=actor,
            now=now,
            external_id="polaris",
            name="北極星商事 <b>&株式会社",
            owner=cast["csm"],
            seats=10,
            stage="adoption",
            goals="月次決算を3日で終える",
            fit="poor",
            handover_note="HANDOVER-SECRET",
        )
        create_contact(
            actor=actor, now=now, account=made, external_id="c", name="Sato", language="ja"
        )
        product = Product.objects.create(code="suite", name="Suite")
        start_subscription(
            actor=actor,
            now=now,
            account=made,
            external_id="S-1",
            product=product,
            starts_on=today - dt.timedelta(days=200),
            term_months=12,
            seats=10,
            unit_price=Decimal(3000),
        )
        log_interaction(
            actor=actor,
            now=now,
            account=made,
            kind="meeting",
            summary="SUMMARY-SECRET",
            need="NEED-SECRET",
            happened_at=now,
            next_step="操作研修の日程を決める",
            next_step_on=today + dt.timedelta(days=7),
        )
        log_interaction(
            actor=actor, now=now, account=made, kind="note", summary="NOTE-SECRET",
            happened_at=now, next_step="NOTE-SECRET ask about the competitor",
            next_step_on=today,
        )  # fmt: skip
        create_task(
            actor=actor, now=now, account=made, title="INTERNAL-TASK prepare discount",
            owner=cast["csm"], due_on=today,
        )  # fmt: skip
        _use(workspace, made, today)
        score_accounts(now=now)
        flag_risk(actor=actor, now=now, account=made, reason="GUT-FEELING PRICE-SENSITIVE")
        score_accounts(now=now)
    return made


def _use(workspace: Workspace, account: Account, today: dt.date) -> None:
    """Three months of use: month n back has 2 people, one day, 10·n log-ins and n reports."""
    for back in (1, 2, 3):
        day = month_start(today, -back)
        shared: dict[str, Any] = {
            "workspace_id": workspace.pk, "account_id": account.pk, "day": day, "known_on": day,
        }  # fmt: skip
        AccountDay.objects.create(
            **shared, events=11 * back, logins=10 * back, users=2,
            last_event_at=clock.day_start(day, workspace.timezone),
        )  # fmt: skip
        AccountDayEvent.objects.create(**shared, name="Logged In", events=10 * back)
        AccountDayEvent.objects.create(**shared, name="レポート作成", events=back)
        for user in ("a", "b"):
            UserDay.objects.create(**shared, user_id=user, events=5, logins=5)


def text_of(content: bytes) -> str:
    """The words of a PDF, without the spaces and breaks that setting put between them."""
    reader = PdfReader(io.BytesIO(content))
    return "".join("".join(page.extract_text().split()) for page in reader.pages)
