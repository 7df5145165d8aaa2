"""When a monthly report falls due; pure."""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

from metrics.kpis.periods import month_start


def send_moment(month: dt.date, *, day_of_month: int, hour: int, zone: str) -> dt.datetime:
    """When a report is sent in the calendar month of ``month``, in UTC.

    The last day where the month has no such day. An hour that the clocks skip is the moment they
    would have shown it, had they not been put forward; an hour that comes twice is the first.
    """
    last = calendar.monthrange(month.year, month.month)[1]
    day = dt.date(month.year, month.month, min(day_of_month, last))
    local = dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone))
    return local.astimezone(dt.UTC)


def last_due(
    now: dt.datetime, *, day_of_month: int, hour: int, zone: str
) -> tuple[dt.date, dt.datetime]:
    """The latest report that has fallen due by ``now``: the month it reports on, and since when.

    It reports on the calendar month before the one it is sent in.
    """
    this = month_start(now.astimezone(ZoneInfo(zone)).date())
    moment = send_moment(this, day_of_month=day_of_month, hour=hour, zone=zone)
    if moment > now:
        this = month_start(this, -1)
        moment = send_moment(this, day_of_month=day_of_month, hour=hour, zone=zone)
    return month_start(this, -1), moment


def next_send(now: dt.datetime, *, day_of_month: int, hour: int, zone: str) -> dt.datetime:
    """The first moment after ``now`` at which a report falls due."""
    month = month_start(now.astimezone(ZoneInfo(zone)).date())
    moment = send_moment(month, day_of_month=day_of_month, hour=hour, zone=zone)
    if moment > now:
        return moment
    return send_moment(month_start(month, 1), day_of_month=day_of_month, hour=hour, zone=zone)
