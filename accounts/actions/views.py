"""Saved views of lists."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, SavedView
from cs_platform.core.errors import DomainError, NotFound

_LONGEST_QUERY = 4000


@transaction.atomic
def save_view(
    *, member: Membership, page: str, name: str, query: str, is_shared: bool = False
) -> SavedView:
    """Keep a list's query under a name; the same name again replaces it.

    Errors: ``name_required``, ``too_long``.
    """
    name = name.strip()
    if not name or len(name) > 100:
        raise DomainError(
            _("Give the view a name of at most 100 characters."), code="name_required", field="name"
        )
    if len(query) > _LONGEST_QUERY or "\x00" in query:
        raise DomainError(_("This view has too many filters."), code="too_long", field="query")
    view, _made = SavedView.objects.update_or_create(
        member=member, page=page, name=name, defaults={"query": query, "is_shared": is_shared}
    )
    return view  # type: ignore[no-any-return]


def delete_view(*, member: Membership, view_id: int) -> None:
    """Remove one of one's own views. Errors: ``not_found``."""
    deleted, _per_model = SavedView.objects.filter(member=member, pk=view_id).delete()
    if not deleted:
        raise NotFound(_("There is no such view."))
