"""Expected lifetime and lifetime value. Pure.

Where churn is stable, lifetime is 1 ÷ annual churn; where it is not, that would extrapolate a rate
that moves, so it is the restricted mean of the survival curve, which says nothing of what has not
been observed yet.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from metrics.statistics import Estimate, share

MONTHS_OF_HISTORY = 24
CHURNED_ACCOUNTS = 30


@dataclass(frozen=True)
class ChurnHistory:
    """What was seen of churn: over all time, by the month, and in two stretches of 12 months.

    ``account_months`` counts, for each of the last 12 months, who paid when it began,
    ``churned_12m`` those of them who did not when it ended. ``opening_12`` paid 12 months ago, and
    ``lost_12`` of them no longer; ``opening_24`` paid 24 months ago, ``lost_24`` of them no longer
    12 months ago.
    """

    months: int
    churned: int
    account_months: int
    churned_12m: int
    opening_12: int
    lost_12: int
    opening_24: int
    lost_24: int


@dataclass(frozen=True)
class Lifetime:
    """Expected lifetime in years, by ``rule`` ``churn`` or ``curve``, with both candidates."""

    years: Estimate | None
    rule: str
    by_churn: Estimate | None
    by_curve: Estimate | None
    annual_churn: Estimate | None
    last_rate: Estimate | None
    rate_before: Estimate | None
    checks: dict[str, bool]


def expected_lifetime(history: ChurnHistory, curve_mean: Estimate | None) -> Lifetime:
    """Which lifetime holds, and why.

    ``curve_mean``: restricted mean of the survival curve, in years. 1 ÷ annual churn needs 24
    months of history, 30 churned accounts, and two last 12-month rates that lie within each
    other's 95 % interval. Annual churn is 12 × the monthly rate pooled over the last 12 months.
    """
    last = share(history.lost_12, history.opening_12)
    before = share(history.lost_24, history.opening_24)
    monthly = share(history.churned_12m, history.account_months)
    by_churn = annual = None
    if monthly is not None:
        annual = Estimate(12 * monthly.value, 12 * monthly.low, 12 * monthly.high, monthly.n)
        if monthly.value > 0:
            by_churn = Estimate(1 / annual.value, 1 / annual.high, 1 / annual.low, monthly.n)
    checks = {
        "history": history.months >= MONTHS_OF_HISTORY,
        "churned": history.churned >= CHURNED_ACCOUNTS,
        "steady": last is not None
        and before is not None
        and before.low <= last.value <= before.high
        and last.low <= before.value <= last.high,
    }
    is_stable = all(checks.values()) and by_churn is not None
    return Lifetime(
        years=by_churn if is_stable else curve_mean,
        rule="churn" if is_stable else "curve",
        by_churn=by_churn,
        by_curve=curve_mean,
        annual_churn=annual,
        last_rate=last,
        rate_before=before,
        checks=checks,
    )


def purchase_value(
    value_per_purchase: Decimal | float, purchases_per_year: float, years_retained: float
) -> float:
    """LTV (顧客生涯価値) = average value per purchase × purchases per year × years retained.

    In the money of the purchases. A subscription is the case of one purchase a year of the annual
    recurring revenue. Raises ``ValueError`` for a negative frequency or time.
    """
    if purchases_per_year < 0 or years_retained < 0:
        raise ValueError("purchases per year and years retained cannot be negative")
    return float(value_per_purchase) * purchases_per_year * years_retained


def lifetime_value(revenue_per_year: Estimate, lifetime: Estimate, margin: float) -> Estimate:
    """Annual recurring revenue per account × gross margin × expected lifetime, with its interval.

    ``margin`` 1 gives the form on revenue (売上ベース). The two sources of doubt are independent:
    the squares of their relative reaches add up.
    """
    value = purchase_value(revenue_per_year.value, 1, lifetime.value) * margin

    def reach(end: str) -> float:
        parts = [
            (getattr(estimate, end) - estimate.value) / estimate.value
            for estimate in (revenue_per_year, lifetime)
            if estimate.value
        ]
        return sqrt(sum(part * part for part in parts))

    ends = value * max(1 - reach("low"), 0.0), value * (1 + reach("high"))
    return Estimate(value, min(ends), max(ends), revenue_per_year.n)
