"""Connections: given up by the server, and those whose transactions begin with a statement."""

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, InternalError, ProgrammingError, connection, connections
from django.db.transaction import TransactionManagementError, atomic
from psycopg2 import ProgrammingError as DatabaseProgrammingError
from psycopg2 import extensions

_OTHER = "other"


@pytest.fixture
def other(db: None) -> Iterator[Any]:
    """A second connection of the application's role."""
    other = connection.copy(_OTHER)
    connections[_OTHER] = other
    other.ensure_connection()
    yield other
    other.close()
    del connections[_OTHER]


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


@pytest.fixture
def sent(other: Any) -> Iterator[Any]:
    """The connection inside a transaction that has not sent anything."""
    other.set_autocommit(False)
    yield other
    other.rollback()
    other.set_autocommit(True)


def _status(of: Any) -> int:
    return int(of.connection.info.transaction_status)


def _one(of: Any, query: str) -> Any:
    with of.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_a_transaction_begins_with_its_first_statement(sent: Any) -> None:
    sent.set_local("app.workspace", "7'")
    assert _status(sent) == extensions.TRANSACTION_STATUS_IDLE
    assert _one(sent, "SELECT current_setting('app.workspace')") == "7'"
    assert _status(sent) == extensions.TRANSACTION_STATUS_INTRANS
    sent.set_local("app.workspace", "8")
    assert _one(sent, "SELECT current_setting('app.workspace')") == "8"
    sent.rollback()
    assert _one(sent, "SELECT current_setting('app.workspace', true)") == ""


def test_what_cannot_be_parsed_begins_nothing_and_the_next_statement_does(sent: Any) -> None:
    sent.set_local("app.workspace", "7")
    with pytest.raises(ProgrammingError):
        _one(sent, "SELEKT 1")
    assert _one(sent, "SELECT current_setting('app.workspace')") == "7"
    assert _status(sent) == extensions.TRANSACTION_STATUS_INTRANS


def test_after_an_error_nothing_is_accepted_before_the_rollback(sent: Any) -> None:
    with pytest.raises(DataError):
        _one(sent, "SELECT 1 / 0")
    with pytest.raises(InternalError):
        _one(sent, "SELECT 1")
    sent.rollback()
    assert _one(sent, "SELECT 1") == 1


@pytest.mark.parametrize("how", ["copy", "many", "named", "bytes"])
def test_every_kind_of_statement_is_inside_the_transaction(sent: Any, how: str) -> None:
    raw = sent.connection
    with raw.cursor("some" if how == "named" else None) as cursor:
        if how == "copy":
            cursor.copy_expert("COPY (SELECT 1) TO STDOUT", io.StringIO())
        elif how == "many":
            cursor.executemany("SELECT %s", [(1,), (2,)])
        else:
            cursor.execute(b"SELECT 1" if how == "bytes" else "SELECT 1")
        assert _status(sent) == extensions.TRANSACTION_STATUS_INTRANS
    with pytest.raises(DatabaseProgrammingError):
        raw.autocommit = True


def test_a_transaction_without_statements_sends_nothing(sent: Any) -> None:
    _end(sent)
    sent.commit()


@pytest.fixture
def table(other: Any) -> str:
    """A table that only this connection sees, which what it commits is read from."""
    with other.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE written (workspace text)")
    return "INSERT INTO written VALUES (current_setting('app.workspace')) RETURNING workspace"


def test_what_is_sent_alone_is_committed_with_its_answer(other: Any, table: str) -> None:
    with pytest.raises(KeyError), other.alone() as cursor:
        cursor.execute(f"SET LOCAL app.workspace = '7'; {table}")
        assert cursor.fetchone() == ("7",)
        assert _status(other) == extensions.TRANSACTION_STATUS_IDLE
        raise KeyError
    assert _one(other, "SELECT array_agg(workspace) FROM written") == ["7"]
    assert _one(other, "SELECT current_setting('app.workspace', true)") == ""


def test_of_a_message_that_fails_alone_nothing_is_left(other: Any, table: str) -> None:
    with pytest.raises(DataError), other.alone() as cursor:
        cursor.execute(f"SET LOCAL app.workspace = '7'; {table}; SELECT 1 / 0")
    assert _one(other, "SELECT count(*) FROM written") == 0
    assert _one(other, "SELECT current_setting('app.workspace', true)") == ""


def test_inside_a_transaction_nothing_is_sent_alone(other: Any) -> None:
    with atomic(_OTHER), pytest.raises(TransactionManagementError), other.alone():
        pass
    other.set_autocommit(False)
    with pytest.raises(TransactionManagementError), other.alone():
        pass


def test_what_is_sent_alone_goes_over_a_new_connection_too(other: Any) -> None:
    other.health_check_enabled = True
    other.health_check_done = False
    _end(other)
    with other.alone() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
