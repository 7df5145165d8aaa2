"""Goals, as pages show them."""

import datetime as dt
from collections.abc import Sequence

from metrics.kpis.models import Goal


def goals_of(kpi: str, period_kind: str) -> list[Goal]:
    """Every goal of a KPI over one kind of period, the next one first."""
    return list(
        Goal.objects.filter(kpi=kpi, period_kind=period_kind)
        .select_related("set_by__user")
        .order_by("due_on")
    )


def next_goals(kpis: Sequence[str], period_kind: str, *, today: dt.date) -> dict[str, Goal]:
    """The goal of each KPI that falls due next, today included."""
    found: dict[str, Goal] = {}
    rows = Goal.objects.filter(kpi__in=kpis, period_kind=period_kind, due_on__gte=today)
    for goal in rows.order_by("due_on"):
        found.setdefault(goal.kpi, goal)
    return found
