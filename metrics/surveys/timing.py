"""When a letter may go out, and when the next wave begins. Pure.

A sending window is hours of some days of the week, in the recipient's time zone. It is half-open:
from 9 to 18 lets through 09:00:00 and not 18:00:00.
"""

import calendar
import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

_DAYS_AHEAD = 15


def is_in_window(
    moment: dt.datetime, zone: str, days: Collection[int], first_hour: int, last_hour: int
) -> bool:
    """Whether a letter may go out at ``moment``; ``days`` are ISO weekdays."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.isoweekday() in days and first_hour <= local.hour < last_hour


def next_moment(
    moment: dt.datetime, zone: str, days: Collection[int], first_hour: int, last_hour: int
) -> dt.datetime:
    """The first moment from ``moment`` on that lies in the window, in UTC.

    Where the clocks skip the window's whole hours on a day, that day has no window. Raises
    ``ValueError`` for a window that never opens.
    """
    if is_in_window(moment, zone, days, first_hour, last_hour):
        return moment
    home = ZoneInfo(zone)
    today = moment.astimezone(home).date()
    for ahead in range(_DAYS_AHEAD):
        opening = dt.datetime.combine(
            today + dt.timedelta(days=ahead), dt.time(first_hour), home
        ).astimezone(dt.UTC)
        if opening >= moment and is_in_window(opening, zone, days, first_hour, last_hour):
            return opening
    raise ValueError("the window never opens")


def add_months(moment: dt.datetime, months: int, zone: str) -> dt.datetime:
    """The same local time ``months`` later; the last day of a month too short for the day."""
    local = moment.astimezone(ZoneInfo(zone))
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(dt.UTC)


def next_wave_after(
    first: dt.datetime, now: dt.datetime, months: int | None, zone: str
) -> dt.datetime | None:
    """When the wave after ``now`` begins, of a survey whose first began at ``first``.

    Counted from the first one, so that the 31st comes back after a shorter month. Of waves that
    were missed, the one that is due is begun late, and no other is made up for. None where a survey
    does not repeat.
    """
    if months is None:
        return None
    passed = (now.year - first.year) * 12 + now.month - first.month
    # one month short: local time and its summer time may put a turn into the next month of UTC
    turn = max(1, (passed - 1) // months)
    while (following := add_months(first, turn * months, zone)) <= now:
        turn += 1
    return following
