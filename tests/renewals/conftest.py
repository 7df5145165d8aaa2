"""Contracts with renewals, in yen and in Tokyo's time."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.actions.accounts import create_account
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import Account, Product, Subscription, Workspace
from health.renewals.actions.derive import derive_renewals
from health.renewals.models import Renewal
from tests.cast import Cast

NOW = dt.datetime(2026, 11, 10, 3, 0, tzinfo=dt.UTC)  # noon in Tokyo, third quarter of FY2026
TODAY = dt.date(2026, 11, 10)


def at(day: str) -> dt.datetime:
    """Noon of a day in Tokyo."""
    return dt.datetime.fromisoformat(f"{day}T03:00:00+00:00")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor.of(cast["csm"])


@pytest.fixture
def product(scoped: Workspace) -> Product:
    return Product.objects.create(code="core", name="Core")


@pytest.fixture
def account(scoped: Workspace, actor: Actor, cast: Cast) -> Account:
    return create_account(
        actor=actor, now=at("2024-01-05"), external_id="A-1", name="Sakura Foods",
        owner=cast["csm"], segment="enterprise",
    )  # fmt: skip


@pytest.fixture
def start(actor: Actor, account: Account, product: Product) -> Callable[..., Subscription]:
    """``start("S-1", "2026-01-01", unit_price=100, …)``: a contract of the account."""

    def begin(external_id: str, starts_on: str, **terms: Any) -> Subscription:
        return start_subscription(
            actor=terms.pop("actor", actor),
            now=terms.pop("now", at(starts_on)),
            account=terms.pop("account", account),
            product=terms.pop("product", product),
            external_id=external_id,
            starts_on=day(starts_on),
            unit_price=Decimal(terms.pop("unit_price", 100)),
            **terms,
        )

    return begin


@pytest.fixture
def look() -> Callable[..., list[Renewal]]:
    """``look(subscription, now=NOW)``: look at the ledger, and return the rows by term."""

    def at_ledger(*subscriptions: Subscription, now: dt.datetime = NOW) -> list[Renewal]:
        derive_renewals(now=now, subscription_ids=[s.pk for s in subscriptions])
        return list(
            Renewal.objects.filter(
                subscription__in=[s.pk for s in subscriptions], is_void=False
            ).order_by("term_ends_on", "id")
        )

    return at_ledger
