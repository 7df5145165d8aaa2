"""What the workers do for the pipeline."""

from celery import shared_task

from accounts.sweeping import each_workspace
from cs_platform import pipeline
from cs_platform.core import clock


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
    for workspace_id, has_work in each_workspace(lambda: pipeline.has_work(now)):
        if has_work:
            refresh_workspace.apply_async((workspace_id,), expires=30)
