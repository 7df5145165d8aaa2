"""Usage: sessions spread over users and days, and the events in them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from cs_platform.demo.calendar import workload
from cs_platform.demo.catalogue import FEATURES, LOGIN
from cs_platform.demo.firms import UTC_OFFSET
from cs_platform.demo.life import Life

_EVENTS_PER_SESSION = 2.6
_MINUTE = 60


@dataclass(frozen=True)
class Event:
    """A usage event as a client would send it; ``happened_at`` in seconds since 1970, UTC."""

    message_id: str
    account: str
    user_id: str
    name: str
    happened_at: int
    properties: dict[str, Any]


@lru_cache(maxsize=64)
def _workloads(country: str, start: dt.date, days: int) -> np.ndarray[Any, Any]:
    return np.array([workload(start + dt.timedelta(days=n), country) for n in range(days)])


def _daily_use(life: Life, start: dt.date, end: dt.date) -> np.ndarray[Any, Any]:
    """Share of full use on each day of [start, end), 0 outside the contract."""
    days = (end - start).days
    first = (start - life.starts_on).days
    weeks = np.array([life.use_in_week(week) for week in range(len(life.engagement))])
    index = (np.arange(days) + first) // 7
    is_inside = (index >= 0) & (index < len(weeks))
    use = np.where(is_inside, weeks[np.clip(index, 0, len(weeks) - 1)], 0.0)
    is_open = np.zeros(days, dtype=bool)
    for since, until in life.in_use:
        is_open[max(0, (since - start).days) : max(0, (until - start).days)] = True
    return np.where(is_open, use, 0.0)


def _last_day(life: Life, end: dt.date) -> dt.date:
    # the working day of the West is not over when Japan's next day begins
    return end if UTC_OFFSET[life.firm.country] >= 8 else end - dt.timedelta(days=1)


def intensity(life: Life, start: dt.date, end: dt.date) -> float:
    """Expected usage of the account in [start, end), in seat-days of full use."""
    end = _last_day(life, end)
    if end <= start:
        return 0.0
    use = _daily_use(life, start, end) * _workloads(life.firm.country, start, (end - start).days)
    return float(use.sum()) * life.firm.seats


def make_events(
    life: Life, start: dt.date, end: dt.date, count: int, rng: np.random.Generator
) -> Iterator[Event]:
    """Exactly ``count`` events of the account in [start, end), in order of time.

    A user takes part while the account's use is above the user's own threshold, has a habit of
    more or less use, favourite features (fewer when use is low) and hours.
    """
    if count <= 0:
        return
    firm, end = life.firm, _last_day(life, end)
    days = (end - start).days
    use = _daily_use(life, start, end)
    users = max(1, round(firm.seats * float(rng.uniform(0.75, 1.0))))
    thresholds = np.sort(rng.random(users)) * 0.75
    habits = np.exp(rng.normal(0, 0.6, users))
    takes_part = 1 / (1 + np.exp(-(use[None, :] - thresholds[:, None]) / 0.08))
    weight = takes_part * habits[:, None] * (0.3 + use) * (use > 0)
    weight = (weight * _workloads(firm.country, start, days)[None, :]).ravel()
    total = np.cumsum(weight)
    if total[-1] <= 0:
        return
    sizes = rng.geometric(1 / _EVENTS_PER_SESSION, size=count)
    sessions = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    sizes = sizes[:sessions]
    sizes[-1] -= int(sizes.sum()) - count
    cells = np.minimum(np.searchsorted(total, rng.random(sessions) * total[-1]), weight.size - 1)
    user_of, day_of = np.divmod(cells, days)
    hours = rng.uniform(9.3, 16.5, users)
    local = np.clip(rng.normal(hours[user_of], 2.0), 6.0, 21.5)
    begin = ((day_of * 24 + local - UTC_OFFSET[firm.country]) * 3600).astype(np.int64)

    session = np.repeat(np.arange(sessions), sizes)
    place = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = begin[session] + place * _MINUTE * 3 + rng.integers(0, 2 * _MINUTE, count)
    breadth = np.maximum(2, (len(FEATURES) * (0.25 + 0.75 * use[day_of])).astype(np.int64))
    taste = rng.random(users) * 0.35
    feature = rng.random(count) ** (1.7 - taste[user_of])[session] * breadth[session]
    order = np.argsort(at, kind="stable")
    midnight = int(dt.datetime.combine(start, dt.time(), dt.UTC).timestamp())
    devices = rng.random(sessions) < 0.2
    for number, index in enumerate(order.tolist()):
        of = int(session[index])
        is_login = place[index] == 0
        yield Event(
            message_id=f"{firm.external_id}-{number}",
            account=firm.external_id,
            user_id=f"{firm.external_id}-u{int(user_of[of]) + 1}",
            name=LOGIN if is_login else FEATURES[int(feature[index])],
            happened_at=midnight + int(at[index]),
            properties={"device": "mobile" if devices[of] else "desktop"} if is_login else {},
        )
