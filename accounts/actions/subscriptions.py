"""Contracts as other systems state them, many at a time: what differs goes into the ledger."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import ledger
from accounts.actions.catalogue import ensure_plans, ensure_products
from accounts.actions.ledger import append, event_row, known_when, subscription_row
from accounts.actions.upsert import Item, Result, Upserted, clean, in_waves, known, only
from accounts.actors import Actor
from accounts.fields import REQUIRED, Choice, Currency, Day, Number, Rule, Text, Whole, YesNo
from accounts.ledger import Entry, State, Stretch
from accounts.models import Account, ContractEvent, Subscription, Workspace
from accounts.queries.ledger import last_states, stretches
from accounts.queries.references import accounts_by_external_id
from accounts.queries.workspaces import current_workspace
from cs_platform.core.clock import local_date
from cs_platform.core.errors import DomainError

TERMS: dict[str, Rule] = {
    "plan": Text(100, empty=None),
    "plan_rank": Whole(0, 32_767),
    "seats": Whole(),
    "unit_price": Number(4),
    "mrr": Number(4),
    "currency": Currency(),
    "billing_months": Whole(1, 120, empty=1),
    "term_ends_on": Day(),
    "term_months": Whole(1, 600),
    "auto_renew": YesNo(),
    "notice_deadline_on": Day(),
}
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    "account_external_id": Text(200, empty=REQUIRED),
    "product": Text(100, empty=REQUIRED),
    "starts_on": Day(empty=REQUIRED),
    "notice_given_on": Day(),
    "ended_on": Day(),
    "reason": Choice(ContractEvent.Reason.values),
    "competitor": Text(200),
    "note": Text(),
    "effective_on": Day(),
    **TERMS,
}
_ENDINGS = ("reason", "competitor", "note")


def upsert_subscription(
    *, actor: Actor, now: dt.datetime, external_id: str, is_historical: bool = False, **fields: Any
) -> Upserted:
    """Create the contract or bring it up to what is given, as `upsert_subscriptions`."""
    item = {"external_id": external_id, **fields}
    return only(_upsert([item], actor=actor, now=now, is_historical=is_historical))


def upsert_subscriptions(
    *, actor: Actor, now: dt.datetime, items: Sequence[Item], is_historical: bool = False
) -> list[Result]:
    """Create or bring up to date many contracts, with a constant number of queries.

    An item states a contract as it is: what it says beyond the ledger is appended, dated
    ``effective_on`` (default: today); a later ``term_ends_on`` is a renewal from the day after
    the old term, ``notice_given_on`` a notice, ``ended_on`` (the last paid day) a churn with
    ``reason``, ``competitor`` and ``note``. Amounts are per month in ``currency`` (default the
    workspace's); products and plans are made where their code is new. The start, account and
    product of a contract cannot be restated. Declared historical, entries count as known on the
    day they took effect. One result per item, in order. Idempotent.
    """
    return in_waves(
        items,
        "external_id",
        lambda wave: _upsert(wave, actor=actor, now=now, is_historical=is_historical),
    )


@transaction.atomic
def _upsert(
    items: Sequence[Item], *, actor: Actor, now: dt.datetime, is_historical: bool
) -> list[Result]:
    workspace = current_workspace()
    today = local_date(now, workspace.timezone)
    results = [Result() for _item in items]
    cleaned = [_clean(item, result) for item, result in zip(items, results, strict=True)]
    _resolve(cleaned, results)
    existing = known(
        Subscription.objects.select_for_update(),
        (v["external_id"] for v in cleaned if "external_id" in v),
    )
    states = last_states(subscription.pk for subscription in existing.values())
    others = stretches({v["account"].pk for v in cleaned if v.get("account")})
    written: list[tuple[Subscription, list[Entry], dict[str, Any]]] = []
    # in the order of their starts, so that what is new, cross-sell or reactivation comes out right
    order = sorted(
        range(len(items)), key=lambda index: cleaned[index].get("starts_on") or dt.date.max
    )
    for index in order:
        values, result = cleaned[index], results[index]
        subscription = existing.get(values.get("external_id", ""))
        if subscription is None:
            _require(values, result)
        if result.is_rejected:
            continue
        endings = {name: values.pop(name) for name in _ENDINGS if name in values}
        try:
            if subscription is None:
                entries = _opening(values, others.setdefault(values["account"].pk, []), workspace)
                result.obj = _new(values, entries[0].state, now)
                result.outcome = "created"
            else:
                result.obj = subscription
                entries = _differences(subscription, states.get(subscription.pk), values, today)
                result.outcome = "updated" if entries else "unchanged"
        except DomainError as error:
            result.reject(error.code, error.message, error.field or "")
            result.obj = None
            continue
        if entries:
            written.append((result.obj, entries, endings))
    Subscription.objects.bulk_create([s for s, _entries, _end in written if s.pk is None])
    events = []
    for subscription, entries, endings in written:
        for entry in entries:
            events.append(
                event_row(
                    subscription,
                    entry,
                    actor=actor,
                    known_at=known_when(
                        entry.state.since,
                        now=now,
                        is_historical=is_historical,
                        timezone=workspace.timezone,
                    ),
                    is_historical=is_historical,
                    **(endings if entry.kind == ContractEvent.Kind.CHURN else {}),
                )
            )
    append(events, now=now)
    return results


def _clean(item: Item, result: Result) -> dict[str, Any]:
    values = clean({k: v for k, v in item.items() if k != "account"}, RULES, result)
    if isinstance(item.get("account"), Account):
        values["account"] = item["account"]
    if "external_id" not in item:
        result.reject("required", _("This is required."), "external_id")
    result.external_id = values.get("external_id", "")
    if values.get("mrr", ...) is None:
        del values["mrr"]
    if values.get("unit_price", ...) is None:
        del values["unit_price"]
    if not values.get("currency", "-"):
        del values["currency"]
    return values


def _require(values: dict[str, Any], result: Result) -> None:
    for name, column in (
        ("account_external_id", "account"),
        ("product", "product"),
        ("starts_on", "starts_on"),
    ):
        if column not in values and not any(p.field == name for p in result.problems):
            result.reject("required", _("This is required."), name)


def _resolve(cleaned: list[dict[str, Any]], results: list[Result]) -> None:
    accounts = accounts_by_external_id(
        {v["account_external_id"] for v in cleaned if "account_external_id" in v}
    )
    for values, result in zip(cleaned, results, strict=True):
        if "account_external_id" in values:
            values["account"] = accounts.get(values.pop("account_external_id"))
            if values["account"] is None:
                result.reject(
                    "unknown_account",
                    _("There is no account with this id."),
                    "account_external_id",
                )
    good = [v for v, r in zip(cleaned, results, strict=True) if not r.is_rejected]
    products = ensure_products({v["product"] for v in good if "product" in v})
    wanted: dict[tuple[int, str], int | None] = {}
    for values in good:
        if "product" in values:
            values["product"] = products[values["product"]]
            if values.get("plan"):
                wanted[values["product"].pk, values["plan"]] = values.get("plan_rank")
    plans = ensure_plans(wanted)
    for values, result in zip(cleaned, results, strict=True):
        values.pop("plan_rank", None)
        if result.is_rejected or not values.get("plan"):
            continue
        if "product" not in values:
            result.reject("required", _("A plan is one of a product: name it."), "product")
            continue
        values["plan"] = plans[values["product"].pk, values["plan"]]


def _terms(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in TERMS if name in values}


def _opening(values: dict[str, Any], others: list[Stretch], workspace: Workspace) -> list[Entry]:
    """The entries of a contract nobody had told us of: its start, notice and end."""
    starts_on, product = values["starts_on"], values["product"]
    terms = {"currency": workspace.currency, **_terms(values)}
    kind = ledger.start_kind(others, product.pk, starts_on)
    entries = [ledger.opened(kind, starts_on, terms)]
    if values.get("notice_given_on"):
        entries.append(ledger.noticed(entries[-1].state, max(values["notice_given_on"], starts_on)))
    if values.get("ended_on"):
        entries.append(ledger.ended(entries[-1].state, values["ended_on"]))
    others.append(Stretch(product.pk, starts_on, values.get("ended_on")))
    return entries


def _new(values: dict[str, Any], state: State, now: dt.datetime) -> Subscription:
    return subscription_row(
        state,
        external_id=values["external_id"],
        account=values["account"],
        product=values["product"],
        updated_at=now,
    )


def _differences(
    subscription: Subscription, state: State | None, values: dict[str, Any], today: dt.date
) -> list[Entry]:
    """The entries that bring a known contract to what is stated now."""
    if state is None:
        raise DomainError(_("This contract was entered by mistake and is void."), code="voided")
    for name, column, code in (
        ("account_external_id", "account", "account_differs"),
        ("product", "product", "product_differs"),
    ):
        if column in values and values[column].pk != getattr(subscription, f"{column}_id"):
            raise DomainError(_("This contract is known with another one."), code=code, field=name)
    if values.get("starts_on") not in {None, state.starts_on}:
        raise DomainError(
            _("This contract is known to start on %(day)s: void its entries and enter it anew.")
            % {"day": state.starts_on.isoformat()},
            code="start_differs",
            field="starts_on",
        )
    on = max(values.get("effective_on") or today, state.since)
    end = values.get("ended_on")
    if state.ended_on:
        # what is stated of an ended contract beyond its end is a restatement of the past
        if end not in {None, state.ended_on}:
            raise DomainError(
                _("This contract is known to have ended on %(day)s: void that entry first.")
                % {"day": state.ended_on.isoformat()},
                code="ended",
                field="ended_on",
            )
        return []
    entries: list[Entry] = []
    terms = _changed_terms(state, _terms(values))
    if end is not None:
        on = max(min(on, end), state.since)
    new_end = terms.get("term_ends_on")
    if new_end and state.term_ends_on and new_end > state.term_ends_on:
        following = max(state.term_ends_on + dt.timedelta(days=1), state.since)
        entries += ledger.renewed(state, following, None, terms)
    elif terms:
        change = ledger.changed(state, on, terms)
        entries += [change] if change else []
    state = entries[-1].state if entries else state
    entries += _notice(state, values, on)
    state = entries[-1].state if entries else state
    if end is not None:
        entries.append(ledger.ended(state, end))
    return entries


def _notice(state: State, values: dict[str, Any], on: dt.date) -> Iterable[Entry]:
    if "notice_given_on" not in values or values["notice_given_on"] == state.notice_given_on:
        return []
    if values["notice_given_on"] is None:
        return [ledger.notice_withdrawn(state, on)]
    return [ledger.noticed(state, max(values["notice_given_on"], state.since))]


def _changed_terms(state: State, terms: dict[str, Any]) -> dict[str, Any]:
    """The terms that differ. A unit price that only follows from revenue and seats is no change."""
    changed = {name: value for name, value in terms.items() if getattr(state, name) != value}
    if "mrr" in terms and "mrr" not in changed and "unit_price" in changed:
        units = Decimal(state.seats or 1)
        if abs(terms["unit_price"] * units - state.mrr) < units * Decimal("0.0001"):
            del changed["unit_price"]
    if "mrr" in terms and {"seats", "unit_price"} & changed.keys():
        # stated revenue wins over what would follow from seats and price
        changed["mrr"] = terms["mrr"]
    return changed
