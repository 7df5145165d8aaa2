"""Tasks."""

from django.db.models import QuerySet

from accounts.models import Membership, Task


def tasks(*, owner: Membership | None = None, is_done: bool = False) -> QuerySet[Task]:
    """Tasks to do (or done), of one member or of all, without an order."""
    found = Task.objects.filter(done_at__isnull=not is_done)
    if owner is not None:
        found = found.filter(owner=owner)
    return found.select_related("account", "owner__user")
