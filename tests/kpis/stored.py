"""Stored figures made by hand, for pages that read nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.actions.accounts import create_account
from accounts.actions.catalogue import create_product
from accounts.actions.contracts import start_subscription
from accounts.actors import Actor
from accounts.models import Account, Workspace
from cs_platform.core import clock, tenancy
from metrics.kpis.definitions import KPIS, Unit
from metrics.kpis.models import AccountPeriod, Curve, Figure, Period
from metrics.kpis.periods import month_start
from metrics.kpis.queries.revenue import STEPS

_DETAIL = {
    "revenue_per_account": "1200",
    "gross_margin": "0.75",
    "lifetime_years": 5.0,
    "lifetime_rule": "churn",
    "churn_lifetime_years": 5.0,
    "curve_lifetime_years": 3.2,
    "curve_horizon_years": 4.0,
    "annual_churn": 0.2,
    "months_of_history": 30,
    "churned": 40,
    "churned_12m": 20,
    "account_months_12m": 1200,
    "last_rate": [0.2, 0.15, 0.25],
    "rate_before": [0.21, 0.16, 0.26],
    "checks": {"history": True, "churned": True, "steady": True},
}
# What a period of the tests says of each KPI; shares of 100 accounts, money of 10.
VALUES: dict[str, float] = {
    "mrr": 10_000,
    "arr": 120_000,
    "customers": 100,
    "customer-churn": 0.2,
    "logo-retention": 0.8,
    "revenue-churn-gross": 0.15,
    "revenue-churn-net": 0.05,
    "revenue-churn-cancelled": 0.1,
    "grr": 0.85,
    "nrr": 0.95,
    "ltv-revenue": 6_000,
    "ltv-margin": 4_500,
    "mean-tenure": 38.4,
    "onboarding-days": 42,
    "referrals": 3,
}


class Shelf:
    """Puts periods and figures on the shelf of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.now = clock.now()
        self.today = clock.local_date(self.now, workspace.timezone)

    def period(self, kind: str = "trailing12", back: int = 0, **fields: Any) -> Period:
        """The running period of a kind, or for months and trailing ones one so many months ago."""
        first = month_start(self.today, -back)
        ends_on = month_start(first, 1)
        is_open = back == 0
        series = Period.Series.CURRENT if is_open else Period.Series.FIRST
        with tenancy.scope(self.workspace.pk):
            return Period.objects.create(
                kind=kind,
                starts_on=first if kind == "month" else month_start(ends_on, -12),
                ends_on=ends_on,
                until_on=self.today + dt.timedelta(days=1) if is_open else ends_on,
                **{
                    "series": series,
                    "known_until": self.now,
                    "is_due": False,
                    "computed_at": self.now,
                    **fields,
                },
            )

    def figures(self, period: Period, **values: float) -> None:
        """Every KPI of a period, overall and by two segments; ``values`` override by slug."""
        given = {slug.replace("_", "-"): value for slug, value in values.items()}
        with tenancy.scope(self.workspace.pk):
            for slug, kpi in KPIS.items():
                value = given.get(slug, VALUES.get(slug, 0.5))
                is_share = kpi.unit == Unit.SHARE
                for dimension, name, part in (
                    ("", "", 1.0), ("segment", "small", 0.9), ("segment", "enterprise", 1.1),
                ):  # fmt: skip
                    Figure.objects.create(
                        period=period,
                        kpi=slug,
                        dimension=dimension,
                        value=name,
                        figure=value * part,
                        low=max(value * part - 0.05, 0) if is_share else None,
                        high=value * part + 0.05 if is_share else None,
                        numerator=Decimal(str(round(value * part * 100, 4))),
                        denominator=Decimal(100) if is_share else None,
                        n=100 if not dimension else 50,
                        detail=_DETAIL if slug.startswith("ltv") else {},
                    )

    def bridge(self, period: Period, **amounts: int) -> None:
        """The revenue bridge; steps not given are 0."""
        with tenancy.scope(self.workspace.pk):
            Figure.objects.create(
                period=period,
                kpi="bridge",
                n=100,
                detail={
                    **{
                        step: [str(amounts.get(step, 0)), int(bool(amounts.get(step)))]
                        for step in STEPS
                    },
                    "currency_effect": "0",
                },
            )

    def reason(self, period: Period, reason: str, accounts: int, lost: int) -> None:
        """Accounts lost for a reason."""
        with tenancy.scope(self.workspace.pk):
            for kpi, numerator in (("customer-churn", accounts), ("revenue-churn-cancelled", lost)):
                Figure.objects.create(
                    period=period,
                    kpi=kpi,
                    dimension="reason",
                    value=reason,
                    figure=0.1,
                    numerator=Decimal(numerator),
                    n=accounts,
                )

    def curve(self, period: Period, value: str = "") -> None:
        """A survival curve of three steps."""
        with tenancy.scope(self.workspace.pk):
            Curve.objects.create(
                period=period,
                dimension="segment" if value else "",
                value=value,
                days=[30, 90, 365],
                survival=[0.95, 0.9, 0.8],
                low=[0.9, 0.84, 0.7],
                high=[0.98, 0.95, 0.88],
                at_risk=[100, 90, 50],
                n=100,
                ended=20,
            )

    def cohort(self, period: Period, cohort: dt.date, customers: int, mrr: int) -> None:
        """What is left of a cohort at the end of a month."""
        with tenancy.scope(self.workspace.pk):
            for kpi, amount in (("customers", customers), ("mrr", mrr)):
                Figure.objects.create(
                    period=period,
                    kpi=kpi,
                    dimension="cohort",
                    value=cohort.isoformat(),
                    figure=float(amount),
                    numerator=Decimal(amount),
                    n=customers,
                )

    def account(self, name: str, **fields: Any) -> Account:
        """An account."""
        with tenancy.scope(self.workspace.pk):
            return create_account(
                actor=Actor.system("tests"), now=self.now, external_id=f"id-{name}", name=name,
                **fields,
            )  # fmt: skip

    def fact(
        self, period: Period, account: Account, *, opening: int = 0, closing: int = 0, **more: Any
    ) -> AccountPeriod:
        """What the period was for an account, in money per month."""
        churned_on = more.pop("churned_on", None)
        with tenancy.scope(self.workspace.pk):
            return AccountPeriod.objects.create(
                period_id=period.pk,
                account_id=account.pk,
                **{
                    "segment": account.segment,
                    "is_opening": bool(opening),
                    "is_closing": bool(closing),
                    "is_new": bool(closing and not opening),
                    "is_reactivated": False,
                    "is_churned": churned_on is not None,
                    "is_paused": False,
                    "is_referred": False,
                    "mrr_opening": Decimal(opening),
                    "mrr_closing": Decimal(closing),
                    "mrr_now": Decimal(closing),
                    "cancelled": Decimal(opening if churned_on else 0),
                    "churned_on": churned_on,
                    **more,
                },
            )


def start(shelf: Shelf) -> None:
    """A first contract, long ago."""
    account = shelf.account("First")
    with tenancy.scope(shelf.workspace.pk):
        actor = Actor.system("tests")
        product = create_product(actor=actor, code="p", name="Suite", now=shelf.now)
        start_subscription(
            actor=actor, now=shelf.now, account=account, external_id="s-1", product=product,
            plan=None, starts_on=shelf.today - dt.timedelta(days=400), term_months=None, seats=None,
            unit_price=10, is_historical=True,
        )  # fmt: skip


def text_of(answer: Any) -> str:
    """The body of a page that was found."""
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())
