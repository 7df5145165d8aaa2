"""Monthly partitions of the event table.

An event never waits for its partition: what has none goes to the DEFAULT partition and moves when
the month's own is made.
"""

import datetime as dt

from django.db import connection

_MAKE = "SELECT usage_event_make_partition(%s)"


def make_partition(month: dt.date) -> bool:
    """Make the partition of the month that ``month`` lies in; False when it exists.

    Possible from 1990 to a year ahead. Waits at most 5 s for statements that use the table.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [month.replace(day=1)])
        return bool(cursor.fetchone()[0])


def make_partitions_ahead(today: dt.date, months: int = 3) -> int:
    """Make the partitions of this month and the next ``months``; how many were missing."""
    month, made = today.replace(day=1), 0
    for _number in range(months + 1):
        made += make_partition(month)
        month = (month + dt.timedelta(days=32)).replace(day=1)
    return made
