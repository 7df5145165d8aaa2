"""Time, asked for in one place so that tests and replays can set it."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> dt.datetime:
    """The current moment, aware, in UTC. Views and tasks call it; actions and queries are told."""
    return timezone.now()


def local_date(moment: dt.datetime, zone: str) -> dt.date:
    """The calendar day on which ``moment`` falls in the IANA zone ``zone``."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_start(day: dt.date, zone: str) -> dt.datetime:
    """The first moment of ``day`` in ``zone``, in UTC."""
    return dt.datetime.combine(day, dt.time.min, ZoneInfo(zone)).astimezone(dt.UTC)


def day_end(day: dt.date, zone: str) -> dt.datetime:
    """The first moment after ``day`` in ``zone``, in UTC: days are half-open."""
    return day_start(day + dt.timedelta(days=1), zone)
