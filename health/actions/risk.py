"""What people do about a risk: each change is logged with its reason and shown at once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.dirty import mark_dirty
from accounts.actors import Actor
from accounts.models import Account
from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from health.models import AccountCurrent, RiskNote, RiskState

LONGEST_SNOOZE_DAYS = 180


def snooze(
    *, actor: Actor, now: dt.datetime, account: Account, until: dt.date, reason: str
) -> RiskState:
    """Keep the account out of the list through ``until`` (a workspace-local day).

    Snoozing again moves the day. Errors: ``reason_required``, ``reason_too_long``,
    ``until_not_in_future``, ``until_too_far`` (more than 180 days ahead).
    """
    reason = _given(reason)
    today = _today(now)
    if until <= today:
        raise DomainError(_("Choose a day after today."), code="until_not_in_future", field="until")
    if until > today + dt.timedelta(days=LONGEST_SNOOZE_DAYS):
        raise DomainError(
            _("Choose a day within the next %(days)s days.") % {"days": LONGEST_SNOOZE_DAYS},
            code="until_too_far",
            field="until",
        )

    def change(risk: RiskState) -> None:
        risk.snoozed_until, risk.snooze_reason = until, reason

    return _changed(
        RiskNote.Kind.SNOOZE,
        change,
        actor=actor,
        now=now,
        account=account,
        reason=reason,
        until=until,
    )


def unsnooze(*, actor: Actor, now: dt.datetime, account: Account) -> RiskState:
    """Bring a snoozed account back to the list; harmless for one that is not snoozed."""

    def change(risk: RiskState) -> None:
        risk.snoozed_until, risk.snooze_reason = None, ""

    return _changed(RiskNote.Kind.UNSNOOZE, change, actor=actor, now=now, account=account)


def mark_not_a_risk(*, actor: Actor, now: dt.datetime, account: Account, reason: str) -> RiskState:
    """Take the account off the list for 90 days, unless its band gets worse before.

    Takes a flag away as well. Errors: ``reason_required``, ``reason_too_long``.
    """
    reason = _given(reason)

    def change(risk: RiskState) -> None:
        risk.is_dismissed, risk.dismiss_reason = True, reason
        risk.is_flagged, risk.flag_reason = False, ""
        _settle(risk, now)

    return _changed(
        RiskNote.Kind.DISMISS, change, actor=actor, now=now, account=account, reason=reason
    )


def flag_risk(*, actor: Actor, now: dt.datetime, account: Account, reason: str) -> RiskState:
    """Put the account on the list by judgement (担当者所感), whatever its band.

    Ends a snooze and a "not a risk", and reopens a settled state. Errors: ``reason_required``,
    ``reason_too_long``.
    """
    reason = _given(reason)

    def change(risk: RiskState) -> None:
        risk.is_flagged, risk.flag_reason, risk.flagged_at = True, reason, now
        risk.flagged_by = actor.membership
        risk.is_dismissed, risk.dismiss_reason = False, ""
        risk.snoozed_until, risk.snooze_reason = None, ""
        if risk.state in (RiskState.State.SAVED, RiskState.State.LOST):
            risk.state = RiskState.State.NEW

    return _changed(
        RiskNote.Kind.FLAG, change, actor=actor, now=now, account=account, reason=reason
    )


def clear_flag(*, actor: Actor, now: dt.datetime, account: Account) -> RiskState:
    """Take the flag away; the band alone then decides. Harmless without a flag."""

    def change(risk: RiskState) -> None:
        risk.is_flagged, risk.flag_reason = False, ""

    return _changed(RiskNote.Kind.UNFLAG, change, actor=actor, now=now, account=account)


def move_state(
    *, actor: Actor, now: dt.datetime, account: Account, state: str, reason: str = ""
) -> RiskState:
    """Move the work on the risk to ``state``; "saved" and "lost" need a reason.

    "Saved" holds for 90 days, unless the band gets worse before. Moving to any state ends a "not
    a risk". Errors: ``unknown_state``, ``reason_required``, ``reason_too_long``.
    """
    if state not in RiskState.State.values:
        raise DomainError(_("There is no such state."), code="unknown_state", field="state")
    is_settling = state in (RiskState.State.SAVED, RiskState.State.LOST)
    reason = _given(reason, required=is_settling)

    def change(risk: RiskState) -> None:
        risk.state = state
        risk.is_dismissed, risk.dismiss_reason = False, ""
        if is_settling:
            _settle(risk, now)

    return _changed(
        RiskNote.Kind.STATE, change, actor=actor, now=now, account=account, reason=reason
    )


def _given(reason: str, *, required: bool = True) -> str:
    reason = reason.replace("\0", "").strip()
    if required and not reason:
        raise DomainError(_("Say why."), code="reason_required", field="reason")
    if len(reason) > 500:
        raise DomainError(_("At most 500 characters."), code="reason_too_long", field="reason")
    return reason


def _settle(risk: RiskState, now: dt.datetime) -> None:
    current = AccountCurrent.objects.filter(account=risk.account).values("band").first()
    risk.settled_at, risk.settled_band = now, current["band"] if current else ""


def _changed(
    kind: str,
    change: Callable[[RiskState], None],
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    reason: str = "",
    until: dt.date | None = None,
) -> RiskState:
    """Apply ``change`` and log it. Where it changes nothing, nothing is written."""
    with transaction.atomic():
        # The account's row is the lock: there may be no state yet.
        Account.objects.select_for_update().get(pk=account.pk)
        risk = RiskState.objects.filter(account=account).first() or RiskState(account=account)
        before = _values(risk)
        old_state = risk.state
        change(risk)
        if _values(risk) == before:
            return risk
        risk.updated_at = now
        risk.save()
        RiskNote.objects.create(
            account=account,
            kind=kind,
            old_state=old_state,
            new_state=risk.state,
            until_on=until,
            reason=reason,
            happened_at=now,
            author=actor.membership,
            author_label=actor.label[:200],
        )
        # The list shows it in this very answer; the mark lets scoring have the last word.
        AccountCurrent.objects.filter(account=account).update(
            is_flagged=risk.is_flagged,
            is_dismissed=risk.is_dismissed,
            risk_state=risk.state,
            snoozed_until=risk.snoozed_until,
        )
        mark_dirty([account.pk])
    return risk


def _values(risk: RiskState) -> dict[str, Any]:
    ignored = {"id", "updated_at", "settled_at", "flagged_at"}
    return {f.attname: getattr(risk, f.attname) for f in risk._meta.fields if f.name not in ignored}


def _today(now: dt.datetime) -> dt.date:
    return clock.local_date(now, current_workspace().timezone)
