"""What people do about a renewal: move it on, plan the next step, enter how it ended."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.actions import audit
from accounts.actions.contracts import end_subscription, renew_subscription
from accounts.actors import Actor
from accounts.queries.workspaces import current_workspace, today
from cs_platform.core.clock import day_start
from cs_platform.core.errors import Conflict, DomainError, NotFound
from health.renewals.actions.derive import Signed, derive_renewals, take_turn
from health.renewals.models import Renewal, RenewalNote, Step
from health.renewals.models.renewal import OPEN

LONGEST_PLAN = 300
LONGEST_NOTE = 2000


@transaction.atomic
def move_step(
    *,
    actor: Actor,
    now: dt.datetime,
    renewal_id: int,
    version: int | None,
    step: str,
    happened_on: dt.date | None = None,
    next_step: str | None = None,
    due_on: dt.date | None = None,
    note: str = "",
) -> Renewal:
    """Move an open renewal to another open step, and plan what comes next.

    ``version`` is the one that was read; None skips the check. ``happened_on`` is the day the
    step was reached, by default today. ``next_step`` None leaves the plan as it is, '' clears it.
    Errors: ``changed_meanwhile`` (409), ``closed``, ``by_ledger`` for a step that only the ledger
    can bring, ``in_future``, ``nothing_changed``, ``too_long``, ``unknown_choice``.
    """
    if step not in Step.values:
        raise DomainError(_("There is no such step."), code="unknown_choice", field="step")
    if step not in OPEN:
        raise DomainError(
            _("A renewal is closed by its entry in the contract ledger: enter how it ended."),
            code="by_ledger",
            field="step",
        )
    renewal = locked(renewal_id, version)
    _must_be_open(renewal)
    if happened_on is not None and happened_on > today(now):
        raise DomainError(
            pgettext("day", "This is in the future."), code="in_future", field="happened_on"
        )
    plan = (renewal.next_step, renewal.due_on)
    if next_step is not None:
        plan = (_short(next_step, LONGEST_PLAN, "next_step"), due_on)
    note = _short(note, LONGEST_NOTE, "note")
    is_moved = step != renewal.step
    if not is_moved and plan == (renewal.next_step, renewal.due_on) and not note:
        raise DomainError(_("Nothing would change."), code="nothing_changed")
    RenewalNote.objects.create(
        renewal=renewal,
        kind=RenewalNote.Kind.STEP if is_moved else RenewalNote.Kind.PLAN,
        old_step=renewal.step,
        new_step=step,
        old_term_ends_on=renewal.term_ends_on,
        new_term_ends_on=renewal.term_ends_on,
        next_step=plan[0],
        due_on=plan[1],
        note=note,
        happened_at=now if happened_on is None else _moment(happened_on, now),
        known_at=now,
        author=actor.membership,
        author_label=actor.label[:200],
    )
    detail = {
        "before": {"step": renewal.step},
        "after": {"step": step},
        "term_ends_on": renewal.term_ends_on.isoformat(),
    }
    renewal.step = renewal.open_step = step
    renewal.next_step, renewal.due_on = plan
    _keep(renewal, now)
    if is_moved:
        audit.record(
            actor=actor, action="renewal_step", obj=renewal.account, detail=detail, now=now
        )
    return renewal


@transaction.atomic
def enter_renewed(
    *,
    actor: Actor,
    now: dt.datetime,
    renewal_id: int,
    version: int | None,
    note: str = "",
    **terms: Any,
) -> Renewal:
    """Enter the renewal in the contract ledger; the row closes by what the ledger says.

    ``terms`` as `accounts.actions.contracts.renew_subscription` takes them; without
    ``effective_on`` the new term begins the day after this one. Errors: those of that action,
    ``changed_meanwhile`` and ``closed``.
    """
    take_turn()
    renewal = locked(renewal_id, version)
    _must_be_open(renewal)
    terms["effective_on"] = terms.get("effective_on") or renewal.term_ends_on + dt.timedelta(days=1)
    renew_subscription(
        actor=actor, now=now, subscription=renewal.subscription, note=note.strip(), **terms
    )
    return _closed(renewal, actor=actor, now=now, note=note)


@transaction.atomic
def enter_lost(
    *,
    actor: Actor,
    now: dt.datetime,
    renewal_id: int,
    version: int | None,
    last_paid_on: dt.date | None = None,
    reason: str,
    competitor: str = "",
    note: str = "",
) -> Renewal:
    """Enter the end of the contract in the ledger; the row closes by what the ledger says.

    ``last_paid_on`` is the end of the term unless the contract ends before it. Errors: those of
    `accounts.actions.contracts.end_subscription`, ``changed_meanwhile``, ``closed``,
    ``after_term``.
    """
    take_turn()
    renewal = locked(renewal_id, version)
    _must_be_open(renewal)
    last_paid_on = last_paid_on or renewal.term_ends_on
    if last_paid_on > renewal.term_ends_on:
        raise DomainError(
            _("The term ends on %(day)s: a contract that ends later was renewed first.")
            % {"day": renewal.term_ends_on.isoformat()},
            code="after_term",
            field="last_paid_on",
        )
    end_subscription(
        actor=actor,
        now=now,
        subscription=renewal.subscription,
        last_paid_on=last_paid_on,
        reason=reason,
        competitor=competitor,
        note=note.strip(),
    )
    return _closed(renewal, actor=actor, now=now, note=note)


def locked(renewal_id: int, version: int | None) -> Renewal:
    """The row, held until the transaction ends.

    Raises ``NotFound``, and ``Conflict`` (``changed_meanwhile``) if it is not the version read.
    """
    renewal = (
        Renewal.objects.select_for_update(of=("self",))
        .select_related("account", "subscription")
        .filter(pk=renewal_id, is_void=False)
        .first()
    )
    if renewal is None:
        raise NotFound(_("There is no such renewal."))
    if version is not None and version != renewal.version:
        raise Conflict(
            _("Somebody changed this renewal since you opened it. Look at it again, then decide."),
            code="changed_meanwhile",
        )
    return renewal


def _closed(renewal: Renewal, *, actor: Actor, now: dt.datetime, note: str) -> Renewal:
    signed = Signed(renewal.pk, actor, note.strip())
    derive_renewals(now=now, subscription_ids=[renewal.subscription_id], signed=signed)
    renewal.refresh_from_db()
    if renewal.step in OPEN:
        raise DomainError(
            _("The ledger took the entry, and this term is still open by it: check the dates."),
            code="still_open",
        )
    detail = {"step": renewal.step, "term_ends_on": renewal.term_ends_on.isoformat()}
    audit.record(actor=actor, action="renewal_step", obj=renewal.account, detail=detail, now=now)
    return renewal


def _must_be_open(renewal: Renewal) -> None:
    if renewal.step not in OPEN:
        raise DomainError(
            _("This renewal is closed: the contract ledger says how."), code="closed", status=409
        )


def _keep(renewal: Renewal, now: dt.datetime) -> None:
    renewal.version += 1
    renewal.updated_at = now
    renewal.save(
        update_fields=["step", "open_step", "next_step", "due_on", "version", "updated_at"]
    )


def _short(text: str, longest: int, field: str) -> str:
    text = text.replace("\x00", "").strip()
    if len(text) > longest:
        raise DomainError(
            _("This may have %(most)d characters.") % {"most": longest},
            code="too_long",
            field=field,
        )
    return text


def _moment(day: dt.date, now: dt.datetime) -> dt.datetime:
    """Some moment of the workspace's day, not after now."""
    return min(now, day_start(day, current_workspace().timezone) + dt.timedelta(hours=12))
