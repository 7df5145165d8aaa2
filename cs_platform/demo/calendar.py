"""When people work: weekends, Japanese public holidays, and the weeks when firms stand still."""

import datetime as dt
from functools import cache

_FIXED = (
    (1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23),
)  # fmt: skip
# month, week: the holidays that were moved to a Monday
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))


def _nth_monday(year: int, month: int, number: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(7 - first.weekday()) % 7 + 7 * (number - 1))


def _equinoxes(year: int) -> tuple[dt.date, dt.date]:
    """Days of the vernal and autumnal equinox in Japan, by the usual formula for 1980–2099."""
    drift = 0.242194 * (year - 1980) - (year - 1980) // 4
    return (
        dt.date(year, 3, int(20.8431 + drift)),
        dt.date(year, 9, int(23.2488 + drift)),
    )


@cache
def japanese_holidays(year: int) -> frozenset[dt.date]:
    """Public holidays of Japan in ``year`` under the law in force since 2022.

    Includes substitute holidays (振替休日) and the day between two holidays (国民の休日).
    """
    days = {dt.date(year, month, day) for month, day in _FIXED}
    days |= {_nth_monday(year, month, number) for month, number in _MONDAYS}
    days |= set(_equinoxes(year))
    for day in sorted(days):
        if day.weekday() == 6:
            substitute = day + dt.timedelta(days=1)
            while substitute in days:
                substitute += dt.timedelta(days=1)
            days.add(substitute)
    two = dt.timedelta(days=2)
    days |= {
        day + dt.timedelta(days=1)
        for day in days
        if day + two in days and (day + dt.timedelta(days=1)).weekday() != 6
    }
    return frozenset(days)


def _is_standstill(day: dt.date, country: str) -> bool:
    if (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3):
        return True
    if country == "JP":
        return day.month == 8 and 13 <= day.day <= 16
    return day.month == 12 and day.day >= 24


def is_day_off(day: dt.date, country: str) -> bool:
    """Whether offices are closed: weekends everywhere, public holidays in Japan."""
    if day.weekday() >= 5:
        return True
    return country == "JP" and day in japanese_holidays(day.year)


def workload(day: dt.date, country: str) -> float:
    """How much is done on ``day`` in ``country``, where an ordinary Tuesday is about 1.

    Days off keep a tenth and less; Obon and the turn of the year (kept even on weekdays) an
    eighth; the bridge days of Golden Week about half. Quarter ends are busier.
    """
    if _is_standstill(day, country):
        return 0.02 if is_day_off(day, country) else 0.12
    if is_day_off(day, country):
        return 0.07 if day.weekday() == 5 else 0.04
    factor = (0.95, 1.05, 1.08, 1.02, 0.9)[day.weekday()]
    if country == "JP" and dt.date(day.year, 4, 29) <= day <= dt.date(day.year, 5, 6):
        return factor * 0.55
    if country != "JP" and day.month in (7, 8):
        factor *= 0.85
    if day.month in (3, 6, 9, 12) and day.day >= 20:
        factor *= 1.12
    return factor


def next_workday(day: dt.date, country: str) -> dt.date:
    """``day`` itself, or the first day after it on which offices are open."""
    while is_day_off(day, country) or _is_standstill(day, country):
        day += dt.timedelta(days=1)
    return day
