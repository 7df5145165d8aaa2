"""Tasks."""

import datetime as dt

from django.db.models import F, QuerySet

from accounts.models import Account, Membership, Task


def _with_account(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related("account", "owner__user")


def open_tasks(owner: Membership | None = None) -> QuerySet[Task]:
    """Tasks to do, of one member or of all, the most urgent first, those without a day last."""
    found = Task.objects.filter(done_at__isnull=True)
    if owner is not None:
        found = found.filter(owner=owner)
    return _with_account(found).order_by(F("due_on").asc(nulls_last=True), "id")


def due_tasks(owner: Membership, today: dt.date) -> QuerySet[Task]:
    """A member's tasks that are due today or overdue, the oldest first."""
    return open_tasks(owner).filter(due_on__lte=today)


def done_tasks(owner: Membership | None = None) -> QuerySet[Task]:
    """Finished tasks, of one member or of all, the latest first."""
    found = Task.objects.filter(done_at__isnull=False)
    if owner is not None:
        found = found.filter(owner=owner)
    return _with_account(found).order_by("-done_at", "-id")


def account_tasks(account: Account) -> QuerySet[Task]:
    """What is open at an account, the most urgent first."""
    return open_tasks().filter(account=account)
