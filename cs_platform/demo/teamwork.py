"""What a team at work has put in besides its customers: goals, and how renewals stand."""

import datetime as dt
from decimal import Decimal

from accounts.actors import Actor
from accounts.models import Membership, Role, Workspace
from accounts.queries.workspaces import today as workspace_today
from cs_platform.core import tenancy
from health.renewals.actions.forecasts import set_forecast
from health.renewals.actions.refresh import refresh_renewals
from health.renewals.actions.steps import move_step
from health.renewals.models import Forecast, Forecaster, Renewal, Step
from metrics.kpis.actions.goals import set_goal
from metrics.kpis.models import Goal

_GOALS = (
    ("nrr", Goal.Direction.AT_LEAST, "1.02"),
    ("grr", Goal.Direction.AT_LEAST, "0.9"),
    ("customer-churn", Goal.Direction.AT_MOST, "0.1"),
)
# how far the next renewals have come, the nearest first, and what their CSMs say of them
_PROGRESS = (
    (Step.AGREED, Forecast.COMMIT),
    (Step.IN_APPROVAL, Forecast.LIKELY),
    (Step.QUOTED, Forecast.LIKELY),
    (Step.IN_APPROVAL, Forecast.COMMIT),
    (Step.APPROACHED, Forecast.RISK),
    (Step.QUOTED, Forecast.COMMIT),
    (Step.APPROACHED, Forecast.LIKELY),
)
_NEAREST = 28


def renewals(workspace: Workspace, now: dt.datetime) -> None:
    """Open renewals from the ledger, and what was done about the nearest. Needs current scores."""
    refresh_renewals(workspace.pk, now)
    with tenancy.scope(workspace.pk):
        if Renewal.objects.exclude(step=Step.UNTOUCHED).filter(is_open=True).exists():
            return
        nearest = (
            Renewal.objects.filter(is_open=True, is_void=False)
            .select_related("account__owner")
            .order_by("term_ends_on", "id")[:_NEAREST]
        )
        for number, renewal in enumerate(nearest):
            step, forecast = _PROGRESS[number % len(_PROGRESS)]
            owner = renewal.account.owner
            actor = Actor.of(owner) if owner else Actor.system("generate_workspace")
            moved = move_step(actor=actor, now=now, renewal_id=renewal.pk, version=None, step=step)
            if owner:
                set_forecast(
                    actor=actor,
                    now=now,
                    renewal_id=moved.pk,
                    version=None,
                    forecaster=Forecaster.CSM,
                    category=forecast,
                )
    refresh_renewals(workspace.pk, now, everything=True)


def goals(workspace: Workspace, now: dt.datetime) -> None:
    """The year's goals, set by the owner of the workspace."""
    with tenancy.scope(workspace.pk):
        if Goal.objects.exists():
            return
        today = workspace_today(now)
        owner = Membership.objects.filter(workspace=workspace, role=Role.OWNER).first()
        for kpi, direction, target in _GOALS:
            set_goal(
                actor=Actor.of(owner) if owner else Actor.system("generate_workspace"),
                now=now,
                today=today,
                kpi=kpi,
                period_kind="trailing12",
                direction=direction,
                target=Decimal(target),
                due_on=today + dt.timedelta(days=130),
                baseline=None,
            )
