"""What a change in churn is worth, and what winning the same revenue instead would cost.

Pure arithmetic on one book of customers, without new ones:

- a year begins with A accounts and loses A × churn of them, evenly over the year, so that its
  revenue is (accounts at its start + accounts at its end) ÷ 2 × revenue per account and year;
- gross profit = revenue × gross margin, less what the retention work costs in the changed case;
- to end a year with as many accounts at the higher churn as the lower one leaves, one has to win
  (accounts at its start) × (difference of the churn rates) accounts, each at the cost of
  acquisition. Those won leave at the higher rate too, and are won again in later years;
- lifetime = 1 ÷ annual churn; LTV = revenue per account and year × lifetime (× gross margin).

Rates and margins are shares of one; money is in one currency and undiscounted.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

MOST_YEARS = 5
# A rule of thumb shown beside the results, never mixed with them: winning a customer is said to
# cost five times keeping one.
REFERENCE_COST_RATIO = 5


@dataclass(frozen=True)
class Inputs:
    """What is compared.

    ``accounts`` paying today, each worth ``revenue`` a year; ``churn`` and ``changed_churn`` are
    annual customer churn rates. Without a ``margin`` there is no profit, without an
    ``acquisition_cost`` (per account won) no comparison. ``retention_cost`` is what the change
    costs per year.
    """

    accounts: float
    revenue: float
    churn: float
    changed_churn: float
    years: int
    margin: float | None = None
    acquisition_cost: float | None = None
    retention_cost: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.years <= MOST_YEARS:
            raise ValueError(f"years must be from 1 to {MOST_YEARS}")
        if not (0 <= self.churn <= 1 and 0 <= self.changed_churn <= 1):
            raise ValueError("churn rates must be shares from 0 to 1")


@dataclass(frozen=True)
class Year:
    """One year of one case: accounts at its two ends, revenue and gross profit in it."""

    opening: float
    closing: float
    revenue: float
    profit: float | None


@dataclass(frozen=True)
class Comparison:
    """One year of both cases, what separates them, and the accounts to be won instead."""

    number: int
    base: Year
    changed: Year
    accounts_to_win: float
    acquisition_cost: float | None

    @property
    def revenue_gain(self) -> float:
        """Revenue of the year with the change less that without it."""
        return self.changed.revenue - self.base.revenue

    @property
    def profit_gain(self) -> float | None:
        """Gross profit likewise, the cost of the retention work taken off; None without margin."""
        if self.changed.profit is None or self.base.profit is None:
            return None
        return self.changed.profit - self.base.profit


@dataclass(frozen=True)
class Lifetime:
    """Expected years and LTV at one churn rate; None where nobody leaves, or without margin."""

    years: float | None
    ltv_revenue: float | None
    ltv_margin: float | None


def run_years(
    accounts: float, churn: float, inputs: Inputs, *, yearly_cost: float = 0.0
) -> list[Year]:
    """The years of one case."""
    found = []
    for _number in range(inputs.years):
        closing = accounts * (1 - churn)
        revenue = (accounts + closing) / 2 * inputs.revenue
        profit = None if inputs.margin is None else revenue * inputs.margin - yearly_cost
        found.append(Year(accounts, closing, revenue, profit))
        accounts = closing
    return found


@dataclass(frozen=True)
class Simulation:
    """The result of ``simulate``: the years side by side, and what they add up to."""

    inputs: Inputs
    years: list[Comparison]

    @property
    def is_better(self) -> bool:
        """Whether the change keeps more customers."""
        return self.inputs.changed_churn < self.inputs.churn

    @cached_property
    def revenue_gain(self) -> float:
        """Revenue gained (lost, when negative) over all years."""
        return sum(year.revenue_gain for year in self.years)

    @cached_property
    def revenue_gains(self) -> list[float]:
        """The same, added up year by year."""
        return list(accumulate(year.revenue_gain for year in self.years))

    @cached_property
    def profit_gain(self) -> float | None:
        """Gross profit gained over all years; None without a margin."""
        gains = [year.profit_gain for year in self.years]
        known = [gain for gain in gains if gain is not None]
        return sum(known) if len(known) == len(gains) else None

    @cached_property
    def profit_change(self) -> float | None:
        """The same as a share of the gross profit without the change; None where that is 0."""
        base = sum(year.base.profit or 0.0 for year in self.years)
        return None if self.profit_gain is None or not base else self.profit_gain / base

    @cached_property
    def accounts_kept(self) -> float:
        """Accounts more (fewer, when negative) at the end of the last year."""
        return self.years[-1].changed.closing - self.years[-1].base.closing

    @cached_property
    def accounts_to_win(self) -> float:
        """Accounts to be won over all years for the same revenue at the higher churn."""
        return sum(year.accounts_to_win for year in self.years)

    @cached_property
    def acquisition_cost(self) -> float | None:
        """What winning them costs; None while the cost of one is not given."""
        cost = self.inputs.acquisition_cost
        return None if cost is None else self.accounts_to_win * cost

    @cached_property
    def retention_cost(self) -> float:
        """What the retention work costs over all years."""
        return self.inputs.retention_cost * self.inputs.years

    @cached_property
    def cost_ratio(self) -> float | None:
        """Winning ÷ keeping, the workspace's own figure beside the rule of thumb 1:5.

        None unless both costs are given and above zero.
        """
        if not self.acquisition_cost or not self.retention_cost:
            return None
        return self.acquisition_cost / self.retention_cost

    @property
    def before(self) -> Lifetime:
        """Lifetime and LTV at today's churn."""
        return lifetime(self.inputs, self.inputs.churn)

    @property
    def after(self) -> Lifetime:
        """Lifetime and LTV at the changed churn."""
        return lifetime(self.inputs, self.inputs.changed_churn)


def lifetime(inputs: Inputs, churn: float) -> Lifetime:
    """Lifetime = 1 ÷ churn, and LTV on it; nothing where nobody leaves."""
    if not churn:
        return Lifetime(None, None, None)
    years = 1 / churn
    revenue = inputs.revenue * years
    return Lifetime(years, revenue, None if inputs.margin is None else revenue * inputs.margin)


def simulate(inputs: Inputs) -> Simulation:
    """Both cases year by year."""
    base = run_years(inputs.accounts, inputs.churn, inputs)
    changed = run_years(
        inputs.accounts, inputs.changed_churn, inputs, yearly_cost=inputs.retention_cost
    )
    difference = abs(inputs.churn - inputs.changed_churn)
    years = []
    for number, (without, with_change) in enumerate(zip(base, changed, strict=True), 1):
        # What is to be matched is the case that keeps more.
        to_win = max(without.opening, with_change.opening) * difference
        cost = None if inputs.acquisition_cost is None else to_win * inputs.acquisition_cost
        years.append(Comparison(number, without, with_change, to_win, cost))
    return Simulation(inputs, years)
