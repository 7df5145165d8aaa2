"""What the workers do for the pipeline."""

from celery import shared_task

from accounts.models import Workspace
from cs_platform import pipeline
from cs_platform.core import clock
from cs_platform.core.tenancy import scope


@shared_task(name="cs_platform.refresh_workspace")
def refresh_workspace(workspace_id: int) -> None:
    """Roll up and score what is marked in one workspace."""
    pipeline.refresh_workspace(workspace_id, clock.now())


@shared_task(name="cs_platform.sweep")
def sweep() -> None:
    """Ask for a refresh of every workspace that has work: the guarantee behind the nudges.

    A workspace's midnight is found here too: its first sweep of a new day closes the day before.
    """
    now = clock.now()
    for workspace_id in Workspace.objects.order_by("id").values_list("id", flat=True):
        with scope(workspace_id):
            if not pipeline.has_work(now):
                continue
        refresh_workspace.apply_async((workspace_id,), expires=30)
