"""The worker killed in the middle of computing: the figures are completed, and nothing doubles."""

import datetime as dt
import random
import time
from typing import Any

import pytest
from django.db import connection

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.kpis.actions import schedule
from metrics.kpis.actions.as_of import request_as_of
from metrics.kpis.actions.compute import compute
from metrics.kpis.models import AccountPeriod, AsOfRequest, Clock, Figure, Mark, Period
from metrics.kpis.queries.periods import periods
from tests.kpis.conftest import ACTOR, Book, stored
from tests.live import wait_until

ACCOUNTS = 200
MONTHS = 9


def _is_computing(workspace_id: int) -> bool:
    """Whether somebody holds the workspace's turn, which ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
            " AND classid = hashtext('compute KPIs')::bigint & 4294967295",
            [workspace_id],
        )
        return bool(cursor.fetchone()[0])


def _fill(workspace: Workspace, today: dt.date) -> None:
    """Contracts that begin, change and end throughout the months."""
    book = Book(workspace, clock.now())
    for number in range(ACCOUNTS):
        start = today - dt.timedelta(days=1 + number * 30 * MONTHS // ACCOUNTS)
        ended = {"ended_on": (start + dt.timedelta(days=40)).isoformat()}
        is_over = number % 5 == 0 and start + dt.timedelta(days=40) < today
        book.contract(f"A{number}", start.isoformat(), 100 + number, **(ended if is_over else {}))


def _rest(workspace_id: int) -> None:
    """As if the load had come to rest a while ago, so that the past is computed at once."""
    with scope(workspace_id):
        Clock.objects.update(marked_at=clock.now() - 2 * schedule.REST)


def _is_done_at_rest(workspace_id: int) -> bool:
    _rest(workspace_id)
    return _is_done(workspace_id)


def _is_done(workspace_id: int) -> bool:
    with scope(workspace_id):
        return not (
            Mark.objects.exists()
            or Period.objects.filter(is_due=True).exists()
            or AsOfRequest.objects.exclude(state=AsOfRequest.State.DONE).exists()
            or not Period.objects.filter(series=Period.Series.FIRST).exists()
        )


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_worker_killed_while_computing_completes_and_doubles_nothing(installation: Any) -> None:
    workspace = installation.workspace
    today = clock.local_date(clock.now(), workspace.timezone)
    with scope(workspace.pk):
        _fill(workspace, today)
        asked = today - dt.timedelta(days=45)
        request_as_of(actor=ACTOR, now=clock.now(), as_of=asked)
    installation.start_beat()
    worker = installation.start_worker()
    interrupted = 0
    for _ in range(3):
        wait_until(
            lambda: _is_computing(workspace.pk) or _is_done(workspace.pk), worker.last_words()
        )
        time.sleep(random.uniform(0, 0.4))
        interrupted += not _is_done(workspace.pk)
        worker.kill()
        wait_until(lambda: not _is_computing(workspace.pk))
        _rest(workspace.pk)
        worker.start()
    wait_until(lambda: _is_done_at_rest(workspace.pk), worker.last_words())
    worker.stop()
    assert interrupted
    with scope(workspace.pk):
        for kind in Period.Kind.values:
            found = periods(kind)
            assert len({(p.starts_on, p.ends_on) for p in found}) == len(found)
        for period in Period.objects.all():
            facts = AccountPeriod.objects.filter(period_id=period.pk)
            paying = facts.filter(is_closing=True).count()
            assert Figure.objects.get(period=period, kpi="customers", dimension="").n == paying
        assert Period.objects.filter(series=Period.Series.AS_OF, as_of=asked).count() == 4
        # what the workers left is what a computation that nobody kills finds
        running = list(Period.objects.filter(series=Period.Series.CURRENT))
        before = {row.kind: stored(periods(row.kind)[0]) for row in running}
        compute(running, now=clock.now())
        assert {row.kind: stored(periods(row.kind)[0]) for row in running} == before
        assert schedule.ask_again(since=today - dt.timedelta(days=400))
        for batch in schedule.due_batches():
            schedule.compute_batch(batch, now=clock.now())
        assert not Period.objects.filter(series=Period.Series.RESTATED).exists()
