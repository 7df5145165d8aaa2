"""The periods figures are made for. Pure: days in, days out.

All are half-open, [starts_on, ends_on), in the workspace's calendar. Quarters and years are those
of the fiscal year; trailing 12 months end with each month.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("month", "quarter", "year", "trailing12")
_LENGTH = {"month": 1, "quarter": 3, "year": 12, "trailing12": 12}


@dataclass(frozen=True, order=True)
class Span:
    """A period by its kind and days; ``ends_on`` is the first day after it."""

    ends_on: dt.date
    starts_on: dt.date
    kind: str


def month_start(day: dt.date, months: int = 0) -> dt.date:
    """The first of the month ``months`` after that of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def span_of(kind: str, day: dt.date, fiscal_start: int) -> Span:
    """The period of ``kind`` that ``day`` falls in; the year begins in month ``fiscal_start``.

    Of trailing 12 months, the one that ends with the month of ``day``. Raises ``KeyError`` for an
    unknown kind.
    """
    length = _LENGTH[kind]
    if kind == "trailing12":
        end = month_start(day, 1)
        return Span(end, month_start(end, -12), kind)
    start = month_start(day, -((day.month - fiscal_start) % length))
    return Span(month_start(start, length), start, kind)


def first_months(kind: str, fiscal_start: int) -> list[int]:
    """The months, 1–12, in which periods of ``kind`` begin; raises as ``span_of``."""
    return [month for month in range(1, 13) if (month - fiscal_start) % _LENGTH[kind] == 0]


def spans_until(first: dt.date, last: dt.date, fiscal_start: int) -> Iterator[Span]:
    """Every period from the one ``first`` falls in to the one ``last`` falls in, of all kinds."""
    for kind in KINDS:
        day = first
        while True:
            span = span_of(kind, day, fiscal_start)
            yield span
            if span.ends_on > last:
                break
            day = span.ends_on if kind != "trailing12" else month_start(day, 1)


def quarter_start(day: dt.date, fiscal_start: int) -> dt.date:
    """The first day of the fiscal quarter ``day`` falls in."""
    return span_of("quarter", day, fiscal_start).starts_on
