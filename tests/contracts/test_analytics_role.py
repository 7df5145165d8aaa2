"""The analytics role is laid down again, whatever becomes of the statement it was taken on for."""

from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Workspace
from cs_platform.core import sql

FILE = "accounts/matching_accounts"
BINDS: dict[str, Any] = {"longest": "%a%", "likes": ["%a%"], "limit": 5}


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def test_after_a_statement_and_after_one_that_fails(scoped: Workspace) -> None:
    mine = role()
    sql.rows(FILE, BINDS)
    assert role() == mine
    failures: list[tuple[type[Exception], dict[str, Any]]] = [
        (DataError, {**BINDS, "limit": "many"}),  # refused by the server
        (KeyError, {"limit": 5}),  # never sent
    ]
    for error, binds in failures:
        with pytest.raises(error), transaction.atomic():
            sql.rows(FILE, binds)
        assert role() == mine


def test_a_page_pays_two_statements_for_it(scoped: Workspace) -> None:
    with CaptureQueriesContext(connection) as captured:
        sql.rows(FILE, BINDS)
    assert len(captured) == 2
