"""Changes of contracts. Each appends to the ledger; the contract is derived from it.

All of them lock the contract, so two changes cannot interleave, and raise ``DomainError`` with
the codes of `accounts.ledger` when the ledger contradicts the change.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import ledger
from accounts.actions import audit
from accounts.actions.ledger import append, event_row, known_when, subscription_row
from accounts.actors import Actor
from accounts.ledger import Entry, State
from accounts.models import Account, ContractEvent, Product, Subscription
from accounts.queries.ledger import last_states, stretches
from accounts.queries.workspaces import current_workspace, today
from cs_platform.core.clock import local_date
from cs_platform.core.errors import Conflict, DomainError


@transaction.atomic
def start_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    external_id: str,
    product: Product,
    starts_on: dt.date,
    note: str = "",
    is_historical: bool = False,
    **terms: Any,
) -> Subscription:
    """Begin a contract; whether that is new, cross-sell or reactivation follows from the others.

    ``terms``: plan, seats, unit_price or mrr (per month), currency (default the workspace's),
    billing_months, term_months or term_ends_on, auto_renew, notice_deadline_on. Errors:
    ``external_id_taken``, ``wrong_product``, ``end_before_start``, ``negative_amount``,
    ``deadline_outside_term``.
    """
    external_id = external_id.strip()
    if not external_id:
        raise DomainError(_("This is required."), code="required", field="external_id")
    if Subscription.objects.filter(external_id=external_id).exists():
        raise Conflict(
            _("There is a contract with the id “%(id)s” already.") % {"id": external_id},
            code="external_id_taken",
            field="external_id",
        )
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    workspace = current_workspace()
    terms["currency"] = terms.get("currency") or workspace.currency
    _check_plan(terms, product.pk)
    kind = ledger.start_kind(stretches([account.pk]).get(account.pk, []), product.pk, starts_on)
    entry = ledger.opened(kind, starts_on, terms)
    subscription = subscription_row(
        entry.state, account=account, product=product, external_id=external_id, updated_at=now
    )
    subscription.save()
    known_at = known_when(
        starts_on, now=now, is_historical=is_historical, timezone=workspace.timezone
    )
    _append(
        subscription,
        [entry],
        actor=actor,
        now=now,
        known_at=known_at,
        is_historical=is_historical,
        note=note.strip(),
    )
    return subscription


def renew_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date | None = None,
    term_months: int | None = None,
    note: str = "",
    is_historical: bool = False,
    **terms: Any,
) -> list[ContractEvent]:
    """Renew from ``effective_on`` (default: the day after the current term).

    Terms given besides the new term (plan, seats, price …) become an entry of their own, an
    upsell, contraction or price rise. Takes a notice back. Errors: ``ended``, ``lapsed``,
    ``no_term``, ``later_entry``, ``end_before_start``.
    """

    def renewal(state: State) -> list[Entry]:
        on = effective_on
        if on is None and state.term_ends_on is not None and not state.ended_on:
            current = ledger.rolled(state, max(today(now), state.since)).term_ends_on
            on = current and current + dt.timedelta(days=1)
        return ledger.renewed(state, on, term_months, terms)

    _check_plan(terms, subscription.product_id)
    return _change(
        subscription, renewal, actor=actor, now=now, is_historical=is_historical, note=note
    )


def change_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date,
    note: str = "",
    is_historical: bool = False,
    **terms: Any,
) -> ContractEvent:
    """New terms from ``effective_on``; the kind of entry follows from them (`ledger.classify`).

    Errors: ``nothing_changed``, ``ended``, ``later_entry``, ``wrong_product``, ``before_start``.
    """

    def change(state: State) -> list[Entry]:
        entry = ledger.changed(state, effective_on, terms)
        if entry is None:
            raise DomainError(_("Nothing would change."), code="nothing_changed")
        return [entry]

    _check_plan(terms, subscription.product_id)
    return _change(
        subscription, change, actor=actor, now=now, is_historical=is_historical, note=note
    )[0]


def give_notice(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    given_on: dt.date,
    note: str = "",
    reason: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """The customer gave notice: the contract ends with its term. Errors: ``notice_given``,
    ``ended``, ``later_entry``, ``in_future``."""
    _not_ahead(given_on, now, "given_on")
    return _change(
        subscription,
        lambda state: [ledger.noticed(state, given_on)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
        reason=_reason(reason),
    )[0]


def withdraw_notice(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date,
    note: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """The customer stays. Errors: ``no_notice``, ``ended``, ``later_entry``."""
    return _change(
        subscription,
        lambda state: [ledger.notice_withdrawn(state, effective_on)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
    )[0]


def end_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    last_paid_on: dt.date,
    reason: str,
    competitor: str = "",
    note: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """Churn on ``last_paid_on``, past or to come. Errors: ``ended``, ``end_before_start``,
    ``later_entry``, ``unknown_choice``."""
    return _change(
        subscription,
        lambda state: [ledger.ended(state, last_paid_on)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
        reason=_reason(reason),
        competitor=competitor.strip()[:200],
    )[0]


def reactivate_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date,
    note: str = "",
    is_historical: bool = False,
    **terms: Any,
) -> ContractEvent:
    """Begin the contract again after its end; terms not given are as they were. Errors:
    ``not_ended``, ``later_entry``, ``end_before_start``."""
    _check_plan(terms, subscription.product_id)
    return _change(
        subscription,
        lambda state: [ledger.reactivated(state, effective_on, terms)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
    )[0]


def pause_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date,
    note: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """Pause; the revenue goes on counting. Errors: ``paused``, ``ended``, ``later_entry``."""
    return _change(
        subscription,
        lambda state: [ledger.paused(state, effective_on)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
    )[0]


def resume_subscription(
    *,
    actor: Actor,
    now: dt.datetime,
    subscription: Subscription,
    effective_on: dt.date,
    note: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """End a pause. Errors: ``not_paused``, ``ended``, ``later_entry``."""
    return _change(
        subscription,
        lambda state: [ledger.resumed(state, effective_on)],
        actor=actor,
        now=now,
        is_historical=is_historical,
        note=note,
    )[0]


@transaction.atomic
def _change(
    subscription: Subscription,
    make: Callable[[State], list[Entry]],
    *,
    actor: Actor,
    now: dt.datetime,
    is_historical: bool,
    **details: Any,
) -> list[ContractEvent]:
    locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
    state = last_states([locked.pk]).get(locked.pk)
    if state is None:
        raise DomainError(_("This contract was entered by mistake and is void."), code="voided")
    entries = make(state)
    known_at = known_when(
        entries[0].state.since,
        now=now,
        is_historical=is_historical,
        timezone=current_workspace().timezone,
    )
    events = _append(
        locked,
        entries,
        actor=actor,
        now=now,
        known_at=known_at,
        is_historical=is_historical,
        **details,
    )
    subscription.refresh_from_db()
    return events


def _append(
    subscription: Subscription,
    entries: list[Entry],
    *,
    actor: Actor,
    now: dt.datetime,
    known_at: dt.datetime,
    is_historical: bool,
    **details: Any,
) -> list[ContractEvent]:
    events = [
        event_row(
            subscription,
            entry,
            actor=actor,
            known_at=known_at,
            is_historical=is_historical,
            **details,
        )
        for entry in entries
    ]
    append(events, now=now)
    for event in events:
        audit.record(
            actor=actor,
            action=f"contract_{event.kind}",
            obj=subscription.account,
            detail={"contract": subscription.external_id, "on": event.effective_on.isoformat()},
            now=now,
        )
    subscription.refresh_from_db()
    return events


def _check_plan(terms: dict[str, Any], product_id: int) -> None:
    plan = terms.get("plan")
    if plan is not None and plan.product_id != product_id:
        raise DomainError(
            _("This plan is one of another product: begin a contract for that product."),
            code="wrong_product",
            field="plan",
        )


def _not_ahead(day: dt.date, now: dt.datetime, field: str) -> None:
    if day > local_date(now, current_workspace().timezone):
        raise DomainError(pgettext("day", "This is in the future."), code="in_future", field=field)


def _reason(code: str) -> str:
    if code and code not in ContractEvent.Reason.values:
        raise DomainError(_("There is no such reason."), code="unknown_choice", field="reason")
    return code
