"""What the workers do for surveys: rounds, letters, reminders, the end of each; themes' reach."""

import datetime as dt
from collections.abc import Callable

from celery import shared_task

from accounts.sweeping import each_workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.surveys import rollup
from metrics.surveys.actions import sending, waves
from metrics.surveys.models import Theme, Wave

# How long one run goes on while there is more to do; the next sweep goes on from there.
LONGEST_RUN = dt.timedelta(seconds=60)


@shared_task(name="surveys.run")
def run(workspace_id: int) -> None:
    """Bring the surveys of one workspace up to now.

    Each step is a transaction of its own over one chunk of rows; safe when killed anywhere, and
    beside itself.
    """
    deadline = clock.now() + LONGEST_RUN

    def repeat(step: Callable[[dt.datetime], int]) -> None:
        while clock.now() < deadline:
            with scope(workspace_id):
                if not step(clock.now()):
                    return

    with scope(workspace_id):
        now = clock.now()
        sending.close_due(now=now)
        waves.start_due_waves(now=now)
        unbuilt = list(Wave.objects.filter(built_at__isnull=True).order_by("id"))
    for wave in unbuilt:
        repeat(lambda now, wave=wave: waves.build_wave(now=now, wave=wave))  # type: ignore[misc]
    repeat(lambda now: sending.send_due(now=now))
    with scope(workspace_id):
        sending.settle_letters()
    repeat(lambda now: sending.remind_due(now=now))
    repeat(lambda now: sending.expire_due(now=now))


@shared_task(name="surveys.count_reach")
def count_reach(workspace_id: int) -> None:
    """Count which accounts name each theme, and what they pay now."""
    with scope(workspace_id):
        rollup.count_reach(Theme.objects.values_list("pk", flat=True), clock.now())


@shared_task(name="surveys.sweep_reach")
def sweep_reach() -> None:
    """Ask for the reach of themes in every workspace that has any."""
    for workspace_id, has_themes in each_workspace(Theme.objects.exists):
        if has_themes:
            count_reach.apply_async((workspace_id,), expires=1800)


@shared_task(name="surveys.sweep")
def sweep() -> None:
    """Ask for a run in every workspace whose surveys have something to be done."""
    now = clock.now()
    for workspace_id, has_work in each_workspace(lambda: sending.has_work(now)):
        if has_work:
            run.apply_async((workspace_id,), expires=60)
