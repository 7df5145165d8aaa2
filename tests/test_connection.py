"""A connection that the server has given up is noticed before a request uses it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def other(db: None) -> Iterator[Any]:
    """A second connection of the application's role."""
    other = connection.copy()
    other.ensure_connection()
    yield other
    other.close()


def _end(of: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [of.connection.info.backend_pid])
    time.sleep(0.2)


def test_an_idle_connection_is_usable(other: Any) -> None:
    assert other.is_usable()
    with other.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert other.is_usable()


def test_an_ended_connection_is_not(other: Any) -> None:
    _end(other)
    assert not other.is_usable()


def test_after_an_error_the_server_is_asked(other: Any) -> None:
    other.errors_occurred = True
    assert other.is_usable()
    _end(other)
    assert not other.is_usable()


def test_a_request_goes_on_over_a_new_connection(other: Any) -> None:
    other.health_check_enabled = True
    other.health_check_done = False
    _end(other)
    with other.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
