"""What a quarter is expected to keep, from where its accounts stand. No database here.

Per account: ``start`` is what it brought in when the quarter began, ``known`` what the ledger
already says of the quarter's end, and ``parts`` its contracts whose renewal in the quarter is
still open. Then, to the last digit:

    start = booked + open + lost
    lost   = start − min(start, known)                    lost already, netted per account
    open   = min(start − lost, Σ of the open contracts)   up for renewal, not decided yet
    booked = start − lost − open                          safe

GRR = Σ min(start, what is left) ÷ Σ start and NRR = Σ what is left ÷ Σ start, where what is left
of an account is ``known`` less the open contracts plus those that renew, each independently with
its forecaster's probability and worth. Accounts that are new in the quarter count in neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from health.prior import BAND
from health.renewals.categories import probability
from health.renewals.distributions import Amount, Range, count_range, outcomes, sum_range

# Of a renewal that no forecaster has judged: what the prior says where nothing is known.
UNJUDGED = 1 - BAND[""]
_CHAIN = {"model": (), "csm": ("csm",), "final": ("final", "csm")}
_DIGITS = Decimal("0.0001")


@dataclass(frozen=True)
class Part:
    """An open renewal: its yearly revenue now, and what each forecaster says of it."""

    amount: Decimal
    model: float | None = None
    csm: str = ""
    csm_amount: Decimal | None = None
    final: str = ""
    final_amount: Decimal | None = None

    def judged_by(self, forecaster: str) -> bool:
        """Whether this forecaster has said anything of it."""
        if forecaster == "model":
            return self.model is not None
        return bool(getattr(self, forecaster))

    def bet(self, forecaster: str) -> tuple[Decimal, float]:
        """What it is worth if it renews, and how likely that is.

        Where the CSM has not judged, the model stands in; where nobody put a final forecast, the
        CSM's does, then the model's.
        """
        for name in _CHAIN[forecaster]:
            category = getattr(self, name)
            chance = probability(category)
            if chance is not None:
                worth = getattr(self, f"{name}_amount")
                return self.amount if worth is None else worth, chance
        return self.amount, UNJUDGED if self.model is None else self.model


@dataclass(frozen=True)
class Position:
    """One account, or several without open renewals added up."""

    start: Decimal
    kept: Decimal  # min(start, known) per account
    known: Decimal
    expansion: Decimal  # max(known − start, 0) per account
    accounts: int = 1
    parts: Sequence[Part] = ()

    @property
    def open(self) -> Decimal:
        """What of the start is up for renewal and undecided."""
        return min(self.kept, sum((part.amount for part in self.parts), Decimal(0)))


@dataclass(frozen=True)
class Expectation:
    """What some accounts are expected to keep by one forecaster; see the module."""

    accounts: int
    start: Decimal
    booked: Decimal
    lost: Decimal
    expansion: Decimal
    open: Decimal
    due: int
    judged: int
    renewing: Range
    keeping: Range
    grr: Range | None
    nrr: Range | None


@dataclass(frozen=True)
class Judged:
    """A position with what one forecaster expects of it: kept of the start, and left in all."""

    position: Position
    bets: Sequence[tuple[Decimal, float]]
    judged: int
    gross: Amount | None = None
    net: Amount | None = None


def judged(position: Position) -> dict[str, Judged]:
    """One position by every forecaster; what two of them agree on is worked out once."""
    found: dict[str, Judged] = {}
    rest = position.known - sum((part.amount for part in position.parts), Decimal(0))
    for forecaster in _CHAIN:
        bets = [part.bet(forecaster) for part in position.parts]
        count = sum(part.judged_by(forecaster) for part in position.parts)
        agreed = next((other for other in found.values() if other.bets == bets), None)
        if agreed is not None:
            found[forecaster] = replace(agreed, judged=count)
        elif not bets:
            found[forecaster] = Judged(position, bets, count)
        else:
            said = [(float(worth), chance) for worth, chance in bets]
            gross = outcomes(float(rest), said, float(position.start))
            found[forecaster] = Judged(position, bets, count, gross, outcomes(float(rest), said))
    return found


def expect(positions: Iterable[Position], forecaster: str) -> Expectation:
    """What these accounts are expected to keep, by this forecaster."""
    return expected_of([judged(position)[forecaster] for position in positions])


def expected_of(views: Sequence[Judged]) -> Expectation:
    """What these accounts are expected to keep, by the one forecaster who judged them."""
    positions = [view.position for view in views]
    start = sum((p.start for p in positions), Decimal(0))
    kept = sum((p.kept for p in positions), Decimal(0))
    open_amount = sum((p.open for p in positions), Decimal(0))
    booked, lost = kept - open_amount, start - kept
    chances = [chance for view in views for _worth, chance in view.bets]
    fixed = sum((p.known for p in positions if not p.parts), Decimal(0))
    settled = float(sum((p.kept for p in positions if not p.parts), Decimal(0)))
    left = sum_range([view.gross for view in views if view.gross]).shifted(settled)
    keeping = left.shifted(-float(booked))
    share = 1 / float(start) if start else 0.0
    net = sum_range([view.net for view in views if view.net])
    return Expectation(
        accounts=sum(p.accounts for p in positions),
        start=start,
        booked=booked,
        lost=lost,
        expansion=sum((p.expansion for p in positions), Decimal(0)),
        open=open_amount,
        due=len(chances),
        judged=sum(view.judged for view in views),
        renewing=count_range(chances),
        keeping=keeping,
        grr=left.shifted(0, share) if start else None,
        nrr=net.shifted(float(fixed), share) if start else None,
    )


def money(value: float) -> Decimal:
    """An amount as it is stored."""
    return Decimal(repr(value)).quantize(_DIGITS)
