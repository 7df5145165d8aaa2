"""Ledger entries that hold no state: one-off purchases, and the voiding of mistakes."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.ledger import append, known_when
from accounts.actors import Actor
from accounts.fields import BadValue, Currency, Number, read
from accounts.models import Account, ContractEvent, Subscription
from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import Conflict, DomainError

_STATELESS = {ContractEvent.Kind.VOID, ContractEvent.Kind.ONE_OFF}


@transaction.atomic
def record_one_off(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    amount: Decimal,
    effective_on: dt.date,
    currency: str = "",
    subscription: Subscription | None = None,
    external_id: str | None = None,
    note: str = "",
    is_historical: bool = False,
) -> ContractEvent:
    """A purchase outside the recurring revenue. Errors: ``not_a_number``, ``out_of_range``,
    ``not_a_currency``, ``wrong_account``."""
    workspace = current_workspace()
    if subscription is not None and subscription.account_id != account.pk:
        raise DomainError(_("This contract belongs to another account."), code="wrong_account")
    try:
        code = read(Currency(), currency) or workspace.currency
        value = read(Number(4, Decimal("0.0001")), amount)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="amount") from error
    event = ContractEvent(
        subscription=subscription,
        account=account,
        external_id=external_id,
        kind=ContractEvent.Kind.ONE_OFF,
        effective_on=effective_on,
        known_at=known_when(
            effective_on, now=now, is_historical=is_historical, timezone=workspace.timezone
        ),
        is_historical=is_historical,
        unit_price=0,
        mrr=0,
        currency=code,
        amount=value,
        note=note.strip(),
        recorded_by=actor.membership,
    )
    append([event], now=now)
    return event


@transaction.atomic
def void_event(
    *, actor: Actor, now: dt.datetime, event: ContractEvent, note: str = ""
) -> ContractEvent:
    """Take a mistaken entry out of account by a later entry; both stay in the ledger.

    Errors: ``not_voidable`` (a void cannot be voided), ``already_voided``, ``later_entry`` (its
    followers build on it and must be voided first).
    """
    if event.kind == ContractEvent.Kind.VOID:
        raise DomainError(
            _("A voided entry cannot be restored: enter it anew."), code="not_voidable"
        )
    if event.subscription_id:
        Subscription.objects.select_for_update().get(pk=event.subscription_id)
    if ContractEvent.objects.filter(voids=event).exists():
        raise Conflict(_("This entry has been voided already."), code="already_voided")
    if event.kind not in _STATELESS:
        last = (
            ContractEvent.objects.filter(
                subscription_id=event.subscription_id, voided_by__isnull=True
            )
            .exclude(kind__in=_STATELESS)
            .latest("effective_on", "id")
        )
        if last.pk != event.pk:
            raise DomainError(
                _("Later entries build on this one: void those first."), code="later_entry"
            )
    void = ContractEvent(
        subscription_id=event.subscription_id,
        account_id=event.account_id,
        kind=ContractEvent.Kind.VOID,
        effective_on=event.effective_on,
        known_at=now,
        unit_price=0,
        mrr=0,
        currency=event.currency,
        note=note.strip(),
        voids=event,
        recorded_by=actor.membership,
    )
    append([void], now=now)
    audit.record(
        actor=actor,
        action="contract_event_voided",
        obj=event.account,
        detail={"event": event.pk, "kind": event.kind},
        now=now,
    )
    return void
