"""Fiscal quarters and months, half-open. No database here."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

from accounts.ledger import add_months

# So many closed quarters make a calibration.
QUARTERS_NEEDED = 4
# Until then a term that ended in a quarter may still be renewed, or its entry arrive late.
DAYS_TO_CLOSE = 31
DAYS_TO_SETTLE = 62


@dataclass(frozen=True, order=True)
class Quarter:
    """A fiscal quarter [``starts_on``, ``ends_on``), the ``number``-th of its fiscal year.

    ``year`` is the calendar year in which the fiscal year began, as is usual in Japan (年度).
    """

    starts_on: dt.date
    ends_on: dt.date
    year: int
    number: int

    @classmethod
    def of(cls, day: dt.date, first_month: int) -> Self:
        """The quarter in which ``day`` falls, where fiscal years begin in ``first_month``."""
        passed = (day.month - first_month) % 12
        year = day.year - (1 if day.month < first_month else 0)
        starts_on = add_months(dt.date(year, first_month, 1), passed // 3 * 3)
        return cls(starts_on, add_months(starts_on, 3), year, passed // 3 + 1)

    def moved(self, quarters: int, first_month: int) -> "Quarter":
        """The quarter so many quarters later, or earlier."""
        return Quarter.of(add_months(self.starts_on, 3 * quarters), first_month)

    @property
    def last_day(self) -> dt.date:
        """The last day of the quarter."""
        return self.ends_on - dt.timedelta(days=1)

    @property
    def name(self) -> str:
        """Such as ``FY2026 Q3``."""
        return f"FY{self.year} Q{self.number}"


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """First day of the month and of the one after."""
    first = day.replace(day=1)
    return first, add_months(first, 1)
