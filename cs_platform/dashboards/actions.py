"""What a member does with the lists: keeps views of them, gives accounts to another owner."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions.accounts import assign_owner
from accounts.actors import Actor
from accounts.models import Membership, SavedView
from cs_platform.core.errors import Conflict, DomainError, NotAllowed
from health.models import AccountCurrent

NAME_LENGTH = 100
QUERY_LENGTH = 2000


def save_view(*, actor: Actor, page: str, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep a list's filters and sort under a name; the member's own names are unique per page.

    Raises ``DomainError`` for an empty or overlong name and for filters longer than an address
    should be, ``Conflict`` for a name already used.
    """
    name = name.replace("\x00", "").strip()
    if not name or len(name) > NAME_LENGTH:
        raise DomainError(
            _("A view needs a name of 1 to %(most)d characters.") % {"most": NAME_LENGTH},
            field="name",
        )
    if len(query) > QUERY_LENGTH:
        raise DomainError(
            _("These filters are too long for a view: shorten the text that is searched for."),
            code="too_long",
            field="query",
        )
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                member=actor.membership,
                page=page,
                name=name,
                query=query,
                is_shared=is_shared,
            )
    except IntegrityError:
        raise Conflict(
            _("You already have a view named “%(name)s”.") % {"name": name}, field="name"
        ) from None


def delete_view(*, actor: Actor, view: SavedView) -> None:
    """Forget a view. Raises ``NotAllowed`` for another member's, shared or not."""
    if actor.membership is None or view.member_id != actor.membership.pk:
        raise NotAllowed(_("Only the member who saved a view can delete it."))
    view.delete()


def give_accounts(
    *, actor: Actor, now: dt.datetime, account_ids: Sequence[int], owner: Membership | None
) -> int:
    """Give accounts to another owner, or to nobody; how many had a different one.

    Raises what ``assign_owner`` raises.
    """
    with transaction.atomic():
        moved = assign_owner(actor=actor, now=now, account_ids=account_ids, owner=owner)
        # The list shows it in this very answer; scoring has the last word.
        AccountCurrent.objects.filter(account_id__in=account_ids).update(owner=owner)
    return moved
