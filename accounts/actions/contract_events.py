"""Ledger entries as other systems state them, many at a time."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import ledger
from accounts.actions.catalogue import ensure_plans
from accounts.actions.ledger import append, event_row, known_when
from accounts.actions.subscriptions import TERMS
from accounts.actions.upsert import Item, Result, clean, in_waves
from accounts.actors import Actor
from accounts.fields import REQUIRED, Choice, Day, Number, Rule, Text
from accounts.ledger import Entry, State
from accounts.models import ContractEvent, Subscription
from accounts.queries.ledger import last_states
from accounts.queries.references import accounts_by_external_id
from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import DomainError

CHANGE = "change"  # upsell, price rise, contraction or terms: the ledger says which
KINDS = (
    CHANGE,
    "upsell",
    "contraction",
    "price_rise",
    "terms",
    "renewal",
    "notice",
    "notice_withdrawn",
    "pause",
    "resume",
    "churn",
    "reactivation",
    "one_off",
)
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    "subscription_external_id": Text(200, empty=None),
    "account_external_id": Text(200, empty=None),
    "kind": Choice(KINDS, empty=REQUIRED),
    "effective_on": Day(),
    "last_paid_on": Day(),
    "amount": Number(4),
    "reason": Choice(ContractEvent.Reason.values),
    "competitor": Text(200),
    "note": Text(),
    **TERMS,
}
_DETAILS = ("reason", "competitor", "note")


def record_contract_events(
    *, actor: Actor, now: dt.datetime, items: Sequence[Item], is_historical: bool = False
) -> list[Result]:
    """Append many entries to the ledgers of known contracts, with a constant number of queries.

    Entries take effect in the order of their days, whatever order they come in. ``kind`` change
    (or upsell, contraction, price_rise, terms) takes new terms and is classified by them; churn
    takes ``last_paid_on``; one_off takes ``amount`` and may name an account in place of a
    contract. An entry whose external id is known is left as it is ("unchanged"). Declared
    historical, entries count as known on the day they took effect. One result per item, in order.
    """
    return in_waves(
        items,
        "external_id",
        lambda wave: _record(wave, actor=actor, now=now, is_historical=is_historical),
    )


@transaction.atomic
def _record(
    items: Sequence[Item], *, actor: Actor, now: dt.datetime, is_historical: bool
) -> list[Result]:
    workspace = current_workspace()
    results = [Result() for _item in items]
    cleaned = [_clean(item, result) for item, result in zip(items, results, strict=True)]
    _resolve(cleaned, results)
    known = {
        event.external_id: event
        for event in ContractEvent.objects.filter(
            external_id__in=[v["external_id"] for v in cleaned if "external_id" in v]
        )
    }
    states = last_states({v["subscription"].pk for v in cleaned if v.get("subscription")})
    events: list[ContractEvent] = []
    for index in sorted(range(len(items)), key=lambda i: _day(cleaned[i]) or dt.date.max):
        values, result = cleaned[index], results[index]
        if result.is_rejected:
            continue
        if values["external_id"] in known:
            result.obj = known[values["external_id"]]
            continue
        subscription: Any = values.get("subscription")
        details = {name: values[name] for name in _DETAILS if name in values}
        day = _day(values)
        known_at = known_when(
            day or now.date(), now=now, is_historical=is_historical, timezone=workspace.timezone
        )
        if values["kind"] == ContractEvent.Kind.ONE_OFF:
            new = [_one_off(values, workspace.currency)]
        else:
            try:
                state = states.get(subscription.pk)
                entries = _entries(state, values)
            except DomainError as error:
                result.reject(error.code, error.message, error.field or "")
                continue
            states[subscription.pk] = entries[-1].state
            new = [
                event_row(subscription, entry, actor=actor, known_at=known_at, **details)
                for entry in entries
            ]
        for event in new:
            event.known_at, event.is_historical = known_at, is_historical
            event.recorded_by = actor.membership
        # the entry asked for carries the id; what a renewal changed besides follows it
        new[0].external_id = values["external_id"]
        result.obj, result.outcome = new[0], "created"
        events += new
    append(events, now=now)
    return results


def _clean(item: Item, result: Result) -> dict[str, Any]:
    values = clean(item, RULES, result)
    result.external_id = values.get("external_id", "")
    for name in ("external_id", "kind"):
        if name not in item:
            result.reject("required", _("This is required."), name)
    kind = values.get("kind")
    wanted = "last_paid_on" if kind == ContractEvent.Kind.CHURN else "effective_on"
    if values.get(wanted) is None and not any(p.field == wanted for p in result.problems):
        result.reject("required", _("This is required."), wanted)
    if kind == ContractEvent.Kind.ONE_OFF and values.get("amount") is None:
        result.reject("required", _("This is required."), "amount")
    return values


def _day(values: dict[str, Any]) -> dt.date | None:
    """First day on which the entry holds."""
    if values.get("kind") == ContractEvent.Kind.CHURN and values.get("last_paid_on"):
        return values["last_paid_on"] + dt.timedelta(days=1)
    return values.get("effective_on")


def _resolve(cleaned: list[dict[str, Any]], results: list[Result]) -> None:
    """Put contracts, accounts and plans in the place of their ids; locks the contracts."""

    def named(name: str) -> set[str]:
        return {values[name] for values in cleaned if values.get(name)}

    subscriptions = {
        s.external_id: s
        for s in Subscription.objects.select_for_update()
        .filter(external_id__in=named("subscription_external_id"))
        .order_by("external_id")
    }
    accounts = accounts_by_external_id(named("account_external_id"))
    wanted: dict[tuple[int, str], int | None] = {}
    for values, result in zip(cleaned, results, strict=True):
        contract = values.pop("subscription_external_id", None)
        account = values.pop("account_external_id", None)
        values["subscription"] = subscriptions.get(contract)
        values["account"] = accounts.get(account)
        if contract and values["subscription"] is None:
            result.reject(
                "unknown_subscription",
                _("There is no contract with this id."),
                "subscription_external_id",
            )
        if account and values["account"] is None:
            result.reject(
                "unknown_account", _("There is no account with this id."), "account_external_id"
            )
        may_stand_alone = values.get("kind") == ContractEvent.Kind.ONE_OFF and account
        if not contract and not may_stand_alone:
            result.reject("required", _("This is required."), "subscription_external_id")
        if values.get("plan") and values["subscription"]:
            key = (values["subscription"].product_id, values["plan"])
            wanted[key] = values.get("plan_rank")
    plans = ensure_plans(wanted)
    for values in cleaned:
        values.pop("plan_rank", None)
        if values.get("plan") and values["subscription"]:
            values["plan"] = plans[values["subscription"].product_id, values["plan"]]


def _entries(state: State | None, values: dict[str, Any]) -> list[Entry]:
    if state is None:
        raise DomainError(_("This contract was entered by mistake and is void."), code="voided")
    kind: str = values["kind"]
    on: Any = values.get("effective_on")
    terms = {name: values[name] for name in TERMS if values.get(name) is not None}
    if kind == "churn":
        return [ledger.ended(state, values["last_paid_on"])]
    if kind == "renewal":
        months = terms.pop("term_months", None)
        return ledger.renewed(state, on, months, terms)
    if kind == "reactivation":
        return [ledger.reactivated(state, on, terms)]
    if kind in _WITHOUT_TERMS:
        return [_WITHOUT_TERMS[kind](state, on)]
    entry = ledger.changed(state, on, terms)
    if entry is None:
        raise DomainError(_("Nothing would change."), code="nothing_changed")
    return [entry]


_WITHOUT_TERMS = {
    "notice": ledger.noticed,
    "notice_withdrawn": ledger.notice_withdrawn,
    "pause": ledger.paused,
    "resume": ledger.resumed,
}


def _one_off(values: dict[str, Any], currency: str) -> ContractEvent:
    subscription = values.get("subscription")
    return ContractEvent(
        subscription=subscription,
        account_id=subscription.account_id if subscription else values["account"].pk,
        kind=ContractEvent.Kind.ONE_OFF,
        effective_on=values["effective_on"],
        unit_price=0,
        mrr=0,
        currency=values.get("currency") or currency,
        amount=values["amount"],
        note=values.get("note", ""),
    )
