"""What the workers do for renewals."""

from celery import shared_task

from accounts.sweeping import each_workspace
from cs_platform.core import clock
from health.renewals.actions.refresh import has_work, refresh_renewals


@shared_task(name="renewals.refresh")
def refresh(workspace_id: int) -> None:
    """Bring the renewals of one workspace up to now."""
    refresh_renewals(workspace_id, clock.now())


@shared_task(name="renewals.sweep")
def sweep() -> None:
    """Ask for a refresh of every workspace with something to look at; a new day is found too."""
    now = clock.now()
    for workspace_id, is_due in each_workspace(lambda: has_work(now)):
        if is_due:
            refresh.apply_async((workspace_id,), expires=120)
