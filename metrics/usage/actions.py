"""What people and schedules change about usage data."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.errors import NotFound
from metrics.usage.models import EventName, RejectedEvent, SeenMessage

KEPT_DAYS = 90


def purge_usage(*, now: dt.datetime) -> int:
    """Forget message keys and rejected items older than 90 days; how many rows went.

    A message sent again after that counts as new.
    """
    limit = now - dt.timedelta(days=KEPT_DAYS)
    seen, _rows = SeenMessage.objects.filter(received_on__lt=limit.date()).delete()
    rejected, _rows = RejectedEvent.objects.filter(received_at__lt=limit).delete()
    return seen + rejected


@transaction.atomic
def set_login_event(*, actor: Actor, name: str, is_login: bool, now: dt.datetime) -> EventName:
    """Say whether events of this name count as log-ins, for the past as well.

    The days that have such events are marked for a new roll-up. Errors: ``not_found``.
    """
    entry = EventName.objects.select_for_update().filter(name=name).first()
    if entry is None:
        raise NotFound(_("There is no event of this name."))
    if entry.is_login != is_login:
        EventName.objects.filter(name=name).update(is_login=is_login)
        entry.is_login = is_login
        sql.execute("usage/mark_days_of_event", {"name": name})
        audit.record(
            actor=actor,
            action="login_event_set",
            obj=current_workspace(),
            detail={"name": name, "is_login": is_login},
            now=now,
        )
    return entry
