"""How many requests, or events, a key may send: a leaky bucket per key, kept in Redis.

The generic cell rate algorithm stores one moment per key (when the bucket will be empty), so a
check costs one round trip and no clean-up. Time is Redis's own, the same for every web process.
"""

import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection

_log = logging.getLogger(__name__)

# Returns {allowed, remaining, seconds until empty, seconds until `cost` would fit}.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local cost, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local per_unit = window / limit
local empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = empty_at + cost * per_unit
local wait = after - window - now
local allowed = 0
if wait <= 0.000001 then
  allowed, wait, empty_at = 1, 0, after
  redis.call('SET', KEYS[1], string.format('%.6f', after),
             'PX', math.ceil((after - now) * 1000) + 1000)
end
local remaining = math.floor((window - (empty_at - now)) / per_unit + 0.000001)
return {allowed, remaining, tostring(empty_at - now), tostring(wait)}
"""
_TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Allowance:
    """The answer to one ``take``.

    ``remaining`` units may be taken at once now; after ``reset_seconds`` it is the whole ``limit``
    again. ``retry_after`` is how many seconds a refused caller should wait, 0 when allowed.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_after: int = 0


class _Bucket:
    """The connection to Redis; after a failure it is left alone for some seconds."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
        self._take: Any = client.register_script(_TAKE)
        self._away_until = 0.0

    def take(self, name: str, cost: int, limit: int, window: int) -> list[Any] | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            found: list[Any] = self._take(keys=[name], args=[cost, limit, window])
        except redis.RedisError:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            _log.warning("rate limits are off: Redis does not answer", exc_info=True)
            return None
        return found


@cache
def _bucket(url: str) -> _Bucket:
    return _Bucket(url)


def take(key: str, *, cost: int, limit: int, window_seconds: int) -> Allowance:
    """Take ``cost`` units of what ``key`` may use: ``limit`` units per ``window_seconds``.

    The whole limit may be used at once, and flows back evenly. A refused call takes nothing. A
    cost above the limit counts as the limit, else it could never be let through. Fails open: while
    Redis is away everything is allowed.
    """
    # Installations and test databases may share a server.
    name = f"rate:{connection.settings_dict['NAME']}:{key}"
    found = _bucket(settings.REDIS_URL).take(name, min(cost, limit), limit, window_seconds)
    if found is None:
        return Allowance(True, limit, limit, 0)
    allowed, remaining, reset, wait = found
    return Allowance(
        allowed=bool(allowed),
        limit=limit,
        remaining=max(0, int(remaining)),
        reset_seconds=math.ceil(float(reset)),
        retry_after=math.ceil(float(wait)),
    )


def headers(allowance: Allowance) -> dict[str, str]:
    """``RateLimit-*`` headers of an answer, with ``Retry-After`` where it is a refusal."""
    found = {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_seconds),
    }
    if not allowance.allowed:
        found["Retry-After"] = str(max(1, allowance.retry_after))
    return found
