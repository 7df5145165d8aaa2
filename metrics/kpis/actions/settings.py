"""What a workspace chooses about its KPIs."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from cs_platform.core.errors import DomainError
from metrics.kpis.actions.as_of import forget_days
from metrics.kpis.models import Mark, Settings
from metrics.kpis.periods import month_start
from metrics.kpis.queries.history import first_day as first_contract_day


def change_settings(
    *,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
    gross_margin: Decimal | None,
    onboarding_target_days: int,
    first_day: str,
) -> Settings:
    """Keep the choices; what rests on them is computed anew.

    From the running month on, except for another rule for first days: it concerns every period, so
    all closed ones are restated, beside their first figures, and past days asked for are forgotten.
    ``gross_margin`` is a share of one. Errors: ``out_of_range``, ``unknown_choice``.
    """
    if gross_margin is not None and not -1 <= gross_margin <= 1:
        raise DomainError(
            _("This must be from −100 to 100 percent."), code="out_of_range", field="gross_margin"
        )
    if not 1 <= onboarding_target_days <= 3650:
        raise DomainError(
            _("This must be from 1 to 3,650 days."),
            code="out_of_range",
            field="onboarding_target_days",
        )
    if first_day not in Settings.FirstDay.values:
        raise DomainError(_("There is no such choice."), code="unknown_choice", field="first_day")
    values = {
        "gross_margin": gross_margin,
        "onboarding_target_days": onboarding_target_days,
        "first_day": first_day,
    }
    with transaction.atomic():
        before = Settings.objects.select_for_update().first() or Settings()
        old = {name: getattr(before, name) for name in values}
        settings, _created = Settings.objects.update_or_create(defaults=values)
        if old != values:
            since = month_start(today)
            if old["first_day"] != first_day:
                since = min(since, first_contract_day() or since)
                forget_days()
            Mark.objects.create(account_id=None, since=since)
            audit.record(
                actor=actor,
                action="metrics_settings_changed",
                obj=settings,
                detail={"before": _plain(old), "after": _plain(values)},
                now=now,
            )
    return settings


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: format(value.normalize(), "f") if isinstance(value, Decimal) else value
        for name, value in values.items()
    }
