"""Past days asked for."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.queries.workspaces import today
from cs_platform.core import sql
from cs_platform.core.errors import DomainError
from metrics.kpis.actions.schedule import forget
from metrics.kpis.models import AsOfRequest, Period
from metrics.kpis.queries.history import first_day

# Opening a page asks for its day, so nobody may have a workspace's workers busy for hours.
MOST_WAITING = 5
_State = AsOfRequest.State


@transaction.atomic
def request_as_of(*, actor: Actor, now: dt.datetime, as_of: dt.date) -> AsOfRequest:
    """Ask for the figures as they would have been shown at the end of a past day.

    A worker computes and stores them; poll the request's ``state``. Idempotent: a day is computed
    once, and again only where that failed. No more than ``MOST_WAITING`` days of a workspace wait
    at a time. Errors: ``not_over``, ``before_first_contract``, ``too_many_days``.
    """
    if as_of >= today(now):
        raise DomainError(_("This day is not over yet."), code="not_over", field="as_of")
    first = first_day()
    if first is None or as_of < first:
        raise DomainError(
            _("Nobody was a customer on this day yet."), code="before_first_contract", field="as_of"
        )
    request = AsOfRequest.objects.filter(as_of=as_of).first()
    if request is not None and request.state != _State.FAILED:
        return request
    sql.execute("accounts/lock_name", {"name": "ask for KPIs of a day"})
    waiting = AsOfRequest.objects.filter(state=_State.QUEUED)
    if waiting.exclude(as_of=as_of).count() >= MOST_WAITING:
        raise DomainError(
            _(
                "%(count)d other past days are being computed. Come back when they are done, or "
                "look at a day that has been computed."
            )
            % {"count": MOST_WAITING},
            code="too_many_days",
            field="as_of",
            status=429,
        )
    request, _created = AsOfRequest.objects.select_for_update().get_or_create(
        as_of=as_of, defaults={"requested_by": actor.membership, "requested_at": now}
    )
    if request.state == _State.FAILED:
        request.state = _State.QUEUED
        request.error = ""
        request.save(update_fields=["state", "error"])
    return request


@transaction.atomic
def forget_days() -> None:
    """Take away what was computed for past days; one asked for again is computed anew."""
    forget(Period.objects.filter(series=Period.Series.AS_OF))
    AsOfRequest.objects.filter(state__in=[_State.DONE, _State.FAILED]).delete()
