"""Forecasts of people: the CSM's, and the final one that a manager puts above it."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.permissions import Permission, allows
from accounts.queries.workspaces import today
from cs_platform.core import sql
from cs_platform.core.errors import DomainError, NotAllowed
from health.renewals.actions.steps import LONGEST_NOTE, locked
from health.renewals.categories import AFTER_NOTICE, probability
from health.renewals.models import Forecast, Forecaster, Renewal, RenewalForecast
from health.renewals.models.renewal import OPEN

LARGEST_AMOUNT = Decimal("99999999999999")
NEEDED = {
    Forecaster.CSM: Permission.WORK_RENEWALS,
    Forecaster.FINAL: Permission.OVERRIDE_FORECAST,
}


@transaction.atomic
def set_forecast(
    *,
    actor: Actor,
    now: dt.datetime,
    renewal_id: int,
    version: int | None,
    forecaster: str,
    category: str,
    amount: Decimal | None = None,
    note: str = "",
) -> Renewal:
    """Enter what a person expects of an open renewal; '' as category takes it back.

    ``amount`` is the yearly revenue after the renewal if it renews, by default as before. The
    other forecasters' history is untouched. Errors: ``not_allowed``, ``closed``,
    ``changed_meanwhile``, ``unknown_choice``, ``nothing_changed``, ``too_long``,
    ``negative_amount``, ``too_large``, ``by_model``.
    """
    if forecaster not in NEEDED:
        raise DomainError(
            _("The model's forecast follows from health; nobody enters it."),
            code="by_model",
            field="forecaster",
        )
    _check(category, amount, note)
    member = actor.membership
    if member is not None and not allows(member.role, NEEDED[Forecaster(forecaster)]):
        raise NotAllowed(_("Your role may not enter this forecast."))
    renewal = locked(renewal_id, version)
    if renewal.step not in OPEN:
        raise DomainError(
            _("This renewal is closed: there is nothing left to forecast."),
            code="closed",
            status=409,
        )
    names = (f"{forecaster}_category", f"{forecaster}_amount")
    amount = amount if category else None
    if (getattr(renewal, names[0]), getattr(renewal, names[1])) == (category, amount) and not note:
        raise DomainError(_("Nothing would change."), code="nothing_changed")
    RenewalForecast.objects.create(
        renewal=renewal,
        forecaster=forecaster,
        category=category,
        probability=probability(category),
        amount=amount,
        arr=renewal.arr,
        note=note.replace("\x00", "").strip(),
        day=today(now),
        known_at=now,
        author=member,
        author_label=actor.label[:200],
    )
    setattr(renewal, names[0], category)
    setattr(renewal, names[1], amount)
    renewal.version += 1
    renewal.updated_at = now
    renewal.save(update_fields=[*names, "version", "updated_at"])
    if forecaster == Forecaster.FINAL:
        audit.record(
            actor=actor,
            action="renewal_forecast",
            obj=renewal.account,
            detail={"category": category, "amount": None if amount is None else str(amount)},
            now=now,
        )
    return renewal


def keep_model_forecasts(
    *, now: dt.datetime, everybody: bool, first: int = 0, last: int = 2**62
) -> int:
    """Keep the model's forecast of today, for open renewals or for those of them without one.

    ``first`` and ``last`` are ids: 100,000 at once would keep people's entries waiting. Written
    where it differs from the one before; a second run on the same day adds nothing. Returns the
    number kept.
    """
    return sql.execute(
        "renewals/keep_model_forecasts",
        {
            "now": now,
            "today": today(now),
            "everybody": everybody,
            "after_notice": AFTER_NOTICE,
            "first": first,
            "last": last,
        },
    )


def _check(category: str, amount: Decimal | None, note: str) -> None:
    if category and category not in Forecast.values:
        raise DomainError(_("There is no such category."), code="unknown_choice", field="category")
    if amount is not None and amount < 0:
        raise DomainError(
            _("An amount cannot be negative."), code="negative_amount", field="amount"
        )
    if amount is not None and amount > LARGEST_AMOUNT:
        raise DomainError(_("This amount is too large."), code="too_large", field="amount")
    if len(note) > LONGEST_NOTE:
        raise DomainError(
            _("This may have %(most)d characters.") % {"most": LONGEST_NOTE},
            code="too_long",
            field="note",
        )
