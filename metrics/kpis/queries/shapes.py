"""What the queries give to pages, the API and reports."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class PeriodView:
    """A period that has been computed, in the series that is shown for it.

    ``is_open`` while it runs; ``until_on`` is the first day not counted yet. ``is_restated``: what
    became known after its end changed it, and ``first_id`` is the period as first known.
    """

    id: int
    kind: str
    starts_on: dt.date
    ends_on: dt.date
    until_on: dt.date
    series: str
    as_of: dt.date | None
    known_until: dt.datetime
    computed_at: dt.datetime
    is_open: bool
    is_restated: bool
    first_id: int | None

    @property
    def last_on(self) -> dt.date:
        """The last day counted."""
        return self.until_on - dt.timedelta(days=1)


@dataclass(frozen=True)
class FigureView:
    """A KPI of one period. Shares are 0–1, money is in the workspace's currency.

    ``figure`` is None where there was nothing to divide by, or no exchange rate. ``first`` is the
    figure as first known where this one is restated and differs. ``missing`` counts the accounts
    left out because no exchange rate was in force.
    """

    kpi: str
    period: PeriodView
    dimension: str
    value: str
    label: str
    figure: float | None
    low: float | None
    high: float | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    missing: int
    is_restated: bool
    first: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AccountRow:
    """An account behind a figure: what the period was for it, money at the period-start rates."""

    account_id: int
    name: str
    mrr_opening: Decimal | None
    mrr_closing: Decimal | None
    change: Decimal | None
    counts: bool
    amount: Decimal | None
    churned_on: dt.date | None
    reason: str


@dataclass(frozen=True)
class AccountsPage:
    """Some of the accounts behind a figure, and the cursor of those that follow."""

    rows: list[AccountRow]
    next_cursor: str | None


@dataclass(frozen=True)
class BridgeStep:
    """One step of the revenue bridge; losses are negative."""

    key: str
    amount: Decimal
    accounts: int
    is_total: bool


@dataclass(frozen=True)
class Bridge:
    """How the recurring revenue at the start became that at the end; the steps add up exactly.

    Keys, in order: start, new, reactivation, expansion, contraction, churn, end, all at the
    exchange rates of the start. ``currency_effect`` is what the rates at the end add to that;
    ``missing`` counts accounts without an exchange rate, which are in no step.
    """

    period: PeriodView
    steps: list[BridgeStep]
    currency_effect: Decimal
    missing: int


@dataclass(frozen=True)
class CohortCell:
    """A cohort at the end of one period; ``amount`` is customers, or recurring revenue."""

    period_starts_on: dt.date
    offset: int
    amount: Decimal
    share: float | None


@dataclass(frozen=True)
class CohortRow:
    """The accounts that first paid in one month (or quarter), and what is left of them.

    ``size`` is what the cohort counted at the end of its first period, to which shares relate.
    """

    cohort: dt.date
    size: Decimal | None
    cells: list[CohortCell]


@dataclass(frozen=True)
class CohortTable:
    """Cohorts, oldest first; ``totals`` per period are the sums over all cohorts."""

    kind: str
    by: str
    rows: list[CohortRow]
    totals: list[CohortCell]


@dataclass(frozen=True)
class CurvePoint:
    """The share still customers so many days after their start, with the 95 % band."""

    days: int
    survival: float
    low: float
    high: float
    at_risk: int

    @property
    def months(self) -> float:
        """Days as months of 30.4375 days."""
        return self.days / 30.4375


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan–Meier curve; it begins at (0, 1)."""

    dimension: str
    value: str
    label: str
    n: int
    ended: int
    points: list[CurvePoint]


@dataclass(frozen=True)
class ReasonRow:
    """Why accounts left in a period: how many, and how much recurring revenue went with them."""

    reason: str
    label: str
    accounts: int
    lost: Decimal
    share: float


@dataclass(frozen=True)
class Ltv:
    """Lifetime value with everything it was made of.

    ``lifetime_rule`` is ``churn`` (1 ÷ annual churn) or ``curve`` (restricted mean); ``checks``
    says which of the conditions for the former held. Years; money per year in the workspace's
    currency; ``margin`` is None until the workspace has given its gross margin.
    """

    period: PeriodView
    dimension: str
    value: str
    label: str
    revenue: FigureView | None
    margin: FigureView | None
    revenue_per_account: Decimal | None
    gross_margin: Decimal | None
    lifetime_years: float | None
    lifetime_rule: str
    churn_lifetime_years: float | None
    curve_lifetime_years: float | None
    curve_horizon_years: float | None
    annual_churn: float | None
    months_of_history: int
    churned: int
    churned_12m: int
    account_months_12m: int
    last_rate: tuple[float, float, float] | None
    rate_before: tuple[float, float, float] | None
    checks: dict[str, bool]
