"""Tasks."""

import datetime as dt

from django.db.models import F, QuerySet

from accounts.models import Account, Membership, Task


def tasks(*, owner: Membership | None = None, is_done: bool = False) -> QuerySet[Task]:
    """Tasks to do (or done), of one member or of all, without an order."""
    found = Task.objects.filter(done_at__isnull=not is_done)
    if owner is not None:
        found = found.filter(owner=owner)
    return found.select_related("account", "owner__user")


def open_tasks(owner: Membership | None = None) -> QuerySet[Task]:
    """Tasks to do, the most urgent first, those without a day last."""
    return tasks(owner=owner).order_by(F("due_on").asc(nulls_last=True), "id")


def due_tasks(owner: Membership, today: dt.date) -> QuerySet[Task]:
    """A member's tasks that are due today or overdue, the oldest first."""
    return open_tasks(owner).filter(due_on__lte=today)


def account_tasks(account: Account) -> QuerySet[Task]:
    """What is open at an account, the most urgent first."""
    return open_tasks().filter(account=account)
