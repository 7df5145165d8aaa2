"""What the workers do for documents."""

import time
from functools import partial

from celery import Task, shared_task

from accounts.sweeping import each_workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from cs_platform.documents.closing import has_unkept, keep_month_end
from cs_platform.documents.making import render_report, render_review
from metrics.reports.actions.reports import make_report, waiting_report_ids
from metrics.reports.actions.reviews import make_review_file, waiting_review_file_ids
from metrics.reports.actions.schedules import open_due_reports

# The ends of many months are kept for so long, the rest by the next task.
_BUDGET_SECONDS = 120


@shared_task(name="documents.send_reports")
def send_reports() -> None:
    """Ask for the reports that have fallen due; have every waiting one, and every sheet, made.

    The ends of months that they tell of are kept before, for pages as well.
    """
    now = clock.now()

    def look() -> list[Task]:
        open_due_reports(now=now)
        waiting = (
            (make_reports, waiting_report_ids(now=now)),
            (make_reviews, waiting_review_file_ids(now=now)),
            (keep_month_ends, has_unkept(now)),
        )
        return [task for task, work in waiting if work]

    for workspace_id, due in each_workspace(look):
        for task in due:
            task.apply_async((workspace_id,), expires=300)


@shared_task(name="documents.keep_month_ends")
def keep_month_ends(workspace_id: int) -> None:
    """Keep the ends of months that are not kept yet, each in a transaction of its own."""
    deadline = time.monotonic() + _BUDGET_SECONDS
    while time.monotonic() < deadline:
        with scope(workspace_id):
            if not keep_month_end(clock.now()):
                return


@shared_task(name="documents.make_reports")
def make_reports(workspace_id: int) -> None:
    """Make the waiting reports of a workspace, each in a transaction of its own."""
    now = clock.now()
    with scope(workspace_id):
        waiting = waiting_report_ids(now=now)
    for report_id in waiting:
        with scope(workspace_id):
            make_report(
                report_id=report_id,
                now=clock.now(),
                render=lambda report: render_report(report, now=now),
            )


@shared_task(name="documents.make_reviews")
def make_reviews(workspace_id: int) -> None:
    """Set the review sheets of a workspace that are waited for."""
    with scope(workspace_id):
        waiting = waiting_review_file_ids(now=clock.now())
    for file_id in waiting:
        with scope(workspace_id):
            now = clock.now()
            make_review_file(file_id=file_id, now=now, render=partial(render_review, now=now))
