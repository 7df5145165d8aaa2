"""The rules of the contract ledger: which entry follows from which change. No database here.

A contract is a chain of entries in order of their day. Each entry holds the whole state from
its day on, so an entry can only be added at the end of the chain: a change dated before a later
entry would be contradicted by it, and is refused.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from cs_platform.core.errors import DomainError

# More is a slip of the keyboard in any currency, and would not fit the figures made of it.
MOST_PER_MONTH = Decimal(10) ** 12
GRACE_DAYS = 30  # 更新遅延: how long a term may be over before the contract counts as lost
_CENTS = Decimal("0.0001")
_MONEY = ("plan", "seats", "unit_price", "mrr", "currency")
_TERMS = ("billing_months", "term_ends_on", "term_months", "auto_renew", "notice_deadline_on")


class Grade(Protocol):
    """A plan, as far as the rules look at it."""

    pk: Any
    rank: int


@dataclass(frozen=True)
class State:
    """What holds from ``since`` on. Money is per month, in ``currency``, before tax."""

    since: dt.date
    starts_on: dt.date
    plan: Grade | None
    seats: int | None
    unit_price: Decimal
    mrr: Decimal
    currency: str
    billing_months: int = 1
    term_ends_on: dt.date | None = None
    term_months: int | None = None
    auto_renew: bool = False
    notice_deadline_on: dt.date | None = None
    notice_given_on: dt.date | None = None
    is_paused: bool = False
    ended_on: dt.date | None = None


@dataclass(frozen=True)
class Entry:
    """An entry to be appended, with the state after it."""

    kind: str
    state: State
    last_paid_on: dt.date | None = None
    details: Mapping[str, Any] | None = None


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months on; the month's last day where it has none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (first_of_next - dt.timedelta(days=1)).day))


def term_end(starts_on: dt.date, months: int) -> dt.date:
    """Last paid day of a term of so many months."""
    return add_months(starts_on, months) - dt.timedelta(days=1)


def rolled(state: State, day: dt.date) -> State:
    """The state with its term moved on to the one that ``day`` falls in, where it renews itself."""
    end = state.term_ends_on
    until = min(day, state.notice_given_on) if state.notice_given_on else day
    if not state.auto_renew or end is None or until <= end:
        return state
    following = end + dt.timedelta(days=1)
    length = state.term_months or state.billing_months
    terms = ((until.year - following.year) * 12 + until.month - following.month) // length
    if add_months(following, terms * length) <= until:
        terms += 1
    moved = add_months(following, terms * length) - dt.timedelta(days=1)
    return replace(state, term_ends_on=moved, notice_deadline_on=_moved_deadline(state, moved))


def lapsed_on(state: State, day: dt.date) -> dt.date | None:
    """Last paid day of a contract whose term ran out unrenewed before ``day``, else None.

    After a notice it ends with the term; otherwise only when the days of grace are over.
    """
    state = rolled(state, day)
    if state.term_ends_on is None or state.ended_on:
        return None
    grace = 0 if state.notice_given_on else GRACE_DAYS
    over = day > state.term_ends_on + dt.timedelta(days=grace)
    return state.term_ends_on if over else None


def opened(kind: str, starts_on: dt.date, terms: Mapping[str, Any]) -> Entry:
    """The first entry of a contract, or of a stretch after its end (``kind`` reactivation)."""
    blank = State(starts_on, starts_on, None, None, Decimal(0), Decimal(0), "")
    state = _with(blank, terms)
    if state.term_ends_on is None and state.term_months:
        state = replace(state, term_ends_on=term_end(starts_on, state.term_months))
    _check(state)
    return Entry(kind, state)


def changed(state: State, on: dt.date, terms: Mapping[str, Any]) -> Entry | None:
    """The entry for new terms from ``on``: its kind follows from what changed. None if nothing."""
    before = _live(state, on)
    after = replace(_with(before, terms), since=on)
    kind = classify(before, after)
    if kind is None:
        return None
    _check(after)
    return Entry(kind, after)


def classify(before: State, after: State) -> str | None:
    """What a change is: a higher plan or more seats is an upsell, unless revenue falls; only a
    higher price is a price rise; less of anything is a contraction; the rest are terms.

    Amounts in different currencies are not compared: then plan and seats alone decide.
    """
    if all(getattr(before, name) == getattr(after, name) for name in (*_MONEY, *_TERMS)):
        return None
    grades = [state.plan.rank if state.plan else 0 for state in (before, after)]
    grade = grades[1] - grades[0]
    seats = (after.seats or 0) - (before.seats or 0) if before.seats and after.seats else 0
    more = Decimal(0) if before.currency != after.currency else after.mrr - before.mrr
    is_bigger = grade > 0 or seats > 0
    is_smaller = grade < 0 or seats < 0
    if more < 0 or (more == 0 and is_smaller and not is_bigger):
        return "contraction"
    same_plan = (before.plan and before.plan.pk) == (after.plan and after.plan.pk)
    if is_bigger or (more > 0 and not same_plan and not is_smaller):
        return "upsell"
    return "price_rise" if more > 0 else "terms"


def renewed(
    state: State, on: dt.date | None, term_months: int | None, terms: Mapping[str, Any]
) -> list[Entry]:
    """A renewal from ``on`` (default: the day after the term), and what changes with it.

    A notice is taken back by it. The new term is ``terms["term_ends_on"]``, or ``term_months``,
    or as long as the last one.
    """
    if state.ended_on:
        raise DomainError(_("This contract has ended: reactivate it instead."), code="ended")
    if state.term_ends_on is None:
        raise DomainError(
            _("This contract has no term that could be renewed."), code="no_term", field="on"
        )
    on = on or state.term_ends_on + dt.timedelta(days=1)
    state = rolled(state, on - dt.timedelta(days=1))
    _in_order(state, on)
    assert state.term_ends_on is not None  # noqa: S101 - rolling keeps the term
    if on > state.term_ends_on + dt.timedelta(days=GRACE_DAYS + 1):
        raise DomainError(
            _("The term ended more than %(days)d days before: reactivate the contract instead.")
            % {"days": GRACE_DAYS},
            code="lapsed",
            field="effective_on",
        )
    months = term_months or state.term_months
    end = terms.get("term_ends_on") or (term_end(on, months) if months else None)
    if end is None:
        raise DomainError(
            _("Until when is the contract renewed?"), code="required", field="term_ends_on"
        )
    if end < on:
        raise DomainError(
            _("The new term ends before it begins."), code="end_before_start", field="term_ends_on"
        )
    deadline = terms.get("notice_deadline_on") or _moved_deadline(state, end)
    base = replace(
        state,
        since=on,
        term_ends_on=end,
        term_months=months,
        notice_deadline_on=deadline,
        notice_given_on=None,
    )
    rest = {k: v for k, v in terms.items() if k not in {"term_ends_on", "notice_deadline_on"}}
    _check(base)
    change = changed(base, on, rest)
    return [Entry("renewal", base), *([change] if change else [])]


def noticed(state: State, on: dt.date) -> Entry:
    """Notice was given on this day: the contract ends with its term unless that is taken back."""
    state = _live(state, on)
    if state.notice_given_on:
        raise DomainError(_("Notice has been given already."), code="notice_given")
    return Entry("notice", replace(state, since=on, notice_given_on=on))


def notice_withdrawn(state: State, on: dt.date) -> Entry:
    """The customer stays after all."""
    state = _live(state, on)
    if not state.notice_given_on:
        raise DomainError(_("No notice has been given."), code="no_notice")
    return Entry("notice_withdrawn", replace(state, since=on, notice_given_on=None))


def paused(state: State, on: dt.date) -> Entry:
    """Paused from this day; it goes on counting at its contracted revenue."""
    state = _live(state, on)
    if state.is_paused:
        raise DomainError(_("The contract is paused already."), code="paused")
    return Entry("pause", replace(state, since=on, is_paused=True))


def resumed(state: State, on: dt.date) -> Entry:
    """In use again from this day."""
    state = _live(state, on)
    if not state.is_paused:
        raise DomainError(_("The contract is not paused."), code="not_paused")
    return Entry("resume", replace(state, since=on, is_paused=False))


def ended(state: State, last_paid_on: dt.date) -> Entry:
    """Churn: ``last_paid_on`` is the last day paid for, the entry holds from the day after."""
    if state.ended_on:
        raise DomainError(
            _("This contract has an end already: %(day)s.") % {"day": state.ended_on.isoformat()},
            code="ended",
        )
    on = last_paid_on + dt.timedelta(days=1)
    # a contract may end before its first day is over: it was never active
    if on < state.starts_on:
        raise DomainError(
            _("The last paid day is before the start on %(day)s.")
            % {"day": state.starts_on.isoformat()},
            code="end_before_start",
            field="last_paid_on",
        )
    _in_order(state, on, "last_paid_on")
    state = rolled(state, last_paid_on)
    after = replace(state, since=on, mrr=Decimal(0), ended_on=last_paid_on, is_paused=False)
    return Entry("churn", after, last_paid_on=last_paid_on)


def reactivated(state: State, on: dt.date, terms: Mapping[str, Any]) -> Entry:
    """The contract begins again after its end, on the terms given (others as they were)."""
    _in_order(state, on)
    end = state.ended_on or lapsed_on(state, on)
    if end is None or on <= end:
        raise DomainError(_("This contract has not ended."), code="not_ended", field="effective_on")
    kept = {
        "plan": state.plan,
        "seats": state.seats,
        "unit_price": state.unit_price,
        "currency": state.currency,
        "billing_months": state.billing_months,
        "term_months": state.term_months,
        "auto_renew": state.auto_renew,
    }
    if "mrr" in terms:
        del kept["unit_price"]
    return opened("reactivation", on, {**kept, **terms})


def _with(state: State, terms: Mapping[str, Any]) -> State:
    """The state with new terms; revenue and unit price follow from each other."""
    unknown = set(terms) - {*_MONEY, *_TERMS}
    if unknown:
        raise TypeError(f"no such terms: {sorted(unknown)}")
    given = dict(terms)
    seats = given.get("seats", state.seats)
    units = Decimal(1 if seats is None else seats)
    if given.get("mrr") is not None:
        if "unit_price" not in given and units:
            given["unit_price"] = (given["mrr"] / units).quantize(_CENTS, ROUND_HALF_EVEN)
    else:
        given.pop("mrr", None)
        price = given.get("unit_price", state.unit_price)
        if price != state.unit_price or seats != state.seats:
            given["mrr"] = (price * units).quantize(_CENTS, ROUND_HALF_EVEN)
    return replace(state, **given)


def _check(state: State) -> None:
    if state.mrr < 0 or state.unit_price < 0:
        raise DomainError(
            _("A price cannot be negative."), code="negative_amount", field="unit_price"
        )
    if max(state.mrr, state.unit_price) > MOST_PER_MONTH:
        raise DomainError(
            _("A contract may bring at most %(most)s a month.") % {"most": f"{MOST_PER_MONTH:,}"},
            code="out_of_range",
            field="unit_price",
        )
    if state.term_ends_on and state.term_ends_on < state.starts_on:
        raise DomainError(
            _("The term ends before the contract starts."),
            code="end_before_start",
            field="term_ends_on",
        )
    if state.notice_deadline_on and (
        state.term_ends_on is None or state.notice_deadline_on > state.term_ends_on
    ):
        raise DomainError(
            _("The cancellation-notice deadline must lie in the term."),
            code="deadline_outside_term",
            field="notice_deadline_on",
        )


def _moved_deadline(state: State, new_end: dt.date) -> dt.date | None:
    if state.notice_deadline_on is None or state.term_ends_on is None:
        return None
    return new_end - (state.term_ends_on - state.notice_deadline_on)


def _in_order(state: State, on: dt.date, field: str = "effective_on") -> None:
    if on < state.since:
        raise DomainError(
            _(
                "The ledger has a later entry, of %(day)s, which would contradict this: date the "
                "change after it, or void that entry first."
            )
            % {"day": state.since.isoformat()},
            code="later_entry",
            field=field,
        )


def _live(state: State, on: dt.date) -> State:
    """The state on a day on which the contract must be running."""
    _in_order(state, on)
    if state.ended_on or lapsed_on(state, on):
        raise DomainError(
            _("This contract has ended: reactivate it first."), code="ended", field="effective_on"
        )
    return rolled(state, on)


@dataclass(frozen=True)
class Stretch:
    """When an account had which product; ``until`` is the last paid day, None while running."""

    product_id: int
    starts_on: dt.date
    until: dt.date | None


def start_kind(others: Iterable[Stretch], product_id: int, starts_on: dt.date) -> str:
    """What the first entry of a contract is, given the account's other contracts.

    Beside a running contract another product is a cross-sell (and more of the same product is
    new); after the end of all of them it is a reactivation; without any it is new.
    """
    earlier = [other for other in others if other.starts_on <= starts_on]
    running = [o for o in earlier if o.until is None or o.until >= starts_on]
    if running:
        return "new" if any(o.product_id == product_id for o in running) else "cross_sell"
    return "reactivation" if any(o.starts_on < starts_on for o in earlier) else "new"
