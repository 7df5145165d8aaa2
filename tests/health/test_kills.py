"""The worker killed in the middle of scoring: everything is done or still marked."""

import datetime as dt
import random
import time
import uuid
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account, DirtyAccount
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from health.models import AccountCurrent, ScoreDay
from health.scoring import score_accounts
from metrics.usage.models import AccountDay, DirtyDay, Event
from tests.live import wait_until

ACCOUNTS = 150


def _is_scoring(workspace_id: int) -> bool:
    """Whether somebody holds the workspace's turn, which ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
            " AND classid = hashtext('score workspace')::bigint & 4294967295",
            [workspace_id],
        )
        return bool(cursor.fetchone()[0])


def _post_usage(accounts: list[Account], round_number: int) -> None:
    now = clock.now()
    for account in accounts:
        happened = [now - dt.timedelta(days=2 * n, hours=round_number) for n in range(20)]
        Event.objects.bulk_create(
            Event(
                account_id=account.pk,
                user_id=f"u{n % 3}",
                kind="track",
                name=f"Feature {n % 4}",
                happened_at=at,
                known_at=now,
                message_key=uuid.uuid4(),
                properties={},
            )
            for n, at in enumerate(happened)
        )
        days = {clock.local_date(at, "Asia/Tokyo") for at in happened}
        DirtyDay.objects.create(account_ids=[account.pk] * len(days), days=sorted(days))


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_worker_killed_while_scoring_loses_and_doubles_nothing(installation: Any) -> None:
    workspace_id = installation.workspace.pk
    now = clock.now()
    with scope(workspace_id):
        accounts = [
            Account.objects.create(
                external_id=f"a{n}", name=f"A {n}", seats=5, created_at=now, updated_at=now
            )
            for n in range(ACCOUNTS)
        ]
    installation.start_beat()
    worker = installation.start_worker()
    kills = 0
    for round_number in range(3):
        with scope(workspace_id):
            _post_usage(accounts, round_number)
        wait_until(lambda: _is_scoring(workspace_id), worker.last_words())
        time.sleep(random.uniform(0, 0.1))
        worker.kill()
        kills += 1
        worker.start()

    def is_done() -> bool:
        with scope(workspace_id):
            return not (DirtyDay.objects.exists() or DirtyAccount.objects.exists())

    wait_until(is_done, worker.last_words())
    wait_until(lambda: not _is_scoring(workspace_id))
    assert kills == 3
    with scope(workspace_id):
        assert sum(AccountDay.objects.values_list("events", flat=True)) == 3 * 20 * ACCOUNTS
        assert AccountCurrent.objects.exclude(score=None).count() == ACCOUNTS
        stored = list(ScoreDay.objects.order_by("account_id", "day").values_list("raw", "score"))
        assert len(stored) == ACCOUNTS
        # what the worker left is what a recomputation finds
        score_accounts(now=clock.now())
        again = list(ScoreDay.objects.order_by("account_id", "day").values_list("raw", "score"))
        assert again == stored
