"""What is kept of a month's end for its report, as stored; pure. Money is per year."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Move:
    """Accounts that were in one band at the end of the month before, and in one at this one's."""

    old: str
    new: str
    accounts: int
    arr: Decimal


@dataclass(frozen=True)
class Risk:
    """An account at risk at the month's end; ``causes`` are keys of measures with their values."""

    name: str
    owner_id: int | None
    band: str
    score: int | None
    arr: Decimal | None
    churn_probability: float | None
    expected_loss: Decimal | None
    renewal_on: dt.date | None
    causes: list[tuple[str, float]]


@dataclass(frozen=True)
class Renewal:
    """A contract whose term ends; revenue in the workspace's currency."""

    name: str
    arr: Decimal | None
    term_ends_on: dt.date
    notice_deadline_on: dt.date | None
    auto_renew: bool
    has_notice: bool
    band: str


@dataclass(frozen=True)
class RenewalMonth:
    """What is up for renewal in one month; ``missing`` contracts have no exchange rate."""

    month: dt.date
    contracts: int = 0
    arr: Decimal = Decimal(0)
    by_band: dict[str, Decimal] = field(default_factory=dict)
    missing: int = 0


@dataclass(frozen=True)
class MonthFacts:
    """The moves between bands, the largest risks, the renewals to come and the largest of them."""

    moves: list[Move]
    risks: list[Risk]
    renewal_months: list[RenewalMonth]
    renewals: list[Renewal]

    def moved(self, *, worse: bool) -> int:
        """Accounts that went to a worse (better) band; those without a band on a day are none."""
        rank = {"green": 2, "yellow": 1, "red": 0}
        return sum(
            move.accounts
            for move in self.moves
            if move.old in rank and move.new in rank and move.old != move.new
            if (rank[move.new] < rank[move.old]) is worse
        )
