"""What the workers do for renewals."""

from celery import shared_task

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from health.renewals.actions.refresh import has_work, refresh_renewals


@shared_task(name="renewals.refresh")
def refresh(workspace_id: int) -> None:
    """Bring the renewals of one workspace up to now."""
    refresh_renewals(workspace_id, clock.now())


@shared_task(name="renewals.sweep")
def sweep() -> None:
    """Ask for a refresh of every workspace with something to look at; a new day is found too."""
    now = clock.now()
    for workspace_id in Workspace.objects.order_by("id").values_list("id", flat=True):
        with scope(workspace_id):
            if not has_work(now):
                continue
        refresh.apply_async((workspace_id,), expires=120)
