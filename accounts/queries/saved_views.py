"""The saved views of a list: the member's own, and those that others share."""

from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Q
from django.urls import reverse

from accounts.models import Membership, SavedView


def saved_views(member: Membership, page: str, query: str, list_url: str) -> list[dict[str, Any]]:
    """Views of ``page`` as the menu shows them; the one whose query is ``query`` is current."""
    views = SavedView.objects.filter(Q(member=member) | Q(is_shared=True), page=page).order_by(
        "name", "id"
    )
    here = sorted(parse_qsl(query))
    return [
        {
            "label": view.name,
            "url": f"{list_url}?{view.query}",
            "is_shared": view.is_shared,
            "is_current": sorted(parse_qsl(view.query)) == here,
            "delete_url": (
                reverse("delete_view", args=[member.workspace.slug, view.pk])
                if view.member_id == member.pk
                else ""
            ),
        }
        for view in views
    ]
