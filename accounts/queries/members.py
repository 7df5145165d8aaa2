"""Members of the workspace."""

from django.db.models import QuerySet

from accounts.models import Membership, Workspace


def members(workspace: Workspace) -> QuerySet[Membership]:
    """Every member, active ones first, by name."""
    return (
        Membership.objects.filter(workspace=workspace)
        .select_related("user")
        .order_by("-is_active", "user__name", "user__email")
    )


def active_members(workspace: Workspace) -> QuerySet[Membership]:
    """Members who may own accounts and tasks, by name."""
    return members(workspace).filter(is_active=True)
