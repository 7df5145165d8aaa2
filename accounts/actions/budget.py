"""The one contact budget of a workspace: what may be sent to whom, held under lock.

Everything that writes to customers reserves its letters here first, surveys and playbooks alike.
The ledger is locked by the workspace, not row by row: limits per person and per account overlap
in any order, and one lock cannot deadlock. It is held until the caller's transaction ends, so
callers reserve in chunks.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.contact_rules import Reason, person_key
from accounts.fields import BadValue, Whole, read
from accounts.models import Account, Contact, ContactBudget, ContactReservation
from accounts.queries.budget import Asked, contact_budget, ledger_of
from cs_platform.core import sql
from cs_platform.core.errors import DomainError

_LOCK = "contact budget"
_RULES = {"days_between": Whole(0, 365, empty=0), "account_most": Whole(1, 100_000)}


class ContactBudgetSpent(DomainError):
    """This person may not be written to; ``reason`` says why."""

    code = "contact_budget_spent"
    status = 409

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.label, code=f"contact_{reason.value}", status=409)
        self.reason = reason


@transaction.atomic
def update_budget(*, actor: Actor, now: dt.datetime, **limits: Any) -> ContactBudget:
    """Set ``days_between`` (0: no limit) and ``account_most`` (None: no limit).

    What is reserved already stays. Errors: those of the fields.
    """
    clean = {}
    for name, value in limits.items():
        try:
            clean[name] = read(_RULES[name], value)
        except BadValue as error:
            raise DomainError(error.message, code=error.code, field=name) from error
    sql.execute("accounts/lock_name", {"name": _LOCK})
    budget = contact_budget()
    before = {name: getattr(budget, name) for name in clean}
    if budget.pk and before == clean:
        return budget
    for name, value in clean.items():
        setattr(budget, name, value)
    budget.updated_at = now
    budget.save()
    audit.record(
        actor=actor,
        action="contact_budget_changed",
        obj=budget,
        detail={"before": before, "after": clean},
        now=now,
    )
    return budget


@transaction.atomic
def reserve_contacts(
    *, now: dt.datetime, kind: str, asked: Sequence[Asked]
) -> list[ContactReservation | Reason]:
    """Reserve letters in the order given: for each its ledger entry, or why it may not be sent.

    Two callers at once wait for one another, so that the second sees what the first has taken.
    Contacts are read again under the lock: whoever has just refused is refused.
    """
    if not asked:
        return []
    sql.execute("accounts/lock_name", {"name": _LOCK})
    current = {
        contact.pk: contact
        for contact in Contact.objects.filter(pk__in={a.contact.pk for a in asked})
    }
    asked = [Asked(current.get(a.contact.pk, a.contact), a.at, a.topic) for a in asked]
    ledger = ledger_of(asked)
    results: list[ContactReservation | Reason] = []
    for one in asked:
        # whoever was deleted meanwhile is there no more
        reason = ledger.refusal(one) if one.contact.pk in current else Reason.LEFT
        if reason is not None:
            results.append(reason)
            continue
        ledger.add(one)
        results.append(
            ContactReservation(
                contact=one.contact,
                account_id=one.contact.account_id,
                address=person_key(one.contact.email),
                kind=kind,
                topic=one.topic,
                at=one.at,
                made_at=now,
            )
        )
    ContactReservation.objects.bulk_create(
        [entry for entry in results if isinstance(entry, ContactReservation)], batch_size=1000
    )
    return results


def reserve_contact(
    *,
    now: dt.datetime,
    contact: Contact,
    account: Account,
    kind: str,
    at: dt.datetime,
    topic: str,
) -> ContactReservation:
    """Reserve one letter to a person of ``account`` at ``at``.

    Errors: ``ContactBudgetSpent`` with the reason; ``wrong_account``.
    """
    if contact.account_id != account.pk:
        raise DomainError(
            _("This person belongs to another account."), code="wrong_account", field="contact"
        )
    (result,) = reserve_contacts(now=now, kind=kind, asked=[Asked(contact, at, topic)])
    if isinstance(result, Reason):
        raise ContactBudgetSpent(result)
    return result


def release_contacts(*, now: dt.datetime, topics: Iterable[str]) -> int:
    """Give back what these requests have reserved and not sent yet; how many entries.

    Letters whose time has come stay counted: they may be on their way.
    """
    return ContactReservation.objects.filter(
        topic__in=list(topics), at__gt=now, released_at__isnull=True
    ).update(released_at=now)
