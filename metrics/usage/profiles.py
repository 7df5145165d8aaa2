"""What identify and group calls tell of people and firms.

Traits fill in what is missing and never overwrite what a person has entered.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from accounts.actions.accounts import upsert_accounts
from accounts.actions.contacts import upsert_contacts
from accounts.actors import Actor
from accounts.fields import BadValue, Email, Text, WebAddress
from accounts.models import Account, Contact

_ACTOR = Actor.system("events")
_MOST_ATTRIBUTES = 50
# Traits of a firm that are fields of an account; all others become custom attributes.
_ACCOUNT_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": Text(300).read,
    "industry": Text(100).read,
    "website": WebAddress().read,
}


def describe_accounts(
    groups: Iterable[tuple[int | None, dict[str, Any]]], now: dt.datetime
) -> None:
    """Take over the traits of group calls, the later over the earlier.

    Name, industry and website only for accounts that nobody has confirmed; anything else becomes
    a custom attribute.
    """
    traits: dict[int, dict[str, Any]] = {}
    for account_id, given in groups:
        if account_id is not None and given:
            traits.setdefault(account_id, {}).update(given)
    items = []
    for account in Account.objects.filter(pk__in=traits).order_by("external_id"):
        given = traits[account.pk]
        item: dict[str, Any] = {"external_id": account.external_id}
        if account.is_unconfirmed:
            item |= {"is_unconfirmed": True, **_fields(given)}
        attributes = {
            name[:100]: value
            for name, value in given.items()
            if name not in _ACCOUNT_FIELDS and isinstance(value, str | int | float | bool)
        }
        new = {name: value for name, value in attributes.items() if name in account.attributes}
        room = _MOST_ATTRIBUTES - len(account.attributes)
        new |= dict([pair for pair in attributes.items() if pair[0] not in new][: max(room, 0)])
        if new:
            item["attributes"] = new
        if len(item) > 1:
            items.append(item)
    if items:
        upsert_accounts(actor=_ACTOR, now=now, items=items)


def _fields(traits: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, read in _ACCOUNT_FIELDS.items():
        value = _read(read, traits.get(name))
        if value:
            found[name] = value
    return found


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    if value is None or value == "":
        return ""
    try:
        return read(value)
    except BadValue:
        return ""


def describe_contacts(people: Iterable[tuple[str, int, dict[str, Any]]], now: dt.datetime) -> None:
    """Make or complete the contacts behind identify calls: (user id, account id, traits).

    A contact is found by its user ids; a new one has the user id as its external id.
    """
    traits: dict[str, dict[str, Any]] = {}
    account_of: dict[str, int] = {}
    for user_id, account_id, given in people:
        if not user_id.startswith("~"):
            traits.setdefault(user_id, {}).update(given)
            account_of[user_id] = account_id
    if not traits:
        return
    users = sorted(traits)
    found = {
        user: contact
        for contact in Contact.objects.filter(user_ids__overlap=users)
        for user in contact.user_ids
    }
    by_external_id = {
        contact.external_id: contact for contact in Contact.objects.filter(external_id__in=users)
    }
    accounts = Account.objects.in_bulk(set(account_of.values()))
    items = []
    for user_id in users:
        contact = found.get(user_id) or by_external_id.get(user_id)
        given = _person(traits[user_id])
        if contact is None:
            account = accounts.get(account_of[user_id])
            if account is not None:
                given.setdefault("name", given.get("email") or user_id)
                item = {"external_id": user_id, "account": account, "user_ids": [user_id], **given}
                items.append(item)
            continue
        item = {"external_id": contact.external_id}
        if user_id not in contact.user_ids:
            item["user_ids"] = [*contact.user_ids, user_id]
        if contact.name not in {contact.external_id, contact.email}:
            given.pop("name", None)
        item |= {name: value for name, value in given.items() if not _is_filled(contact, name)}
        if len(item) > 1:
            items.append(item)
    if items:
        upsert_contacts(actor=_ACTOR, now=now, items=items)


def _is_filled(contact: Contact, name: str) -> bool:
    return name != "name" and bool(getattr(contact, name))


def _person(traits: dict[str, Any]) -> dict[str, Any]:
    parts = [traits.get("firstName"), traits.get("lastName")]
    name = traits.get("name") or " ".join(str(part) for part in parts if part)
    read = {
        "name": _read(Text(200).read, name),
        "email": _read(Email().read, traits.get("email")),
        "title": _read(Text(200).read, traits.get("title")),
    }
    return {field: value for field, value in read.items() if value}
