"""Past days asked for."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.queries.workspaces import today
from cs_platform.core.errors import DomainError
from metrics.kpis.models import AsOfRequest
from metrics.kpis.queries.history import first_day


@transaction.atomic
def request_as_of(*, actor: Actor, now: dt.datetime, as_of: dt.date) -> AsOfRequest:
    """Ask for the figures as they would have been shown at the end of a past day.

    A worker computes and stores them; poll the request's ``state``. Idempotent: a day is computed
    once, and again only where that failed. Errors: ``not_over``, ``before_first_contract``.
    """
    if as_of >= today(now):
        raise DomainError(_("This day is not over yet."), code="not_over", field="as_of")
    first = first_day()
    if first is None or as_of < first:
        raise DomainError(
            _("Nobody was a customer on this day yet."), code="before_first_contract", field="as_of"
        )
    request, _created = AsOfRequest.objects.select_for_update().get_or_create(
        as_of=as_of, defaults={"requested_by": actor.membership, "requested_at": now}
    )
    if request.state == AsOfRequest.State.FAILED:
        request.state = AsOfRequest.State.QUEUED
        request.error = ""
        request.save(update_fields=["state", "error"])
    return request
