"""The one place where contract entries are written and contracts derived from them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.actions.dirty import mark_dirty
from accounts.actions.stages import follow_contracts
from accounts.actors import Actor
from accounts.ledger import Entry, State
from accounts.models import ContractEvent, Subscription
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_start, local_date


def derive(now: dt.datetime, subscription_ids: Iterable[int] | None = None) -> set[int]:
    """Bring contracts (default: all of the scope) to what their ledger says at ``now``.

    The accounts of those that changed are marked for rescoring and returned; their lifecycle stage
    follows. Idempotent. Run for all once a day: terms end, and entries dated ahead take effect,
    without anybody writing.
    """
    today = local_date(now, current_workspace().timezone)

    def brought(ids: Iterable[int] | None) -> list[dict[str, Any]]:
        binds = {"ids": None if ids is None else sorted(set(ids)), "now": now, "today": today}
        return sql.rows("accounts/derive_subscriptions", binds)

    written = brought(subscription_ids)
    if subscription_ids is None and written:
        # Whoever entered something while the statement waited for the row was not in what it read.
        # Now the rows are ours: a second look at them is the last one.
        written += brought(row["subscription_id"] for row in written)
    accounts = {row["account_id"] for row in written}
    follow_contracts(accounts, now=now)
    mark_dirty(accounts)
    return accounts


def event_row(
    subscription: Subscription,
    entry: Entry,
    *,
    actor: Actor,
    known_at: dt.datetime,
    is_historical: bool = False,
    **details: Any,
) -> ContractEvent:
    """An entry as a row of the ledger, not yet stored."""
    state = entry.state
    return ContractEvent(
        subscription=subscription,
        account_id=subscription.account_id,
        kind=entry.kind,
        effective_on=state.since,
        last_paid_on=entry.last_paid_on,
        known_at=known_at,
        is_historical=is_historical,
        recorded_by=actor.membership,
        **_columns(state),
        **details,
    )


def subscription_row(state: State, **identity: Any) -> Subscription:
    """A contract before its first entry is stored; `derive` completes it."""
    columns = _columns(state)
    del columns["is_paused"]
    return Subscription(**identity, **columns, status=Subscription.Status.UPCOMING)


def _columns(state: State) -> dict[str, Any]:
    return {
        "plan": state.plan,
        "seats": state.seats,
        "unit_price": state.unit_price,
        "mrr": state.mrr,
        "currency": state.currency,
        "billing_months": state.billing_months,
        "starts_on": state.starts_on,
        "term_ends_on": state.term_ends_on,
        "term_months": state.term_months,
        "auto_renew": state.auto_renew,
        "notice_deadline_on": state.notice_deadline_on,
        "notice_given_on": state.notice_given_on,
        "is_paused": state.is_paused,
    }


def append(events: Sequence[ContractEvent], *, now: dt.datetime) -> None:
    """Store entries, in the order given, and derive their contracts; marks the accounts."""
    ContractEvent.objects.bulk_create(events, batch_size=2000)
    derive(now, {event.subscription_id for event in events if event.subscription_id})
    mark_dirty(event.account_id for event in events)


def known_when(
    effective_on: dt.date, *, now: dt.datetime, is_historical: bool, timezone: str
) -> dt.datetime:
    """``known_at`` of an entry: now, or, declared historical, when it took effect."""
    return min(day_start(effective_on, timezone), now) if is_historical else now
