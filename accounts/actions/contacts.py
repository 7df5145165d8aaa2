"""People at accounts: added and changed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.dirty import mark_dirty
from accounts.actions.upsert import Item, Result, Upserted, clean, in_waves, known, only
from accounts.actors import Actor
from accounts.fields import (
    REQUIRED,
    Choice,
    Day,
    Email,
    Moment,
    Rule,
    Text,
    Texts,
    TimeZone,
    YesNo,
)
from accounts.folding import digits, fold
from accounts.models import Account, Contact
from accounts.queries.references import accounts_by_external_id
from cs_platform.core.errors import Conflict

COLUMNS: dict[str, Rule] = {
    "name": Text(200, empty=REQUIRED),
    "name_reading": Text(200),
    "email": Email(),
    "phones": Texts(40, most=10),
    "department": Text(200),
    "title": Text(200),
    "language": Choice(("en", "ja")),
    "timezone": TimeZone(empty=""),
    "consent": Choice(Contact.Consent.values, empty=Contact.Consent.UNKNOWN),
    "is_champion": YesNo(),
    "is_decision_maker": YesNo(),
    "user_ids": Texts(200),
    "left_on": Day(),
}
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    "account_external_id": Text(200, empty=REQUIRED),
    "happened_at": Moment(),
    **COLUMNS,
}
_STORED = [
    *COLUMNS,
    "account",
    "consent_at",
    "consent_source",
    "search_text",
    "phone_digits",
    "updated_at",
]


def create_contact(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    external_id: str,
    name: str,
    **fields: Any,
) -> Contact:
    """Add a person to an account. Errors: ``external_id_taken`` and those of the fields."""
    item = {"external_id": external_id, "name": name, "account": account, **fields}
    with transaction.atomic():
        stored = only(_upsert([item], actor=actor, now=now))
        if stored.outcome != "created":
            raise Conflict(
                _("There is a contact with the id “%(id)s” already.") % {"id": external_id},
                code="external_id_taken",
                field="external_id",
            )
    contact: Contact = stored.obj
    return contact


def update_contact(*, actor: Actor, contact: Contact, now: dt.datetime, **changes: Any) -> Contact:
    """Change a person's fields, or move it to another ``account``. Errors: those of the fields."""
    item = {"external_id": contact.external_id, **changes}
    updated: Contact = only(_upsert([item], actor=actor, now=now)).obj
    return updated


def upsert_contact(*, actor: Actor, now: dt.datetime, external_id: str, **fields: Any) -> Upserted:
    """Create the contact or bring it up to what is given; fields not given stay."""
    return only(_upsert([{"external_id": external_id, **fields}], actor=actor, now=now))


def upsert_contacts(*, actor: Actor, now: dt.datetime, items: Sequence[Item]) -> list[Result]:
    """Create or bring up to date many contacts, with a constant number of queries.

    The account is given as ``account_external_id`` (or ``account``). One result per item, in
    order; a rejected item leaves the others alone. Idempotent.
    """
    return in_waves(items, "external_id", lambda wave: _upsert(wave, actor=actor, now=now))


@transaction.atomic
def _upsert(items: Sequence[Item], *, actor: Actor, now: dt.datetime) -> list[Result]:
    results = [Result() for _item in items]
    cleaned = [_clean(item, result) for item, result in zip(items, results, strict=True)]
    accounts = accounts_by_external_id(
        {v["account_external_id"] for v in cleaned if "account_external_id" in v}
    )
    existing = known(
        Contact.objects.select_for_update(of=("self",)).select_related("account"),
        (v["external_id"] for v in cleaned if "external_id" in v),
    )
    to_store, dirty = [], set()
    for values, result in zip(cleaned, results, strict=True):
        contact = existing.get(values.get("external_id", ""))
        if "account_external_id" in values:
            values["account"] = accounts.get(values.pop("account_external_id"))
            if values["account"] is None:
                result.reject(
                    "unknown_account",
                    _("There is no account with this id."),
                    "account_external_id",
                )
        if contact is None and not result.is_rejected:
            for name, column in (("account_external_id", "account"), ("name", "name")):
                if column not in values:
                    result.reject("required", _("This is required."), name)
        if result.is_rejected:
            continue
        before = contact.account_id if contact else None
        _apply(contact, values, result, actor, now)
        if result.outcome != "unchanged":
            to_store.append(result.obj)
            dirty |= {result.obj.account_id, before} - {None}
    to_store.sort(key=lambda contact: contact.external_id)
    Contact.objects.bulk_create(
        to_store,
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=_STORED,
    )
    mark_dirty(dirty)
    return results


def _clean(item: Item, result: Result) -> dict[str, Any]:
    values = clean({k: v for k, v in item.items() if k != "account"}, RULES, result)
    if isinstance(item.get("account"), Account):
        values["account"] = item["account"]
    if "external_id" not in item:
        result.reject("required", _("This is required."), "external_id")
    result.external_id = values.get("external_id", "")
    return values


def _apply(
    contact: Contact | None,
    values: dict[str, Any],
    result: Result,
    actor: Actor,
    now: dt.datetime,
) -> None:
    since = values.pop("happened_at", None) or now
    if contact is None:
        contact = Contact(**values, created_at=min(since, now))
        result.outcome = "created"
        changed = set(values)
    else:
        changed = {name for name, value in values.items() if getattr(contact, name) != value}
        for name in changed:
            setattr(contact, name, values[name])
        result.outcome = "updated" if changed else "unchanged"
    result.obj = contact
    if "consent" in changed:
        is_said = contact.consent != Contact.Consent.UNKNOWN
        contact.consent_at = since if is_said else None
        contact.consent_source = actor.label[:200] if is_said else ""
    if changed:
        contact.updated_at = now
        contact.search_text = fold(
            f"{contact.name} {contact.name_reading} {contact.email} {contact.external_id}"
        )
        contact.phone_digits = [digits(phone, contact.account.country) for phone in contact.phones]
