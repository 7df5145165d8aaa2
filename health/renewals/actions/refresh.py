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
        stretches = open_stretches()
    forecast = 0
    for first, last in stretches:
        with scope(workspace_id):
            sql.execute("renewals/refresh_accounts", {"first": first, "last": last})
            forecast += keep_model_forecasts(now=now, everybody=is_new_day, first=first, last=last)
    for quarter in _quarters_due(workspace_id, now, is_new_day=is_new_day):
        with scope(workspace_id):
            keep_outlook(now=now, quarter=quarter)
    with scope(workspace_id):
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


def open_stretches() -> list[tuple[int, int]]:
    """First and last id of every `BATCH` open renewals."""
    ids = list(Renewal.objects.filter(is_open=True).order_by("id").values_list("id", flat=True))
    batches = (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
    return [(batch[0], batch[-1]) for batch in batches]


def quarters_ahead(now: dt.datetime) -> list[Quarter]:
    """The quarter that runs and the next."""
    first_month = current_workspace().fiscal_year_start_month
    quarter = Quarter.of(today(now), first_month)
    return [quarter.moved(ahead, first_month) for ahead in range(QUARTERS_AHEAD)]


def _quarters_due(workspace_id: int, now: dt.datetime, *, is_new_day: bool) -> list[Quarter]:
    with scope(workspace_id):
        return quarters_ahead(now) if is_new_day or _outlook_is_old(now) else []


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
    """Whether a renewal has changed since an outlook was worked out, some minutes ago."""
    wanted = [quarter.starts_on for quarter in quarters_ahead(now)]
    kept = QuarterOutlook.objects.filter(starts_on__in=wanted).order_by().values("starts_on")
    moments = kept.annotate(last=Max("computed_at")).values_list("last", flat=True)
    if len(moments) < len(wanted):
        return Renewal.objects.exists()
    last = min(moments)
    return now >= last + OUTLOOK_REST and Renewal.objects.filter(updated_at__gt=last).exists()
