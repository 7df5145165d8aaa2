"""The months a review sheet speaks of; pure."""

import datetime as dt
from dataclasses import dataclass

from metrics.kpis.periods import month_start, quarter_start

LONGEST = 24


@dataclass(frozen=True)
class Period:
    """Whole calendar months, by the first day of the first and of the last one."""

    first_month: dt.date
    last_month: dt.date

    @property
    def months(self) -> list[dt.date]:
        """The first day of each month, in order."""
        count = (self.last_month.year - self.first_month.year) * 12
        count += self.last_month.month - self.first_month.month + 1
        return [month_start(self.first_month, index) for index in range(count)]

    @property
    def last_day(self) -> dt.date:
        """The last day of the last month."""
        return month_start(self.last_month, 1) - dt.timedelta(days=1)

    @property
    def before(self) -> "Period":
        """As many months before."""
        count = len(self.months)
        return Period(month_start(self.first_month, -count), month_start(self.first_month, -1))


class BadPeriod(ValueError):
    """Months that make no period; the text is a code: order, long, future or format."""


def quarter_of(day: dt.date, fiscal_start: int) -> Period:
    """The fiscal quarter ``day`` falls in; the fiscal year begins with month ``fiscal_start``."""
    first = quarter_start(day, fiscal_start)
    return Period(first, month_start(first, 2))


def last_quarter(today: dt.date, fiscal_start: int) -> Period:
    """The latest fiscal quarter that is over."""
    return quarter_of(today, fiscal_start).before


def last_months(today: dt.date, count: int) -> Period:
    """The latest ``count`` months that are over."""
    this = month_start(today)
    return Period(month_start(this, -count), month_start(this, -1))


def parse_period(first: str, last: str, *, today: dt.date) -> Period:
    """The period from two months written as 2026-07. Raises ``BadPeriod``.

    At most ``LONGEST`` months, and none that has not begun.
    """
    try:
        start, end = (dt.date.fromisoformat(f"{text}-01") for text in (first, last))
    except ValueError as error:
        raise BadPeriod("format") from error
    if start.year < 1970:
        raise BadPeriod("format")
    if start > end:
        raise BadPeriod("order")
    if end > today:
        raise BadPeriod("future")
    period = Period(start, end)
    if len(period.months) > LONGEST:
        raise BadPeriod("long")
    return period
