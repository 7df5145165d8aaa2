"""Which periods there are, and which of their series is shown."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.queries.workspaces import current_workspace
from metrics.kpis.models import Clock, Period
from metrics.kpis.periods import KINDS, first_months
from metrics.kpis.queries.shapes import PeriodView

_SHOWN = (Period.Series.FIRST, Period.Series.RESTATED, Period.Series.CURRENT)
_FISCAL = {Period.Kind.QUARTER, Period.Kind.YEAR}


def periods(
    kind: str, *, limit: int | None = None, as_of: dt.date | None = None
) -> list[PeriodView]:
    """The computed periods of one kind, newest first, the running one included.

    Where a closed period has been restated, that series is given, marked. ``as_of``: the period
    that ran on that past day as it stood at its end, and closed ones as first known.
    """
    rows = _computed(kind)
    if as_of is None:
        rows = rows.filter(series__in=_SHOWN)
    else:
        rows = rows.filter(
            Q(series=Period.Series.AS_OF, as_of=as_of)
            | Q(series=Period.Series.FIRST, ends_on__lte=as_of)
        )
    rows = rows.order_by("-ends_on")
    if limit is not None:
        # at most two rows a period
        rows = rows[: 2 * limit]
    return _views(rows)[:limit]


def find_period(
    kind: str, starts_on: dt.date | None = None, *, as_of: dt.date | None = None
) -> PeriodView | None:
    """One computed period; by default the running one.

    ``as_of``: as it would have been shown at the end of that day. None where it has not been
    computed (yet).
    """
    rows = _computed(kind)
    if as_of is not None:
        rows = rows.filter(series=Period.Series.AS_OF, as_of=as_of)
    else:
        rows = rows.filter(series__in=_SHOWN)
    if starts_on is not None:
        rows = rows.filter(starts_on=starts_on)
    found = _views(rows.order_by("-ends_on")[:2])
    return found[0] if found else None


def as_first_known(period: PeriodView) -> PeriodView | None:
    """The first series of a restated period; None where the period is not restated."""
    if period.first_id is None:
        return None
    row = Period.objects.get(pk=period.first_id)
    return _view(row, first_id=None)


def last_refresh() -> dt.datetime | None:
    """When the figures of the running periods were last brought up to the ledger."""
    return Clock.objects.values_list("refreshed_at", flat=True).first()


def is_computing() -> bool:
    """Whether some period is still to be computed."""
    return Period.objects.filter(is_due=True).exists()


def closed_periods(
    *, first: dt.date, last: dt.date, fiscal_start: int
) -> dict[str, list[PeriodView]]:
    """Periods of every kind whose last day lies between two days, newest first, as first known."""
    rows = Period.objects.filter(
        series=Period.Series.FIRST,
        computed_at__isnull=False,
        ends_on__gt=first,
        ends_on__lte=last + dt.timedelta(days=1),
    ).order_by("-ends_on")
    found: dict[str, list[PeriodView]] = {kind: [] for kind in KINDS}
    for row in rows:
        if row.kind not in _FISCAL or row.starts_on.month in first_months(row.kind, fiscal_start):
            found[row.kind].append(_view(row, first_id=None))
    return found


def _computed(kind: str) -> QuerySet[Period]:
    """Those of the fiscal year that is in force: others, kept from before, lie across them."""
    found = Period.objects.filter(computed_at__isnull=False, kind=kind)
    if kind not in _FISCAL:
        return found
    fiscal_start = current_workspace().fiscal_year_start_month
    return found.filter(starts_on__month__in=first_months(kind, fiscal_start))


def _views(rows: Iterable[Period]) -> list[PeriodView]:
    """One view per period; ``rows`` are newest first."""
    shown: dict[tuple[dt.date, dt.date], Period] = {}
    firsts: dict[tuple[dt.date, dt.date], int] = {}
    for row in rows:
        key = (row.ends_on, row.starts_on)
        if row.series == Period.Series.FIRST:
            firsts[key] = row.pk
        if key not in shown or row.series == Period.Series.RESTATED:
            shown[key] = row
    return [
        _view(row, first_id=firsts.get(key) if row.series == Period.Series.RESTATED else None)
        for key, row in shown.items()
    ]


def _view(row: Period, *, first_id: int | None) -> PeriodView:
    if row.known_until is None or row.computed_at is None:
        raise ValueError("a period that has not been computed has nothing to show")
    return PeriodView(
        id=row.pk,
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        until_on=row.until_on,
        series=row.series,
        as_of=row.as_of,
        known_until=row.known_until,
        computed_at=row.computed_at,
        is_open=row.until_on < row.ends_on or row.series == Period.Series.CURRENT,
        is_restated=row.series == Period.Series.RESTATED,
        first_id=first_id,
    )
