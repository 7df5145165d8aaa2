"""Products, plans and exchange rates: what contracts are made of."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.dirty import mark_dirty
from accounts.actions.upsert import Item, Result, clean, in_waves, only
from accounts.actors import Actor
from accounts.fields import REQUIRED, BadValue, Currency, Day, Number, Rule, Text, Whole, read
from accounts.models import ExchangeRate, Plan, Product, Subscription
from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import Conflict, DomainError, NotFound

RATE_RULES: dict[str, Rule] = {
    "currency": Currency(empty=REQUIRED),
    "valid_from": Day(empty=REQUIRED),
    # No currency is worth ten million of another: more is a slip of the keyboard.
    "rate": Number(10, Decimal("0.0000000001"), Decimal(10_000_000), empty=REQUIRED),
}


def _named(code: str, name: str) -> tuple[str, str]:
    try:
        return read(Text(100, empty=REQUIRED), code), read(Text(200, empty=REQUIRED), name)
    except BadValue as error:
        raise DomainError(
            error.message, code=error.code, field="name" if code.strip() else "code"
        ) from error


@transaction.atomic
def create_product(*, actor: Actor, code: str, name: str, now: dt.datetime) -> Product:
    """Add a product. Errors: ``code_taken`` and those of the fields."""
    code, name = _named(code, name)
    product, is_new = Product.objects.get_or_create(code=code, defaults={"name": name})
    if not is_new:
        raise Conflict(_("This code is taken."), code="code_taken", field="code")
    audit.record(actor=actor, action="product_created", obj=product, now=now)
    return product


@transaction.atomic
def create_plan(
    *, actor: Actor, product: Product, code: str, name: str, rank: int, now: dt.datetime
) -> Plan:
    """Add a grade of a product; a higher ``rank`` is a higher grade. Errors: ``code_taken`` and
    those of the fields."""
    code, name = _named(code, name)
    try:
        rank = read(Whole(0, 32_767, empty=0), rank)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="rank") from error
    plan, is_new = Plan.objects.get_or_create(
        product=product, code=code, defaults={"name": name, "rank": rank}
    )
    if not is_new:
        raise Conflict(_("This code is taken."), code="code_taken", field="code")
    audit.record(actor=actor, action="plan_created", obj=plan, detail={"rank": rank}, now=now)
    return plan


@transaction.atomic
def update_product(*, actor: Actor, product: Product, name: str, now: dt.datetime) -> Product:
    """Give a product another name; its code is what other systems know it by, and stays."""
    before = product.name
    _code, product.name = _named(product.code, name)
    if product.name != before:
        product.save(update_fields=["name"])
        detail = {"before": {"name": before}, "after": {"name": product.name}}
        audit.record(actor=actor, action="product_changed", obj=product, detail=detail, now=now)
    return product


@transaction.atomic
def update_plan(*, actor: Actor, plan: Plan, name: str, rank: int | None, now: dt.datetime) -> Plan:
    """Give a grade another name or rank. What the ledger holds already keeps the kind it was
    entered with; the new rank tells upsells from then on."""
    before = {"name": plan.name, "rank": plan.rank}
    _code, plan.name = _named(plan.code, name)
    try:
        plan.rank = read(Whole(0, 32_767, empty=0), rank)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="rank") from error
    after = {"name": plan.name, "rank": plan.rank}
    if after != before:
        plan.save(update_fields=["name", "rank"])
        detail = {"before": before, "after": after}
        audit.record(actor=actor, action="plan_changed", obj=plan, detail=detail, now=now)
    return plan


def ensure_products(codes: Iterable[str]) -> dict[str, Product]:
    """The products with these codes, made where missing (named like their code)."""
    wanted = set(codes)
    Product.objects.bulk_create(
        [Product(code=code, name=code) for code in sorted(wanted)], ignore_conflicts=True
    )
    return {product.code: product for product in Product.objects.filter(code__in=wanted)}


def ensure_plans(wanted: dict[tuple[int, str], int | None]) -> dict[tuple[int, str], Plan]:
    """The plans by (product id, code), made where missing with the rank given (else 0).

    A rank given for an existing plan becomes its rank.
    """
    Plan.objects.bulk_create(
        [
            Plan(product_id=product_id, code=code, name=code, rank=rank or 0)
            for (product_id, code), rank in sorted(wanted.items(), key=lambda item: item[0])
        ],
        ignore_conflicts=True,
    )
    found = {
        (plan.product_id, plan.code): plan
        for plan in Plan.objects.filter(product_id__in={product_id for product_id, _code in wanted})
    }
    moved = []
    for key, rank in wanted.items():
        if rank is not None and found[key].rank != rank:
            found[key].rank = rank
            moved.append(found[key])
    Plan.objects.bulk_update(moved, ["rank"])
    return found


def set_rate(
    *, actor: Actor, now: dt.datetime, currency: str, valid_from: dt.date, rate: Decimal
) -> ExchangeRate:
    """Set what one unit of a currency is worth in the workspace's, from a day on.

    Errors: ``own_currency`` and those of the fields (`RATE_RULES`).
    """
    item = {"currency": currency, "valid_from": valid_from, "rate": rate}
    stored: ExchangeRate = only(upsert_rates(actor=actor, now=now, items=[item])).obj
    return stored


def upsert_rates(*, actor: Actor, now: dt.datetime, items: Sequence[Item]) -> list[Result]:
    """Set many rates; one result per item, in order. Idempotent.

    Accounts with contracts in those currencies are marked for rescoring.
    """
    keyed = [{**item, "key": f"{item.get('currency')} {item.get('valid_from')}"} for item in items]
    return in_waves(keyed, "key", lambda wave: _upsert_rates(wave, actor=actor, now=now))


@transaction.atomic
def _upsert_rates(items: Sequence[Item], *, actor: Actor, now: dt.datetime) -> list[Result]:
    results = [Result(external_id=item["key"]) for item in items]
    own = current_workspace().currency
    cleaned = []
    for item, result in zip(items, results, strict=True):
        values = clean({k: v for k, v in item.items() if k != "key"}, RATE_RULES, result)
        for name in RATE_RULES.keys() - item.keys():
            result.reject("required", _("This is required."), name)
        if values.get("currency") == own:
            result.reject("own_currency", _("This is the workspace's own currency."), "currency")
        cleaned.append(values)
    existing = {
        (rate.currency, rate.valid_from): rate
        for rate in ExchangeRate.objects.filter(
            currency__in={values.get("currency") for values in cleaned}
        )
    }
    to_store: list[ExchangeRate] = []
    for values, result in zip(cleaned, results, strict=True):
        if result.is_rejected:
            continue
        rate = existing.get((values["currency"], values["valid_from"]))
        result.obj = rate or ExchangeRate(**values)
        if rate is None:
            result.outcome = "created"
        elif rate.rate != values["rate"]:
            rate.rate, result.outcome = values["rate"], "updated"
        if result.outcome != "unchanged":
            to_store.append(result.obj)
    ExchangeRate.objects.bulk_create(
        to_store,
        update_conflicts=True,
        unique_fields=["workspace", "currency", "valid_from"],
        update_fields=["rate"],
    )
    _after_rates(to_store, actor=actor, now=now)
    return results


@transaction.atomic
def remove_rate(*, actor: Actor, now: dt.datetime, rate_id: int) -> None:
    """Remove a rate entered by mistake. Errors: ``not_found``."""
    rate = ExchangeRate.objects.filter(pk=rate_id).first()
    if rate is None:
        raise NotFound(_("There is no such rate."))
    _after_rates([rate], actor=actor, now=now, action="rate_removed")
    rate.delete()


def _after_rates(
    rates: list[ExchangeRate], *, actor: Actor, now: dt.datetime, action: str = "rates_set"
) -> None:
    if not rates:
        return
    concerned = Subscription.objects.filter(currency__in={rate.currency for rate in rates})
    mark_dirty(concerned.values_list("account_id", flat=True))
    detail: list[dict[str, Any]] = [
        {"currency": r.currency, "from": r.valid_from.isoformat(), "rate": str(r.rate)}
        for r in rates[:100]
    ]
    audit.record(
        actor=actor,
        action=action,
        obj=rates[0],
        detail={"rates": detail, "count": len(rates)},
        now=now,
    )
