"""The life of a contract, written down as the entries of its ledger."""

import calendar
import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What is agreed; complete after every entry. Money per seat and month."""

    product: str
    plan: str
    seats: int
    unit_price: Decimal
    currency: str
    billing_months: int
    term_months: int | None
    term_ends_on: dt.date | None
    auto_renew: bool
    notice_deadline_on: dt.date | None

    @property
    def mrr(self) -> Decimal:
        return self.unit_price * self.seats


@dataclass(frozen=True)
class Entry:
    """One entry: what happened, from which day it holds, and the terms after it."""

    external_id: str
    kind: str
    effective_on: dt.date
    terms: Terms
    last_paid_on: dt.date | None = None
    reason: str = ""
    competitor: str = ""
    note: str = ""


@dataclass(frozen=True)
class Contract:
    """A subscription and its whole ledger."""

    external_id: str
    starts_on: dt.date
    entries: tuple[Entry, ...]

    @property
    def ended_on(self) -> dt.date | None:
        """Last paid day, if the contract has ended."""
        last = self.entries[-1]
        return last.last_paid_on if last.kind == "churn" else None


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month, ``months`` later, or the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass
class Ledger:
    """Writes entries in order; the present terms are those of the last one."""

    external_id: str
    terms: Terms
    starts_on: dt.date
    notice_days: int
    entries: list[Entry] = field(default_factory=list)
    notice_on: dt.date | None = None
    ended_on: dt.date | None = None

    def record(self, kind: str, effective_on: dt.date, **fields: str | dt.date | None) -> None:
        """Append an entry of the present terms."""
        number = len(self.entries) + 1
        self.entries.append(
            Entry(f"{self.external_id}-e{number}", kind, effective_on, self.terms, **fields)  # type: ignore[arg-type]
        )

    def open(self, kind: str) -> None:
        """The first entry: ``new``, or ``reactivation`` after an end. The first term begins."""
        self._begin_term(self.starts_on)
        self.record(kind, self.starts_on)

    def _begin_term(self, day: dt.date) -> None:
        months = self.terms.term_months
        if months is None:
            return
        ends_on = add_months(day, months) - DAY
        self.terms = replace(
            self.terms,
            term_ends_on=ends_on,
            notice_deadline_on=ends_on - dt.timedelta(days=self.notice_days),
        )

    def renew(self, unit_price: Decimal | None = None) -> None:
        """Begin the next term the day after the present one ends.

        A higher price is an entry of its own.
        """
        if self.terms.term_ends_on is None:
            raise ValueError("an open-ended contract has no term to renew")
        day = self.terms.term_ends_on + DAY
        self.notice_on = None
        self._begin_term(day)
        self.record("renewal", day)
        if unit_price is not None and unit_price > self.terms.unit_price:
            self.terms = replace(self.terms, unit_price=unit_price)
            self.record("price_rise", day)

    def resize(self, kind: str, day: dt.date, **changes: int | str | Decimal) -> None:
        """An upsell or a contraction: other seats, plan or price from ``day`` on."""
        self.terms = replace(self.terms, **changes)  # type: ignore[arg-type]
        self.record(kind, day)

    def give_notice(self, day: dt.date, note: str) -> None:
        self.notice_on = day
        self.record("notice", day, note=note)

    def withdraw_notice(self, day: dt.date, note: str) -> None:
        self.notice_on = None
        self.record("notice_withdrawn", day, note=note)

    def end(self, last_paid_on: dt.date, reason: str, competitor: str, note: str) -> None:
        self.ended_on = last_paid_on
        self.record(
            "churn",
            last_paid_on + DAY,
            last_paid_on=last_paid_on,
            reason=reason,
            competitor=competitor,
            note=note,
        )

    def closed(self) -> Contract:
        return Contract(self.external_id, self.starts_on, tuple(self.entries))
