"""Broker, worker and database killed while events arrive and scores are made.

What the web process and the database go through alone is in ``tests/usage``, what the worker does
in ``tests/health``; here all of them fall in turn under one running system, which must find its
way back by itself.
"""

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.live import (
    Installation,
    Process,
    kill_valkey,
    restart_postgres,
    start_valkey_again,
    wait_until,
)
from tests.usage.test_kills import MAKE_KEY, Poster

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

LOG_IN = """
from django.test import Client
from accounts.models import Membership, User
user = User.objects.create(email="owner@acme.example")
Membership.objects.create(workspace=workspace, user=user, role="owner")
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
"""
TO_DO = (
    "SELECT (SELECT count(*) FROM usage_dirtyday) + (SELECT count(*) FROM accounts_dirtyaccount)"
)
SCORES = "SELECT account_id, score, coverage, raw FROM health_scoreday ORDER BY account_id, day"


class Watcher:
    """A member who looks at pages, and a look behind them."""

    def __init__(self, installation: Installation, web: Process, session: str) -> None:
        self.installation = installation
        self.address = urlsplit(web.url).netloc
        self.session = session

    def status(self, path: str) -> int:
        """The status of a page, 0 where nobody answers."""
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", path, headers={"Cookie": f"sessionid={self.session}"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def sees_pages(self) -> bool:
        """Whether the pages that matter most answer."""
        return all(
            self.status(f"/w/acme/{page}") == 200
            for page in ("today/", "at-risk/?owner=all", "accounts/?owner=all")
        )

    def rows(self, query: str) -> list[Any]:
        """Rows of the database, past row-level security."""
        assert self.installation.postgres is not None
        connection = psycopg2.connect(self.installation.postgres.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            connection.close()


def test_whatever_falls_nothing_is_lost_and_nothing_counted_twice(own_installation: Any) -> None:
    made = own_installation.manage("shell", "--verbosity", "0", "-c", MAKE_KEY + LOG_IN).split()
    key, session = made[-2:]
    web, worker = own_installation.start_web(), own_installation.start_worker()
    own_installation.start_beat()
    watcher = Watcher(own_installation, web, session)
    posters = [Poster(number, web.url, key) for number in range(2)]
    for poster in posters:
        poster.start()

    def go_on() -> None:
        """Until every poster has been heard again."""
        before = [len(poster.acknowledged) for poster in posters]
        wait_until(
            lambda: all(len(p.acknowledged) > n for p, n in zip(posters, before, strict=True)),
            str([p.failures[-3:] for p in posters]),
            patience=60,
        )

    go_on()
    wait_until(lambda: bool(watcher.rows(SCORES)), worker.last_words())
    kill_valkey(own_installation)
    # without a broker events are taken and pages shown; only the scores stand still
    go_on()
    assert watcher.sees_pages()
    worker.kill()
    start_valkey_again(own_installation)
    worker.start()
    go_on()
    kill_valkey(own_installation)
    time.sleep(1)
    start_valkey_again(own_installation)
    restart_postgres(own_installation)
    go_on()
    wait_until(watcher.sees_pages, web.last_words(), patience=30)
    for poster in posters:
        poster.is_enough.set()
    for poster in posters:
        poster.join(30)
    # nobody was told: the scheduler's sweep finds what was left, through a broker that came back
    wait_until(lambda: watcher.rows(TO_DO) == [(0,)], worker.last_words(), patience=60)

    stored, distinct, accounts = watcher.rows(
        "SELECT count(*), count(DISTINCT message_key), count(DISTINCT account_id) FROM usage_event"
    )[0]
    acknowledged = sum(len(poster.acknowledged) for poster in posters)
    assert stored == distinct
    # a poster's last batch may have been stored and its answer lost
    assert acknowledged <= stored <= acknowledged + 50 * len(posters)
    assert watcher.rows("SELECT sum(events) FROM usage_accountday") == [(stored,)]
    assert watcher.rows("SELECT count(*) FROM health_accountcurrent WHERE day IS NOT NULL") == [
        (accounts,)
    ]
    scores = watcher.rows(SCORES)
    own_installation.manage("rescore", "--workspace", "acme")
    assert watcher.rows(SCORES) == scores
