"""What was said to customers."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.dirty import mark_dirty
from accounts.actions.tasks import create_task
from accounts.actions.upsert import Item, Result, Upserted, clean, in_waves, known, only
from accounts.actors import Actor
from accounts.fields import REQUIRED, Choice, Day, Moment, Rule, Text, Whole, YesNo
from accounts.models import Account, Contact, Interaction, Membership
from accounts.queries.references import (
    accounts_by_external_id,
    contacts_by_external_id,
    members_by_email,
)
from cs_platform.core.errors import DomainError

COLUMNS: dict[str, Rule] = {
    "kind": Choice(Interaction.Kind.values, empty=REQUIRED),
    "summary": Text(empty=REQUIRED),
    "happened_at": Moment(empty=REQUIRED),
    "duration_minutes": Whole(0, 100_000),
    "participants": Text(),
    "sentiment": Choice(Interaction.Sentiment.values),
    "customer_words": Text(),
    "need": Text(),
    "is_read_back": YesNo(),
    "next_step": Text(300),
    "next_step_on": Day(),
}
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    "account_external_id": Text(200, empty=REQUIRED),
    "contact_external_id": Text(200, empty=None),
    "author_email": Text(254, empty=None),
    **COLUMNS,
}


def log_interaction(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    kind: str,
    summary: str,
    happened_at: dt.datetime,
    contact: Contact | None = None,
    next_step: str = "",
    next_step_on: dt.date | None = None,
    next_step_owner: Membership | None = None,
    external_id: str | None = None,
    **fields: Any,
) -> Interaction:
    """Note a contact with a customer; a next step becomes a task of its owner.

    The task belongs to ``next_step_owner``, else to who acts, else to the account's owner.
    Errors: ``in_future``, ``wrong_account`` (of the contact), ``next_step_date_required``,
    ``next_step_required`` and those of the fields.
    """
    result = Result()
    item = {
        "kind": kind,
        "summary": summary,
        "happened_at": happened_at,
        "next_step": next_step,
        "next_step_on": next_step_on,
        **fields,
    }
    values = _check(clean(item, COLUMNS, result), result, now)
    if result.is_rejected:
        only([result])
    if contact is not None and contact.account_id != account.pk:
        raise DomainError(
            _("This person belongs to another account."), code="wrong_account", field="contact"
        )
    if values["next_step"] and values["next_step_on"] is None:
        raise DomainError(
            _("By when is the next step to be done?"),
            code="next_step_date_required",
            field="next_step_on",
        )
    if values["next_step_on"] and not values["next_step"]:
        raise DomainError(_("What is the next step?"), code="next_step_required", field="next_step")
    with transaction.atomic():
        interaction: Interaction = Interaction.objects.create(
            account=account,
            contact=contact,
            external_id=external_id,
            author=actor.membership,
            known_at=now,
            **values,
        )
        if interaction.next_step:
            create_task(
                actor=actor,
                now=now,
                account=account,
                title=interaction.next_step,
                owner=next_step_owner or actor.membership or account.owner,
                due_on=interaction.next_step_on,
                interaction=interaction,
            )
        mark_dirty([account.pk])
    return interaction


def upsert_interaction(
    *, actor: Actor, now: dt.datetime, external_id: str, is_historical: bool = False, **fields: Any
) -> Upserted:
    """Create the interaction or bring it up to what is given. No task is made."""
    item = {"external_id": external_id, **fields}
    return only(_upsert([item], actor=actor, now=now, is_historical=is_historical))


def upsert_interactions(
    *, actor: Actor, now: dt.datetime, items: Sequence[Item], is_historical: bool = False
) -> list[Result]:
    """Create or bring up to date many interactions, with a constant number of queries.

    Declared historical, they count as known when they happened. One result per item, in order.
    No tasks are made: what was promised in an imported history is past. Idempotent.
    """
    return in_waves(
        items,
        "external_id",
        lambda wave: _upsert(wave, actor=actor, now=now, is_historical=is_historical),
    )


def _check(values: dict[str, Any], result: Result, now: dt.datetime) -> dict[str, Any]:
    # a minute's grace for clocks that run ahead
    if values.get("happened_at") and values["happened_at"] > now + dt.timedelta(minutes=1):
        result.reject("in_future", _("This is in the future."), "happened_at")
    return values


@transaction.atomic
def _upsert(
    items: Sequence[Item], *, actor: Actor, now: dt.datetime, is_historical: bool
) -> list[Result]:
    results = [Result() for _item in items]
    cleaned = []
    for item, result in zip(items, results, strict=True):
        cleaned.append(_check(clean(item, RULES, result), result, now))
        if "external_id" not in item:
            result.reject("required", _("This is required."), "external_id")
        result.external_id = cleaned[-1].get("external_id", "")
    _resolve(cleaned, results)
    existing = known(
        Interaction.objects.select_for_update(of=("self",)).select_related(
            "account", "contact", "author"
        ),
        (v["external_id"] for v in cleaned if "external_id" in v),
    )
    to_create, to_update, dirty = [], [], set()
    for values, result in zip(cleaned, results, strict=True):
        interaction = existing.get(values.get("external_id", ""))
        if interaction is None and not result.is_rejected:
            for name in ("account", "kind", "summary", "happened_at"):
                if name not in values:
                    result.reject("required", _("This is required."), name)
        _check_account(interaction, values, result)
        if result.is_rejected:
            continue
        if interaction is None:
            result.obj, result.outcome = Interaction(**values, known_at=now), "created"
            if is_historical:
                result.obj.known_at, result.obj.is_historical = result.obj.happened_at, True
            to_create.append(result.obj)
            continue
        result.obj = interaction
        changed = {name for name, value in values.items() if getattr(interaction, name) != value}
        if changed:
            # what it is moved away from, too
            dirty.add(interaction.account_id)
            for name in changed:
                setattr(interaction, name, values[name])
            result.outcome = "updated"
            to_update.append(interaction)
    Interaction.objects.bulk_create(to_create)
    Interaction.objects.bulk_update(to_update, [*COLUMNS, "account", "contact", "author"])
    mark_dirty(dirty | {interaction.account_id for interaction in [*to_create, *to_update]})
    return results


def _check_account(interaction: Interaction | None, values: dict[str, Any], result: Result) -> None:
    """Refuse a person of another account, unless it has gone there since it was noted here."""
    before = (interaction.account, interaction.contact) if interaction else (None, None)
    account, contact = values.get("account", before[0]), values.get("contact", before[1])
    if account and contact and (account, contact) != before and contact.account_id != account.pk:
        result.reject(
            "wrong_account", _("This person belongs to another account."), "contact_external_id"
        )


def _resolve(cleaned: list[dict[str, Any]], results: list[Result]) -> None:
    def named(name: str) -> set[str]:
        return {values[name] for values in cleaned if values.get(name)}

    accounts = accounts_by_external_id(named("account_external_id"))
    contacts = contacts_by_external_id(named("contact_external_id"))
    members = members_by_email(named("author_email"))
    for values, result in zip(cleaned, results, strict=True):
        for name, column, found, code, message in (
            (
                "account_external_id",
                "account",
                accounts,
                "unknown_account",
                _("There is no account with this id."),
            ),
            (
                "contact_external_id",
                "contact",
                contacts,
                "unknown_contact",
                _("There is no contact with this id."),
            ),
            (
                "author_email",
                "author",
                members,
                "unknown_member",
                _("No active member has this address."),
            ),
        ):
            if name not in values:
                continue
            given = values.pop(name)
            if given is not None and name.endswith("_email"):
                given = given.casefold()
            values[column] = None if given is None else found.get(given)
            if given is not None and values[column] is None:
                result.reject(code, message, name)
