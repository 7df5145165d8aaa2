"""Short ways to set a scene of accounts and contracts."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.actions.accounts import create_account
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import Account, Product, Subscription, Workspace
from tests.cast import Cast

NOW = dt.datetime(2026, 4, 15, 3, 0, tzinfo=dt.UTC)  # noon in Tokyo
TODAY = dt.date(2026, 4, 15)


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor.of(cast["csm"])


@pytest.fixture
def product(scoped: Workspace) -> Product:
    return Product.objects.create(code="core", name="Core")


@pytest.fixture
def account(scoped: Workspace, actor: Actor) -> Account:
    return create_account(actor=actor, now=NOW, external_id="A-1", name="Sakura Foods")


@pytest.fixture
def start(actor: Actor, account: Account, product: Product) -> Callable[..., Subscription]:
    """``start("S-1", "2026-01-01", unit_price=100, …)``: a contract of the account."""

    def begin(external_id: str, starts_on: str, **terms: Any) -> Subscription:
        return start_subscription(
            actor=terms.pop("actor", actor),
            now=terms.pop("now", NOW),
            account=terms.pop("account", account),
            product=terms.pop("product", product),
            external_id=external_id,
            starts_on=dt.date.fromisoformat(starts_on),
            **terms,
        )

    return begin


@pytest.fixture
def revenue(scoped: Workspace) -> Callable[..., dict[str, Decimal | None]]:
    """Recurring revenue by contract's external id on a day, as known at a moment."""

    def on(day: str, known_until: dt.datetime = NOW) -> dict[str, Decimal | None]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.external_id, r.mrr FROM recurring_revenue(%s, %s, %s) r "
                "JOIN accounts_subscription s ON s.id = r.subscription_id",
                [scoped.pk, day, known_until],
            )
            return dict(cursor.fetchall())

    return on
