"""The bucket empties at the stated rate, refuses without taking, and never blocks the product."""

import time
import uuid
from typing import Any

import pytest

from cs_platform.core import ratelimit
from cs_platform.core.ratelimit import headers, take


@pytest.fixture
def key(db: None) -> str:
    return uuid.uuid4().hex


def test_the_limit_may_be_used_at_once_and_not_more(key: str) -> None:
    answers = [take(key, cost=1, limit=5, window_seconds=60) for _ in range(7)]
    assert [a.allowed for a in answers] == [True] * 5 + [False] * 2
    assert [a.remaining for a in answers] == [4, 3, 2, 1, 0, 0, 0]
    # a fifth of a minute until one more fits, the whole minute until all five do
    assert answers[-1].retry_after == 12
    assert answers[-1].reset_seconds == 60


def test_a_refusal_takes_nothing(key: str) -> None:
    assert take(key, cost=8, limit=10, window_seconds=60).allowed
    assert not take(key, cost=3, limit=10, window_seconds=60).allowed
    assert take(key, cost=2, limit=10, window_seconds=60).allowed


def test_units_flow_back_evenly(key: str) -> None:
    assert take(key, cost=100, limit=100, window_seconds=1).allowed
    assert not take(key, cost=20, limit=100, window_seconds=1).allowed
    time.sleep(0.25)
    assert take(key, cost=20, limit=100, window_seconds=1).allowed


def test_more_than_the_limit_passes_when_nothing_else_was_taken(key: str) -> None:
    assert take(key, cost=1000, limit=10, window_seconds=60).allowed
    assert not take(key, cost=1, limit=10, window_seconds=60).allowed


def test_keys_do_not_share(key: str) -> None:
    assert take(key, cost=1, limit=1, window_seconds=60).allowed
    assert take(key + "x", cost=1, limit=1, window_seconds=60).allowed


def test_headers_say_what_is_left_and_when_to_come_back(key: str) -> None:
    assert headers(take(key, cost=1, limit=2, window_seconds=60)) == {
        "RateLimit-Limit": "2",
        "RateLimit-Remaining": "1",
        "RateLimit-Reset": "30",
    }
    take(key, cost=1, limit=2, window_seconds=60)
    refused = headers(take(key, cost=1, limit=2, window_seconds=60))
    assert refused["RateLimit-Remaining"] == "0"
    assert refused["Retry-After"] == "30"


def test_everything_passes_while_redis_is_away(key: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    started = time.monotonic()
    answers = [take(key, cost=1, limit=1, window_seconds=60) for _ in range(200)]
    assert all(a.allowed for a in answers)
    assert time.monotonic() - started < 2
    ratelimit._bucket.cache_clear()
