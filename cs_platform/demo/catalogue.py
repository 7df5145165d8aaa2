"""What is sold and for how much, what one can do with it, and what foreign money is worth."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import numpy as np


@dataclass(frozen=True)
class PlanOffer:
    """A plan with its list price per seat and month in each currency it is sold in."""

    product: str
    code: str
    name: str
    rank: int
    prices: dict[str, int]


PRODUCTS = {"core": "Kanade Workspace", "insight": "Kanade Insight"}
PLANS = (
    PlanOffer("core", "starter", "Starter", 1, {"JPY": 6_800, "USD": 49, "EUR": 45}),
    PlanOffer("core", "business", "Business", 2, {"JPY": 11_800, "USD": 85, "EUR": 79}),
    PlanOffer("core", "enterprise", "Enterprise", 3, {"JPY": 17_800, "USD": 128, "EUR": 119}),
    PlanOffer("insight", "standard", "Insight Standard", 1, {"JPY": 3_200, "USD": 23, "EUR": 21}),
)
PLAN_BY_SEGMENT = {
    "enterprise": "enterprise",
    "mid_market": "business",
    "small": "starter",
    "startup": "starter",
}
CURRENCY = {
    "JP": "JPY",
    "US": "USD",
    "GB": "USD",
    "SG": "USD",
    "AU": "USD",
    "DE": "EUR",
    "FR": "EUR",
}

LOGIN = "Logged In"
# what users do, from what everybody does to what only the engaged do
FEATURES = (
    "Dashboard Viewed",
    "Project Opened",
    "Task Completed",
    "Comment Added",
    "Search Performed",
    "File Uploaded",
    "Report Created",
    "Project Created",
    "Report Exported",
    "Alert Configured",
    "Workflow Run",
    "Data Imported",
    "Integration Synced",
    "Member Invited",
)


def offer(product: str, code: str) -> PlanOffer:
    """The plan ``code`` of ``product``."""
    return next(plan for plan in PLANS if (plan.product, plan.code) == (product, code))


def price(plan: PlanOffer, currency: str, discount: float) -> Decimal:
    """List price less ``discount`` (0–1), in whole hundreds of yen or whole units of the rest."""
    step = 100 if currency == "JPY" else 1
    return Decimal(max(step, round(plan.prices[currency] * (1 - discount) / step) * step))


@dataclass(frozen=True)
class Rate:
    """What one unit of ``currency`` is worth in yen from ``valid_from`` on."""

    currency: str
    valid_from: dt.date
    rate: Decimal


def exchange_rates(start: dt.date, end: dt.date, rng: np.random.Generator) -> list[Rate]:
    """A rate a month for dollar and euro from the month of ``start`` to that of ``end``.

    A random walk around 148 and 161 yen that does not stray far.
    """
    rates = []
    for currency, centre in (("EUR", 161.0), ("USD", 148.0)):
        level, day = 0.0, start.replace(day=1)
        while day <= end:
            level = 0.9 * level + float(rng.normal(0, 0.016))
            rates.append(Rate(currency, day, Decimal(f"{centre * float(np.exp(level)):.2f}")))
            day = (day + dt.timedelta(days=32)).replace(day=1)
    return rates
