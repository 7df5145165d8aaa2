"""Promises with a day."""

import datetime as dt

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Account, Interaction, Membership, Task
from accounts.wordings import Worded
from cs_platform.core.errors import DomainError


def create_task(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account | None,
    title: str | Worded,
    owner: Membership | None,
    due_on: dt.date | None = None,
    interaction: Interaction | None = None,
) -> Task:
    """Add a task for ``owner``, its title in the owner's language where the product worded it.

    Errors: ``title_required``, ``owner_inactive``.
    """
    worded = title if isinstance(title, Worded) else None
    if isinstance(title, Worded):
        with translation.override(owner.user.language if owner and owner.user.language else None):
            title = title.text()
    title = title.strip()
    if not title:
        raise DomainError(_("Say what is to be done."), code="title_required", field="title")
    if owner is not None and not owner.is_active:
        raise DomainError(
            _("%(name)s is no longer an active member.") % {"name": owner},
            code="owner_inactive",
            field="owner",
        )
    return Task.objects.create(
        account=account,
        interaction=interaction,
        title=title[:300],
        wording=worded.key if worded else "",
        words=dict(worded.words) if worded else {},
        owner=owner,
        due_on=due_on,
        created_at=now,
    )


def finish_task(*, actor: Actor, now: dt.datetime, task: Task) -> Task:
    """Mark a task as done. Finishing it again keeps the first moment."""
    return _set_done(task, now)


def reopen_task(*, actor: Actor, now: dt.datetime, task: Task) -> Task:
    """Take the mark away again; harmless for an open task."""
    return _set_done(task, None)


def _set_done(task: Task, done_at: dt.datetime | None) -> Task:
    with transaction.atomic():
        locked = Task.objects.select_for_update().get(pk=task.pk)
        if (locked.done_at is None) != (done_at is None):
            locked.done_at = done_at
            locked.save(update_fields=["done_at"])
    return locked
