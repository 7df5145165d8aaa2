"""Saved views of lists."""

from django.db.models import Q, QuerySet

from accounts.models import Membership, SavedView


def saved_views(member: Membership, page: str) -> QuerySet[SavedView]:
    """One's own views of a page and those shared with the workspace, by name."""
    return (
        SavedView.objects.filter(Q(member=member) | Q(is_shared=True), page=page)
        .select_related("member__user")
        .order_by("name", "id")
    )
