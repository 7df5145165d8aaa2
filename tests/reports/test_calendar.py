"""When reports fall due: month ends, time zones, clocks that are changed."""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.kpis.periods import month_start
from metrics.reports.calendar import last_due, next_send, send_moment

ZONES = st.sampled_from(
    ["Asia/Tokyo", "UTC", "Europe/Berlin", "America/New_York", "America/Santiago",
     "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
)  # fmt: skip
# 2000-02-01 to 2060-01-01, in seconds
MOMENTS = st.integers(949_363_200, 2_840_140_800).map(
    lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC)
)
DAYS, HOURS = st.integers(1, 31), st.integers(0, 23)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("month", "day", "hour", "zone", "expected"),
    [
        ("2026-11-01", 3, 8, "Asia/Tokyo", "2026-11-02 23:00"),
        ("2026-02-01", 31, 8, "Asia/Tokyo", "2026-02-27 23:00"),
        ("2028-02-01", 30, 0, "UTC", "2028-02-29 00:00"),
        ("2026-04-01", 31, 23, "America/New_York", "2026-05-01 03:00"),
        # clocks go from 2 to 3 on 29 March 2026: half past the gap's start, as if they had not
        ("2026-03-01", 29, 2, "Europe/Berlin", "2026-03-29 01:00"),
        # and twice through 2 on 25 October: the first time, still in summer
        ("2026-10-01", 25, 2, "Europe/Berlin", "2026-10-25 00:00"),
    ],
)
def test_worked_moments(month: str, day: int, hour: int, zone: str, expected: str) -> None:
    found = send_moment(dt.date.fromisoformat(month), day_of_month=day, hour=hour, zone=zone)
    assert found == utc(expected)


def test_a_report_is_on_the_month_before_it_is_sent() -> None:
    due = {"day_of_month": 3, "hour": 8, "zone": "Asia/Tokyo"}
    just_before, at_last = utc("2026-11-02 22:59"), utc("2026-11-02 23:00")
    assert last_due(just_before, **due) == (dt.date(2026, 9, 1), utc("2026-10-02 23:00"))
    assert last_due(at_last, **due) == (dt.date(2026, 10, 1), at_last)
    assert next_send(just_before, **due) == at_last
    assert next_send(at_last, **due) == utc("2026-12-02 23:00")


def test_the_month_is_that_of_the_workspace() -> None:
    """At the end of a month it is the next one in Tokyo already, and the day before in New York."""
    moment = utc("2026-10-31 16:00")
    assert last_due(moment, day_of_month=1, hour=0, zone="Asia/Tokyo")[0] == dt.date(2026, 10, 1)
    assert last_due(moment, day_of_month=1, hour=0, zone="America/New_York")[0] == dt.date(
        2026, 9, 1
    )


@given(now=MOMENTS, day=DAYS, hour=HOURS, zone=ZONES)
def test_what_is_due_is_past_and_what_is_next_is_to_come(
    now: dt.datetime, day: int, hour: int, zone: str
) -> None:
    month, since = last_due(now, day_of_month=day, hour=hour, zone=zone)
    upcoming = next_send(now, day_of_month=day, hour=hour, zone=zone)
    assert since <= now < upcoming
    # nothing falls due between the two
    assert last_due(upcoming, day_of_month=day, hour=hour, zone=zone)[0] == month_start(month, 1)
    assert last_due(
        upcoming - dt.timedelta(microseconds=1), day_of_month=day, hour=hour, zone=zone
    ) == (month, since)
    assert dt.timedelta(days=27) <= upcoming - since <= dt.timedelta(days=32)


@given(month=st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)), day=DAYS, hour=HOURS, zone=ZONES)
def test_the_day_is_the_one_chosen_or_the_month_s_last(
    month: dt.date, day: int, hour: int, zone: str
) -> None:
    month = month_start(month)
    local = send_moment(month, day_of_month=day, hour=hour, zone=zone).astimezone(ZoneInfo(zone))
    last = calendar.monthrange(month.year, month.month)[1]
    # where the clocks skip the hour it comes an hour later; Apia skipped a whole day in 2011
    if zone != "Pacific/Apia":
        assert (local.year, local.month, local.day) == (month.year, month.month, min(day, last))
        assert (local.hour - hour) % 24 in {0, 1}
