"""What is to be computed when: days open and close periods, marks ask for what changed.

Everything still to be done is a row (a mark, a period that is due, a day asked for), so a worker
killed anywhere forgets nothing.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import Min

from accounts.models import Workspace
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_end, local_date
from metrics.kpis.actions.compute import compute
from metrics.kpis.models import AsOfRequest, Clock, Mark, Period
from metrics.kpis.periods import KINDS, Span, month_start, span_of, spans_until
from metrics.kpis.queries.history import first_day

_ONE_DAY = dt.timedelta(days=1)
# Past so many accounts, computing everybody is quicker than looking each of them up.
EVERYBODY = 5_000
# The past is computed once nothing has been marked for so long: a load has come to rest.
REST = dt.timedelta(seconds=60)
# A ledger that is written to without a pause keeps the past waiting for no longer than this.
LONGEST_WAIT = dt.timedelta(minutes=10)
# A term may be over for 30 days before its contract counts as lost.
_GRACE = dt.timedelta(days=31)
# Periods are made for so many months back, however old the first contract is.
_MONTHS_BACK = 12 * 20
_Batch = list[Period]


@transaction.atomic
def refresh_current(now: dt.datetime) -> int:
    """Bring the running periods up to the ledger; the number of accounts computed again.

    Takes the marks away and asks for closed periods that they reach back to. The first look at a
    new day, or by another fiscal year, closes what is over, opens what begins and computes
    everybody. Idempotent; one transaction.
    """
    workspace = current_workspace()
    today = local_date(now, workspace.timezone)
    clock = Clock.objects.select_for_update().first()
    is_new_day = clock is None or clock.day != today or _is_another_year(today, workspace)
    if is_new_day:
        clock = open_day(now=now)
    assert clock is not None  # noqa: S101 - opening a day makes one
    marks = sql.rows("kpis/take_marks")
    if marks:
        since = min(mark["since"] for mark in marks)
        # what takes effect on a period's first day may be how the one before it ended
        ask_again(since=since - _ONE_DAY)
        if not Period.objects.filter(series=Period.Series.CURRENT).exists() or _is_older(since):
            clock = open_day(now=now)
            clock.lapses_on = None
        clock.marked_at = max(mark["made_at"] for mark in marks)
        if clock.waiting_since is None and (clock.lapses_on != today or _is_past_due()):
            clock.waiting_since = min(mark["first_made_at"] for mark in marks)
    account_ids = [mark["account_id"] for mark in marks if mark["account_id"] is not None]
    everybody = is_new_day or len(account_ids) != len(marks) or len(account_ids) > EVERYBODY
    running = list(Period.objects.filter(series=Period.Series.CURRENT).order_by("pk"))
    everybody = everybody or any(period.computed_at is None for period in running)
    if running and (marks or everybody):
        compute(running, now=now, account_ids=None if everybody else account_ids)
        clock.seconds = sum(period.seconds or 0 for period in running)
    clock.refreshed_at = now
    clock.save()
    return len(account_ids)


def open_day(*, now: dt.datetime) -> Clock:
    """Close the periods that are over, open those that begin, and ask for what is missing.

    Idempotent. Returns the workspace's clock, set to the day it is now.
    """
    workspace = current_workspace()
    today = local_date(now, workspace.timezone)
    tomorrow = today + _ONE_DAY
    fiscal_start = workspace.fiscal_year_start_month
    first = first_day()
    running = {span_of(kind, today, fiscal_start) for kind in KINDS} if first else set()
    for period in Period.objects.filter(series=Period.Series.CURRENT):
        span = Span(period.ends_on, period.starts_on, period.kind)
        if span not in running:
            forget([period])
        else:
            running.discard(span)
            period.until_on = tomorrow
            period.save(update_fields=["until_on"])
    Period.objects.bulk_create(
        [_row(span, Period.Series.CURRENT, until_on=tomorrow) for span in sorted(running)]
    )
    if first and first <= today:
        oldest = max(first, month_start(today, -_MONTHS_BACK))
        over = [s for s in spans_until(oldest, today, fiscal_start) if s.ends_on <= today]
        Period.objects.bulk_create(
            [_row(span, Period.Series.FIRST, until_on=span.ends_on) for span in over],
            ignore_conflicts=True,
        )
    clock, _created = Clock.objects.update_or_create(
        defaults={"day": today}, create_defaults={"day": today, "marked_at": now}
    )
    return clock


def _is_another_year(today: dt.date, workspace: Workspace) -> bool:
    """Whether the running periods are those of a fiscal year that is no longer in force."""
    rows = Period.objects.filter(series=Period.Series.CURRENT)
    running = {Span(row.ends_on, row.starts_on, row.kind) for row in rows}
    wanted = {span_of(kind, today, workspace.fiscal_year_start_month) for kind in KINDS}
    return bool(running) and running != wanted


def _is_older(since: dt.date) -> bool:
    """Whether a day lies before every period there is, so that the ledger has grown backwards."""
    oldest = Period.objects.filter(series__in=[Period.Series.FIRST, Period.Series.CURRENT])
    return not oldest.filter(kind=Period.Kind.MONTH, starts_on__lte=since).exists()


def _row(span: Span, series: str, *, until_on: dt.date, as_of: dt.date | None = None) -> Period:
    return Period(
        kind=span.kind,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        until_on=until_on,
        series=series,
        as_of=as_of,
    ).claim()


@transaction.atomic
def ask_again(*, since: dt.date, until: dt.date | None = None) -> int:
    """Ask for the restated series of closed periods that end after ``since`` (by ``until``).

    Only of those whose first figures have been computed: the others will see what is known now.
    Returns how many were asked for.
    """
    closed = Period.objects.filter(
        series=Period.Series.FIRST, computed_at__isnull=False, ends_on__gt=since
    )
    if until is not None:
        closed = closed.filter(ends_on__lte=until)
    wanted = [
        _row(Span(p.ends_on, p.starts_on, p.kind), Period.Series.RESTATED, until_on=p.ends_on)
        for p in closed
    ]
    Period.objects.bulk_create(wanted, ignore_conflicts=True)
    again = Period.objects.filter(series=Period.Series.RESTATED, ends_on__gt=since)
    if until is not None:
        again = again.filter(ends_on__lte=until)
    again.update(is_due=True)
    return len(wanted)


def due_batches() -> list[_Batch]:
    """The closed periods still to be computed, those that end together as one batch, newest first.

    First figures come before restated ones.
    """
    rows = Period.objects.filter(
        is_due=True, series__in=[Period.Series.FIRST, Period.Series.RESTATED]
    ).order_by("series", "-ends_on", "pk")
    return [list(batch) for _key, batch in groupby(rows, key=lambda p: (p.series, p.ends_on))]


def _is_past_due() -> bool:
    return Period.objects.filter(is_due=True).exclude(series=Period.Series.CURRENT).exists()


def may_compute_past(now: dt.datetime) -> bool:
    """Whether the ledger has come to rest, or has kept the past waiting for long enough."""
    clock = Clock.objects.first()
    if clock is None:
        return False
    if clock.waiting_since is not None and now - clock.waiting_since >= LONGEST_WAIT:
        return True
    return now - clock.marked_at >= REST and not Mark.objects.exists()


@transaction.atomic
def compute_batch(batch: _Batch, *, now: dt.datetime) -> None:
    """Compute one batch of closed periods; a restated one that says the same is not kept."""
    # another worker may have been here meanwhile
    ids = [period.pk for period in batch]
    batch = list(Period.objects.select_for_update().filter(pk__in=ids, is_due=True).order_by("pk"))
    compute(batch, now=now)
    for period in batch:
        if period.series == Period.Series.RESTATED and not _differs(period):
            forget([period])


def _differs(restated: Period) -> bool:
    first = Period.objects.get(
        kind=restated.kind,
        starts_on=restated.starts_on,
        ends_on=restated.ends_on,
        series=Period.Series.FIRST,
    )
    binds = {"first_id": first.pk, "restated_id": restated.pk}
    return bool(sql.row("kpis/restatement", binds)["changed"])


def forget(gone: Iterable[Period]) -> None:
    """Take periods away with all that is stored of them. First series are never given here."""
    for period in gone:
        if period.series == Period.Series.FIRST:
            raise ValueError("a period's first figures are kept")
        sql.execute("kpis/forget", {"period_id": period.pk, "everybody": True, "account_ids": []})
        period.delete()


@transaction.atomic
def look_for_lapses(now: dt.datetime) -> int:
    """Ask again for periods that took a contract for running whose term had lapsed unnoticed.

    A term that is over without renewal counts as lost after 30 days, dated to its end, so nothing
    is written when that becomes so. Once a day; returns how many periods were asked for. The last
    step of the past: asked when nothing else is due, and where it finds nothing, nothing waits.
    """
    today = local_date(now, current_workspace().timezone)
    clock = Clock.objects.select_for_update().first()
    if clock is None:
        return 0
    asked = _ask_for_lapsed(clock, today, now) if clock.lapses_on != today else 0
    clock.lapses_on = today
    if not asked:
        clock.waiting_since = None
    clock.save(update_fields=["lapses_on", "waiting_since"])
    return asked


def _ask_for_lapsed(clock: Clock, today: dt.date, now: dt.datetime) -> int:
    oldest = Period.objects.filter(series=Period.Series.FIRST).aggregate(day=Min("ends_on"))["day"]
    if oldest is None:
        return 0
    # what had lapsed by the last look has been asked for
    since = max(oldest, clock.lapses_on or oldest) - _GRACE
    found = sql.rows("kpis/lapses", {"day": today, "known_until": now, "since": since})
    return sum(ask_again(since=row["ended_on"], until=row["ended_on"] + _GRACE) for row in found)


def has_work(now: dt.datetime) -> bool:
    """Whether the open scope has anything to compute."""
    clock = Clock.objects.first()
    workspace = current_workspace()
    today = local_date(now, workspace.timezone)
    if clock is None:
        return first_day() is not None
    if clock.day != today or Mark.objects.exists() or _is_another_year(today, workspace):
        return True
    if AsOfRequest.objects.filter(state=AsOfRequest.State.QUEUED).exists():
        return True
    is_due = Period.objects.filter(is_due=True).exists()
    return (is_due or clock.lapses_on != today) and may_compute_past(now)


@transaction.atomic
def compute_as_of(*, now: dt.datetime, as_of: dt.date) -> list[Period]:
    """Compute the periods running on a past day as they stood, and were known, at its end.

    Replaces what was stored for that day. Raises ``ValueError`` for a day that is not over.
    """
    workspace = current_workspace()
    if day_end(as_of, workspace.timezone) > now:
        raise ValueError(f"{as_of} is not over yet in {workspace.timezone}")
    forget(Period.objects.filter(series=Period.Series.AS_OF, as_of=as_of))
    until_on = as_of + _ONE_DAY
    spans = [span_of(kind, as_of, workspace.fiscal_year_start_month) for kind in KINDS]
    rows = [_row(span, Period.Series.AS_OF, until_on=until_on, as_of=as_of) for span in spans]
    Period.objects.bulk_create(rows)
    for is_over in (True, False):
        compute([row for row in rows if (row.ends_on == until_on) is is_over], now=now)
    return rows
