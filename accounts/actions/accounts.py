"""Accounts: made, changed, given to an owner, moved through their stages."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.dirty import mark_dirty
from accounts.actions.history import ATTRIBUTES, History, as_text, change_row
from accounts.actions.upsert import Item, Result, Upserted, clean, in_waves, known, only
from accounts.actors import Actor
from accounts.fields import (
    REQUIRED,
    Attributes,
    Choice,
    Country,
    Day,
    Moment,
    Rule,
    Text,
    WebAddress,
    Whole,
    YesNo,
)
from accounts.folding import fold
from accounts.models import Account, AttributeChange, Membership
from accounts.queries.references import accounts_by_external_id, members_by_email
from cs_platform.core.errors import Conflict, DomainError, NotFound

COLUMNS: dict[str, Rule] = {
    "name": Text(300, empty=REQUIRED),
    "name_reading": Text(300),
    "segment": Choice(Account.Segment.values),
    "tier": Text(50),
    "industry": Text(100),
    "country": Country(),
    "website": WebAddress(),
    "stage": Choice(Account.Stage.values, empty=Account.Stage.ADOPTION),
    "handover_note": Text(),
    "seats": Whole(),
    "goals": Text(),
    "fit": Choice(Account.Fit.values),
    "onboarding_started_on": Day(),
    "onboarding_due_on": Day(),
    "onboarding_completed_on": Day(),
    "attributes": Attributes(),
    "is_unconfirmed": YesNo(),
}
# References by what the outside knows of them: column and the field that names it.
REFERENCES = {
    "owner": "owner_email",
    "sales_owner": "sales_owner_email",
    "parent": "parent_external_id",
    "referrer": "referrer_external_id",
}
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    **COLUMNS,
    **{name: Text(300, empty=None) for name in REFERENCES.values()},
    "happened_at": Moment(),
}
_STORED = [*COLUMNS, *REFERENCES]


def create_account(
    *, actor: Actor, now: dt.datetime, external_id: str, name: str, **fields: Any
) -> Account:
    """Add an account. Errors: ``external_id_taken`` and those of the fields (`RULES`).

    References may be given as objects (``owner``, ``sales_owner``, ``parent``, ``referrer``).
    """
    item = {"external_id": external_id, "name": name, **fields}
    with transaction.atomic():
        stored = only(_upsert([item], actor=actor, now=now))
        if stored.outcome != "created":
            raise Conflict(
                _("There is an account with the id “%(id)s” already.") % {"id": external_id},
                code="external_id_taken",
                field="external_id",
            )
    account: Account = stored.obj
    return account


def update_account(
    *,
    actor: Actor,
    account: Account,
    now: dt.datetime,
    happened_at: dt.datetime | None = None,
    **changes: Any,
) -> Account:
    """Change fields of an account; dated attributes change as of ``happened_at`` (default now).

    A change dated before a later known one goes into the history and leaves the present as it is.
    Errors: ``in_future`` and those of the fields.
    """
    item: dict[str, Any] = {"external_id": account.external_id, **changes}
    if happened_at is not None:
        item["happened_at"] = happened_at
    updated: Account = only(_upsert([item], actor=actor, now=now)).obj
    return updated


def upsert_account(
    *,
    actor: Actor,
    now: dt.datetime,
    external_id: str,
    known_at: dt.datetime | None = None,
    is_historical: bool = False,
    **fields: Any,
) -> Upserted:
    """Create the account or bring it up to what is given; fields not given stay.

    ``known_at`` dates the values: with ``is_historical`` they count as known then.
    """
    item = {"external_id": external_id, **fields}
    if known_at is not None:
        item["happened_at"] = known_at
    return only(_upsert([item], actor=actor, now=now, is_historical=is_historical))


def upsert_accounts(
    *, actor: Actor, now: dt.datetime, items: Sequence[Item], is_historical: bool = False
) -> list[Result]:
    """Create or bring up to date many accounts, with a constant number of queries.

    One result per item, in order; a rejected item leaves the others alone. ``happened_at`` of an
    item dates its values; declared historical, they also count as known then. Custom attributes
    are merged by key, and a key given as null is removed. Idempotent.
    """
    return in_waves(
        items,
        "external_id",
        lambda wave: _upsert(wave, actor=actor, now=now, is_historical=is_historical),
    )


def change_stage(
    *, actor: Actor, account: Account, stage: str, happened_at: dt.datetime, now: dt.datetime
) -> Account:
    """Move the account to a stage, as of a moment not after now. Errors: ``in_future``."""
    return update_account(
        actor=actor, account=account, now=now, happened_at=happened_at, stage=stage
    )


@transaction.atomic
def assign_owner(
    *, actor: Actor, now: dt.datetime, account_ids: Iterable[int], owner: Membership | None
) -> int:
    """Give accounts to a CSM (None: to nobody); how many changed hands.

    Errors: ``not_found`` if any account does not exist (nothing is changed then),
    ``owner_inactive``.
    """
    wanted = set(account_ids)
    _check_owner(owner)
    accounts = list(Account.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(accounts) != len(wanted):
        raise NotFound(_("Some of these accounts do not exist."), code="not_found")
    moving = [account for account in accounts if account.owner_id != (owner and owner.pk)]
    rows = []
    for account in moving:
        before = "" if account.owner_id is None else str(account.owner_id)
        rows.append(
            change_row(
                account,
                AttributeChange.Attribute.OWNER,
                before,
                as_text(owner),
                actor=actor,
                happened_at=now,
                known_at=now,
                is_historical=False,
            )
        )
    moved = [account.pk for account in moving]
    Account.objects.filter(pk__in=moved).update(owner=owner, updated_at=now)
    AttributeChange.objects.bulk_create(rows)
    mark_dirty(moved)
    for account in moving:
        account.owner = owner
    if moving:
        audit.record(
            actor=actor,
            action="accounts_assigned",
            obj=moving[0],
            detail={"owner": str(owner or ""), "accounts": moved[:1000], "count": len(moved)},
            now=now,
        )
    return len(moving)


def _check_owner(owner: Membership | None) -> None:
    if owner is not None and not owner.is_active:
        raise DomainError(
            _("%(name)s is no longer an active member.") % {"name": owner},
            code="owner_inactive",
            field="owner",
        )


@transaction.atomic
def _upsert(
    items: Sequence[Item], *, actor: Actor, now: dt.datetime, is_historical: bool = False
) -> list[Result]:
    results = [Result() for _item in items]
    cleaned = [_clean(item, result, now) for item, result in zip(items, results, strict=True)]
    _resolve(cleaned, results)
    ids = {values["external_id"] for values in cleaned if "external_id" in values}
    existing = known(Account.objects.select_for_update(), ids)
    dated = any("happened_at" in values for values in cleaned)
    history = History(account.pk for account in existing.values()) if dated else History([])
    to_store: list[Account] = []
    changes: list[AttributeChange] = []
    for values, result in zip(cleaned, results, strict=True):
        account = existing.get(values.get("external_id", ""))
        if account is None and "name" not in values and not result.is_rejected:
            result.reject("required", _("A new account needs a name."), "name")
        if result.is_rejected:
            continue
        happened_at = values.pop("happened_at", None) or now
        rows = _apply(account, values, result, history=history, happened_at=happened_at, now=now)
        for attribute, old, new in rows:
            changes.append(
                change_row(
                    result.obj,
                    attribute,
                    old,
                    new,
                    actor=actor,
                    happened_at=happened_at,
                    known_at=happened_at if is_historical else now,
                    is_historical=is_historical,
                )
            )
        if result.outcome != "unchanged":
            to_store.append(result.obj)
    _store(to_store, changes)
    return results


def _clean(item: Item, result: Result, now: dt.datetime) -> dict[str, Any]:
    objects = {name: item[name] for name in REFERENCES if name in item}
    values = clean({k: v for k, v in item.items() if k not in objects}, RULES, result)
    values.update(objects)
    if "external_id" not in item:
        result.reject("required", _("This is required."), "external_id")
    result.external_id = values.get("external_id", "")
    if values.get("happened_at") is None:
        values.pop("happened_at", None)
    elif values["happened_at"] > now:
        result.reject("in_future", _("This is in the future."), "happened_at")
    started = values.get("onboarding_started_on")
    completed = values.get("onboarding_completed_on")
    if started and completed and completed < started:
        result.reject(
            "end_before_start",
            _("Onboarding cannot be completed before it started."),
            "onboarding_completed_on",
        )
    return values


def _resolve(cleaned: list[dict[str, Any]], results: list[Result]) -> None:
    """Put objects in the place of e-mail addresses and external ids, two queries for all."""
    emails = {
        v[n].casefold() for v in cleaned for n in ("owner_email", "sales_owner_email") if v.get(n)
    }
    ids = {
        v[n] for v in cleaned for n in ("parent_external_id", "referrer_external_id") if v.get(n)
    }
    members, accounts = members_by_email(emails), accounts_by_external_id(ids)
    for values, result in zip(cleaned, results, strict=True):
        for column, name in REFERENCES.items():
            if name not in values:
                continue
            given = values.pop(name)
            if given is None:
                values[column] = None
            elif name.endswith("_email"):
                values[column] = members.get(given.casefold())
                if values[column] is None:
                    result.reject("unknown_member", _("No active member has this address."), name)
            else:
                values[column] = accounts.get(given)
                if values[column] is None:
                    result.reject("unknown_account", _("There is no account with this id."), name)
        for column in ("owner", "sales_owner"):
            member = values.get(column)
            if member is not None and not member.is_active:
                result.reject(
                    "owner_inactive",
                    _("%(name)s is no longer an active member.") % {"name": member},
                    column,
                )
        for column in ("parent", "referrer"):
            other = values.get(column)
            if other is not None and other.external_id == values.get("external_id"):
                result.reject("refers_to_itself", _("An account cannot refer to itself."), column)


def _apply(
    account: Account | None,
    values: dict[str, Any],
    result: Result,
    *,
    history: History,
    happened_at: dt.datetime,
    now: dt.datetime,
) -> list[tuple[str, str, str]]:
    """Set what differs on ``result.obj``; the changes of dated attributes as (name, old, new)."""
    if account is None:
        values["attributes"] = _merged({}, values.get("attributes", {}))
        result.obj = Account(**values, created_at=happened_at, updated_at=now)
        result.outcome = "created"
        return [
            (name, "", as_text(getattr(result.obj, name)))
            for name in ATTRIBUTES
            if as_text(getattr(result.obj, name))
        ]
    result.obj, rows, is_changed = account, [], False
    # only an event makes an account unconfirmed; whoever else speaks of it confirms it
    values["is_unconfirmed"] = account.is_unconfirmed and values.get("is_unconfirmed", False)
    if "attributes" in values:
        values["attributes"] = _merged(account.attributes, values["attributes"])
    for name, value in values.items():
        column = f"{name}_id" if name in REFERENCES else name
        current = getattr(account, column)
        target = (value and value.pk) if name in REFERENCES else value
        if name in ATTRIBUTES:
            before = history.in_force(account.pk, name, happened_at, as_text(current))
            if before != as_text(value):
                rows.append((name, before, as_text(value)))
            if not history.is_latest(account.pk, name, happened_at):
                continue
        if current != target:
            setattr(account, name, value)
            is_changed = True
    if is_changed or rows:
        account.updated_at = now
        result.outcome = "updated"
    return rows


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**old, **new}.items() if value is not None}


def _store(accounts: list[Account], changes: list[AttributeChange]) -> None:
    for account in accounts:
        account.search_text = fold(f"{account.name} {account.name_reading} {account.external_id}")
    accounts.sort(key=lambda account: account.external_id)
    Account.objects.bulk_create(
        accounts,
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=[*_STORED, "search_text", "updated_at"],
    )
    AttributeChange.objects.bulk_create(changes, batch_size=5000)
    mark_dirty(account.pk for account in accounts)
