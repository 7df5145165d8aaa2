"""The definitions once more, day by day and without SQL, over lives told in plain figures."""

import datetime as dt
from dataclasses import dataclass, field

from accounts.ledger import add_months

ONE_DAY = dt.timedelta(days=1)


@dataclass
class Contract:
    """A contract: revenue per month from a day on (0 while ended), and its terms.

    ``steps`` maps the first day of each revenue to (revenue, whether it was an upsell); ``ended``
    are its stretches of activity as (first day, last paid day or None).
    """

    steps: dict[dt.date, tuple[int, bool]]
    stretches: list[tuple[dt.date, dt.date | None]]
    term_months: int | None = None
    is_cross_sell: bool = False

    def is_active(self, on: dt.date) -> bool:
        return any(first <= on and (last is None or on <= last) for first, last in self.stretches)

    def revenue(self, on: dt.date) -> int:
        if not self.is_active(on):
            return 0
        return self.steps[max(first for first in self.steps if first <= on)][0]

    def term_ends(self, until: dt.date) -> list[dt.date]:
        """The last days of its terms that it reached, by ``until``."""
        if self.term_months is None:
            return []
        found = []
        for first, last in self.stretches:
            number = 1
            while True:
                end = add_months(first, number * self.term_months) - ONE_DAY
                if end > until or (last is not None and end > last):
                    break
                found.append(end)
                number += 1
        return found


@dataclass
class Life:
    """An account with its contracts."""

    contracts: list[Contract] = field(default_factory=list)
    onboarding: tuple[dt.date, dt.date | None] | None = None

    def revenue(self, on: dt.date) -> int:
        return sum(contract.revenue(on) for contract in self.contracts)

    def at_boundary(self, boundary: dt.date, *, includes_first_day: bool) -> int:
        """Revenue as a period begins: what was paid the day before by what goes on."""
        if includes_first_day:
            return self.revenue(boundary)
        before = boundary - ONE_DAY
        return sum(c.revenue(before) for c in self.contracts if c.is_active(boundary))

    def spells(self, until: dt.date) -> list[tuple[dt.date, dt.date | None]]:
        """Unbroken stretches of paid days that began before ``until``; None: still going on."""
        first = min(first for c in self.contracts for first, _last in c.stretches)
        found: list[tuple[dt.date, dt.date | None]] = []
        begun = None
        day = first
        while day < until:
            if self.revenue(day) and begun is None:
                begun = day
            if begun is not None and not self.revenue(day):
                found.append((begun, day - ONE_DAY))
                begun = None
            day += ONE_DAY
        if begun is not None:
            # an end on the very last day is known when the boundary is reached
            goes_on = any(c.revenue(until - ONE_DAY) and c.is_active(until) for c in self.contracts)
            found.append((begun, None if goes_on else until - ONE_DAY))
        return found


def covers(spell: tuple[dt.date, dt.date | None], day: dt.date) -> bool:
    return spell[0] <= day and (spell[1] is None or day <= spell[1])


def figures(  # noqa: PLR0912
    lives: list[Life], start: dt.date, end: dt.date, *, includes_first_day: bool, target_days: int
) -> dict[str, tuple[int, int]]:
    """(numerator, denominator) of each KPI over [start, end)."""
    total: dict[str, list[int]] = {}

    def add(name: str, numerator: int, denominator: int = 0) -> None:
        sums = total.setdefault(name, [0, 0])
        sums[0] += numerator
        sums[1] += denominator

    # the last day whose entries count, and the days of the period by the rule for a first day
    seen_until = end + ONE_DAY if includes_first_day else end
    shift = ONE_DAY if includes_first_day else dt.timedelta()
    for life in lives:
        opening = life.at_boundary(start, includes_first_day=includes_first_day)
        closing = life.at_boundary(end, includes_first_day=includes_first_day)
        spells = life.spells(seen_until)
        if includes_first_day:
            spells = [
                (a, b) if b is None or b < end else (a, None if life.revenue(end) else b)
                for a, b in spells
            ]
        cancelled = opening if opening and not closing else 0
        lost = max(opening - closing, 0) if opening else 0
        gained = max(closing - opening, 0) if opening else 0
        add("mrr", closing)
        add("customers", int(closing > 0))
        add("bridge-new", closing if not opening and spells and spells[0][0] >= start else 0)
        add(
            "bridge-reactivation", closing if not opening and spells and spells[0][0] < start else 0
        )
        if opening:
            add("customer-churn", int(not closing), 1)
            add("logo-retention", int(closing > 0), 1)
            add("revenue-churn-gross", lost, opening)
            add("revenue-churn-cancelled", cancelled, opening)
            add("revenue-churn-net", lost - gained, opening)
            add("grr", opening - lost, opening)
            add("nrr", opening - lost + gained, opening)
            upsells = cross_sells = 0
            added = {"upsell": 0, "cross": 0}
            for contract in life.contracts:
                for day, (revenue, is_upsell) in contract.steps.items():
                    if not start + shift <= day < end + shift or not revenue:
                        continue
                    if is_upsell:
                        upsells += 1
                        added["upsell"] += max(revenue - contract.revenue(day - ONE_DAY), 0)
                    if contract.is_cross_sell and day == contract.stretches[0][0]:
                        cross_sells += 1
                        added["cross"] += revenue
            add("upsell-rate", int(upsells > 0), 1)
            add("upsell-rate-value", added["upsell"], opening)
            add("cross-sell-rate", int(cross_sells > 0), 1)
            add("cross-sell-rate-value", added["cross"], opening)
        for contract in life.contracts:
            for last in contract.term_ends(end):
                if not start <= last < end or not contract.revenue(last):
                    continue
                after = last + ONE_DAY
                is_renewed = contract.is_active(after)
                add("renewal-rate", int(is_renewed), 1)
                kept = min(contract.revenue(last), contract.revenue(after)) if is_renewed else 0
                add("renewal-rate-value", kept, contract.revenue(last))
        if spells:
            settles = spells[0][0] + dt.timedelta(days=90)
            if start < settles <= end:
                add("early-churn", int(not any(covers(s, settles) for s in spells)), 1)
            first, last = spells[0]
            if (days := ((last + ONE_DAY) if last else end) - first) > dt.timedelta():
                add("tenure", days.days, 1)
        if life.onboarding is None:
            continue
        begun, completed = life.onboarding
        if begun + dt.timedelta(days=target_days) <= end:
            in_time = (
                completed is not None
                and completed < end
                and completed <= begun + dt.timedelta(days=target_days)
            )
            add("onboarding-completion", int(in_time), 1)
        if completed is None or completed >= end:
            continue
        spell = next((s for s in spells if covers(s, completed)), None)
        if spell is None and spells and spells[0][0] > completed:
            spell = spells[0]
        if spell is None:
            continue
        since = max(completed, spell[0])
        for months in (6, 12):
            if (then := add_months(since, months)) <= end:
                add(f"retention-{months}m", int(covers(spell, then)), 1)
    return {name: (sums[0], sums[1]) for name, sums in total.items()}
