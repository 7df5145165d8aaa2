"""What the workers do for KPIs."""

import datetime as dt
import time

from celery import shared_task
from django.db import transaction

from accounts.sweeping import each_workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.kpis.actions import schedule
from metrics.kpis.actions.compute import take_turn
from metrics.kpis.models import AsOfRequest, Clock

# A task works off what is due for so long, then leaves the rest to the next one, so that no queue
# waits for it and the broker never takes it for lost.
_BUDGET_SECONDS = 120
# After a refresh, at least as long as it took passes before the next.
_IDLE_SHARE = 1.0


@shared_task(name="kpis.sweep")
def sweep() -> None:
    """Ask for the computation of every workspace that has something to compute."""
    now = clock.now()
    for workspace_id, is_due in each_workspace(
        lambda: schedule.has_work(now) and not _is_resting(now)
    ):
        if is_due:
            compute.apply_async((workspace_id,), expires=60)


def _is_resting(now: dt.datetime) -> bool:
    last = Clock.objects.first()
    if last is None or last.refreshed_at is None:
        return False
    return (now - last.refreshed_at).total_seconds() < last.seconds * (1 + _IDLE_SHARE)


@shared_task(name="kpis.compute")
def compute(workspace_id: int) -> None:
    """Compute what is due in one workspace: days asked for, the present, then the past.

    Idempotent; returns at once where another worker is at it.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    with scope(workspace_id):
        if not take_turn(wait=False):
            return
        schedule.refresh_current(clock.now())
    answer_requests(workspace_id)
    while time.monotonic() < deadline:
        now = clock.now()
        with scope(workspace_id):
            if not take_turn(wait=False) or not schedule.may_compute_past(now):
                return
            batches = schedule.due_batches()
            if batches:
                schedule.compute_batch(batches[0], now=now)
            elif not schedule.look_for_lapses(now):
                return


def answer_requests(workspace_id: int) -> None:
    """Compute the past days asked for, each in a transaction of its own."""
    while True:
        now = clock.now()
        with scope(workspace_id):
            request = (
                AsOfRequest.objects.select_for_update(skip_locked=True)
                .filter(state=AsOfRequest.State.QUEUED)
                .order_by("requested_at")
                .first()
            )
            if request is None:
                return
            try:
                with transaction.atomic():
                    schedule.compute_as_of(now=now, as_of=request.as_of)
                request.state = AsOfRequest.State.DONE
            except Exception as error:
                request.state = AsOfRequest.State.FAILED
                request.error = f"{type(error).__name__}: {error}"[:2000]
            request.finished_at = clock.now()
            request.save(update_fields=["state", "error", "finished_at"])
