"""Goals are set and given up on the page of their KPI."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import attempt, found, see_other
from metrics.kpis.actions.goals import remove_goal, set_goal
from metrics.kpis.forms.goals import GoalForm
from metrics.kpis.models import Goal
from metrics.kpis.queries.figures import current_figures
from metrics.kpis.queries.periods import find_period
from metrics.kpis.views.detail import kpi_or_404
from metrics.kpis.views.lens import Lens


@page(Permission.MANAGE_GOALS, methods=("GET", "POST"))
def goal_new(request: HttpRequest, kpi: str) -> HttpResponse:
    """Set a goal for the kind of period the page was looking at."""
    subject, lens = kpi_or_404(kpi), Lens(request)
    direction = Goal.Direction.AT_LEAST if subject.is_up_good else Goal.Direction.AT_MOST
    form = GoalForm(
        request.POST or None,
        unit=subject.unit,
        currency=lens.currency,
        initial={"direction": direction},
    )
    back = reverse("metric", args=[request.workspace.slug, kpi]) + f"?period={lens.kind}"
    if request.method == "POST" and form.is_valid():
        period = find_period(lens.kind)
        figures = current_figures(period, [kpi]) if period else {}
        now = figures[kpi].figure if kpi in figures else None
        goal = attempt(
            form,
            lambda: set_goal(
                actor=Actor.of(request.membership),
                now=lens.now,
                today=lens.today,
                kpi=kpi,
                period_kind=lens.kind,
                baseline=None if now is None else round(Decimal(now), 6),
                **form.cleaned_data,
            ),
        )
        if goal is not None:
            messages.success(request, _("The goal was set."))
            return see_other(back)
    context = {**lens.context(), "kpi": subject, "form": form, "back": back}
    return render(request, "kpis/goal.html", context)


@page(Permission.MANAGE_GOALS, methods=("POST",))
def goal_remove(request: HttpRequest, goal_id: int) -> HttpResponse:
    """Give a goal up."""
    goal: Goal = found(Goal.objects.all(), goal_id)
    lens = Lens(request)
    back = reverse("metric", args=[request.workspace.slug, goal.kpi])
    remove_goal(actor=Actor.of(request.membership), now=lens.now, goal=goal)
    messages.success(request, _("The goal was removed."))
    return see_other(f"{back}?period={goal.period_kind}")
