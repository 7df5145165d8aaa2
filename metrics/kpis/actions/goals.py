"""Setting goals for KPIs, and giving them up."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from cs_platform.core.errors import DomainError
from metrics.kpis.models import Goal

MOST_GOALS = 50


def set_goal(
    *,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
    kpi: str,
    period_kind: str,
    direction: str,
    target: Decimal,
    due_on: dt.date,
    baseline: Decimal | None,
    note: str = "",
) -> Goal:
    """Set the goal of a KPI for a day, or set it anew; values in the KPI's unit.

    ``baseline`` is the figure as it is now, kept for the progress; a goal set anew keeps the one
    it began with. The caller has checked KPI and kind of period against their closed sets.
    Errors: ``unknown_direction``, ``in_past`` (due_on), ``too_many``.
    """
    if direction not in Goal.Direction.values:
        raise DomainError(
            _("Choose at least or at most."), code="unknown_direction", field="direction"
        )
    if due_on <= today:
        raise DomainError(_("Choose a day to come."), code="in_past", field="due_on")
    key = {"kpi": kpi, "period_kind": period_kind, "due_on": due_on}
    with transaction.atomic():
        existing = Goal.objects.select_for_update().filter(**key).first()
        if existing is None and Goal.objects.filter(kpi=kpi).count() >= MOST_GOALS:
            raise DomainError(
                _("A KPI can have %(most)d goals; remove one first.") % {"most": MOST_GOALS},
                code="too_many",
            )
        goal, _created = Goal.objects.update_or_create(
            **key,
            defaults={
                "direction": direction,
                "target": target,
                "baseline": existing.baseline if existing else baseline,
                "note": note.strip()[:300],
                "set_by": actor.membership,
                "set_at": now,
            },
        )
        audit.record(
            actor=actor,
            action="goal_set",
            obj=goal,
            detail={
                "kpi": kpi,
                "period": period_kind,
                "due": due_on.isoformat(),
                "direction": direction,
                "before": format(existing.target.normalize(), "f") if existing else None,
                "after": format(target.normalize(), "f"),
            },
            now=now,
        )
    return goal


def remove_goal(*, actor: Actor, now: dt.datetime, goal: Goal) -> None:
    """Give a goal up; the audit log keeps it."""
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="goal_removed",
            obj=goal,
            detail={
                "kpi": goal.kpi,
                "period": goal.period_kind,
                "due": goal.due_on.isoformat(),
                "target": format(goal.target.normalize(), "f"),
            },
            now=now,
        )
        goal.delete()
