"""The workers' round: what changed is looked at every minute, everything once a day.

Each step is a transaction of its own and idempotent: killed anywhere, the next round goes on.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max

from accounts.models import ContractEvent, Subscription
from accounts.queries.workspaces import current_workspace, today
from cs_platform.core import sql
from cs_platform.core.tenancy import scope
from health.models import AccountCurrent, ScoringClock
from health.renewals.actions.derive import derive_renewals
from health.renewals.actions.forecasts import keep_model_forecasts
from health.renewals.actions.outlook import keep_calibrations, keep_outlook
from health.renewals.models import QuarterOutlook, Renewal, RenewalsClock
from health.renewals.quarters import Quarter

# Contracts per transaction, so that nobody who enters a renewal waits long for his turn.
BATCH = 5_000
# Transactions that were open when the last look began may have ended after it.
OVERLAP = dt.timedelta(minutes=5)
# An outlook takes seconds where contracts are many: it follows changes within these minutes.
OUTLOOK_REST = dt.timedelta(minutes=3)
# The quarter that runs and the next one.
QUARTERS_AHEAD = 2


@dataclass(frozen=True)
class Refreshed:
    """Renewals that are new or differed, and model forecasts kept."""

    derived: int
    forecast: int


def refresh_renewals(workspace_id: int, now: dt.datetime, *, everything: bool = False) -> Refreshed:
    """Bring the renewals of a workspace up to ``now``: rows, forecasts, outlook, calibration.

    The first round of a day, or with ``everything``, looks at every contract; it waits for the
    day's scores, which the model's forecast is made of.
    """
    with scope(workspace_id):
        clock = RenewalsClock.objects.first() or RenewalsClock()
        day = today(now)
        is_new_day = everything or (clock.day != day and _is_scored(day))
        last_event = ContractEvent.objects.aggregate(last=Max("id"))["last"] or 0
        ids = _all_contracts() if is_new_day else changed_contracts(clock, now)
    derived = 0
    for at in range(0, len(ids), BATCH):
        with scope(workspace_id):
            derived += derive_renewals(now=now, subscription_ids=ids[at : at + BATCH])
    with scope(workspace_id):
        sql.execute("renewals/refresh_accounts")
        forecast = keep_model_forecasts(now=now, everybody=is_new_day)
    with scope(workspace_id):
        if is_new_day or _outlook_is_old(now):
            keep_outlooks(now=now)
        if is_new_day:
            keep_calibrations(now=now)
        RenewalsClock.objects.update_or_create(
            defaults={
                "day": day if is_new_day else clock.day,
                "looked_at": now,
                "last_event_id": last_event,
            }
        )
    return Refreshed(derived, forecast)


def keep_outlooks(*, now: dt.datetime) -> None:
    """The outlook of the quarter that runs and of the next."""
    first_month = current_workspace().fiscal_year_start_month
    quarter = Quarter.of(today(now), first_month)
    for ahead in range(QUARTERS_AHEAD):
        keep_outlook(now=now, quarter=quarter.moved(ahead, first_month))


def changed_contracts(clock: RenewalsClock, now: dt.datetime) -> list[int]:
    """Contracts whose ledger may say something new since the last look."""
    since = (clock.looked_at or now) - OVERLAP
    params = {"last_event": clock.last_event_id, "since": since}
    return [row["id"] for row in sql.rows("renewals/changed_contracts", params)]


def has_work(now: dt.datetime) -> bool:
    """Whether the open scope has a new day to look at, changed contracts, accounts or forecasts."""
    clock = RenewalsClock.objects.first()
    if clock is None or clock.looked_at is None:
        return Subscription.objects.exists()
    if clock.day != (day := today(now)) and _is_scored(day):
        return True
    return (
        AccountCurrent.objects.filter(computed_at__gt=clock.looked_at).exists()
        or bool(changed_contracts(clock, now))
        or _outlook_is_old(now)
    )


def _all_contracts() -> list[int]:
    return list(Subscription.objects.order_by("id").values_list("id", flat=True))


def _is_scored(day: dt.date) -> bool:
    """Whether the day before is closed, so that today's scores are; true where nothing scores."""
    clock = ScoringClock.objects.first()
    return clock is None or (
        clock.closed_on >= day - dt.timedelta(days=1) and clock.version_id is not None
    )


def _outlook_is_old(now: dt.datetime) -> bool:
    """Whether a renewal has changed since the outlook was worked out, some minutes ago."""
    last = QuarterOutlook.objects.aggregate(last=Max("computed_at"))["last"]
    if last is None:
        return Renewal.objects.exists()
    return now >= last + OUTLOOK_REST and Renewal.objects.filter(updated_at__gt=last).exists()
