"""A book of contracts in a few words, and the figures made of it."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.actions.accounts import upsert_accounts
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.actors import Actor
from accounts.models import Account, Subscription, Workspace
from metrics.kpis.actions.compute import compute
from metrics.kpis.models import Figure, Period
from metrics.kpis.periods import month_start, span_of
from metrics.kpis.queries.figures import current_figures, cut
from metrics.kpis.queries.periods import find_period
from metrics.kpis.queries.shapes import FigureView, PeriodView
from tests.kpis.stored import Shelf

NOW = dt.datetime(2026, 4, 15, 3, 0, tzinfo=dt.UTC)  # noon in Tokyo
ACTOR = Actor.system("tests")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@dataclass
class Book:
    """The accounts and contracts of a test, known when they took effect."""

    workspace: Workspace
    now: dt.datetime = NOW

    def account(self, external_id: str, **fields: Any) -> Account:
        """An account, known from the start of time unless ``happened_at`` says otherwise."""
        item = {
            "external_id": external_id,
            "name": fields.pop("name", external_id),
            "happened_at": fields.pop("happened_at", "2000-01-01T00:00:00+00:00"),
            **fields,
        }
        (result,) = upsert_accounts(actor=ACTOR, now=self.now, items=[item], is_historical=True)
        assert not result.problems, result.problems
        return Account.objects.get(external_id=external_id)

    def contract(self, account: str, start: str, mrr: Any, **terms: Any) -> Subscription:
        """A contract of ``account``, which is made where it is new."""
        if not Account.objects.filter(external_id=account).exists():
            self.account(account)
        historical = terms.pop("is_historical", True)
        item = {
            "external_id": terms.pop("external_id", f"{account}-{start}"),
            "account_external_id": account,
            "product": terms.pop("product", "core"),
            "starts_on": start,
            "mrr": mrr,
            **terms,
        }
        (result,) = upsert_subscriptions(
            actor=ACTOR, now=terms.pop("now", self.now), items=[item], is_historical=historical
        )
        assert not result.problems, result.problems
        return Subscription.objects.get(external_id=item["external_id"])

    def change(self, contract: Subscription, on: str, **terms: Any) -> None:
        """New terms of a contract from a day on; ``ended_on`` is its last paid day."""
        item = {
            "external_id": contract.external_id,
            "account_external_id": contract.account.external_id,
            "product": contract.product.code,
            "effective_on": on,
            **terms,
        }
        (result,) = upsert_subscriptions(
            actor=ACTOR, now=self.now, items=[item], is_historical=True
        )
        assert not result.problems, result.problems
        assert result.outcome == "updated"

    def period(
        self,
        kind: str,
        inside: str,
        *,
        series: str = Period.Series.RESTATED,
        until: str | None = None,
    ) -> PeriodView:
        """Compute the period a day falls in, by what is known now."""
        span = span_of(kind, day(inside), self.workspace.fiscal_year_start_month)
        row, _created = Period.objects.update_or_create(
            kind=kind,
            starts_on=span.starts_on,
            ends_on=span.ends_on,
            series=series,
            as_of=None,
            defaults={"until_on": day(until) if until else span.ends_on},
        )
        compute([row], now=self.now)
        found = find_period(kind, span.starts_on)
        assert found is not None
        return found

    def figures(self, kind: str, inside: str, **how: Any) -> dict[str, FigureView]:
        """The overall figures of the period a day falls in."""
        return current_figures(self.period(kind, inside, **how))


@pytest.fixture
def book(scoped: Workspace) -> Book:
    return Book(scoped)


@pytest.fixture
def five(book: Book) -> Book:
    """March 2026 begins with A–E paying 100, 200, 300, 400 and 1,000: R = 2,000 from 5 accounts.

    A leaves with 31 March as the last paid day; B falls to 150; C grows to 420 with a seat more; D
    loses one of two products (100 of its 400); E stays. F starts on 1 March (70), G starts on 5
    March and ends on 20 March. H left in January and returns on 10 March (50).
    """
    book.account("A", segment="small")
    book.account("B", segment="small")
    book.contract("A", "2025-06-01", 100, ended_on="2026-03-31", reason="price")
    b = book.contract("B", "2025-06-01", 200)
    book.change(b, "2026-03-10", mrr=150)
    c = book.contract("C", "2025-06-01", 300, seats=3)
    book.change(c, "2026-03-15", mrr=420, seats=4)
    book.contract("D", "2025-06-01", 300)
    book.contract("D", "2025-06-02", 100, product="extra", ended_on="2026-03-20")
    book.contract("E", "2025-06-01", 1000)
    book.contract("F", "2026-03-01", 70)
    book.contract("G", "2026-03-05", 60, ended_on="2026-03-20")
    book.contract("H", "2025-06-01", 40, ended_on="2026-01-31")
    book.contract("H", "2026-03-10", 50, external_id="H-2")
    return book


@pytest.fixture
def shares(book: Book) -> Callable[..., dict[str, float | None]]:
    """A KPI by the values of a cut."""

    def by(kpi: str, period: PeriodView, dimension: str) -> dict[str, float | None]:
        return {row.value: row.figure for row in cut(kpi, period, dimension)}

    return by


def money(values: Iterable[Any]) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


def stored(period: PeriodView) -> list[tuple[Any, ...]]:
    """Everything stored of a period, to compare."""
    return sorted(
        Figure.objects.filter(period_id=period.id).values_list(
            "kpi", "dimension", "value", "figure", "numerator", "denominator", "n", "missing"
        ),
        key=str,
    )


@pytest.fixture
def shelf(workspace: Workspace) -> Shelf:
    """The tests' workspace, without a figure."""
    return Shelf(workspace)


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    """``url("metric", "grr")`` → its address."""
    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def stocked(shelf: Shelf) -> Shelf:
    """Two trailing years and three months with figures, a bridge, reasons, curves, cohorts."""
    now, before = shelf.period(), shelf.period(back=1)
    shelf.figures(now)
    shelf.figures(before, customer_churn=0.25, mrr=9_000)
    shelf.bridge(
        now, start=9_000, new=2_000, expansion=500, contraction=-300, churn=-1_200, end=10_000
    )
    shelf.reason(now, "price", 12, 700)
    shelf.reason(now, "support", 8, 500)
    for value in ("", "small", "enterprise"):
        shelf.curve(now, value)
    first = month_start(shelf.today, -2)
    for back, customers, mrr in ((2, 10, 1000), (1, 9, 1100), (0, 6, 900)):
        shelf.cohort(shelf.period("month", back), first, customers, mrr)
    return shelf
