"""SIGKILL in the middle of ingest: what was acknowledged is stored once, and nothing twice."""

import base64
import http.client
import json
import threading
import time
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.live import restart_postgres

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]

MAKE_KEY = """
from accounts.actions.keys import create_key
from accounts.actors import Actor
from accounts.models import Workspace
from cs_platform.core import clock, tenancy
workspace = Workspace.objects.create(slug="acme", name="Acme")
with tenancy.scope(workspace.pk):
    print(create_key(actor=Actor.system("tests"), workspace=workspace, name="k",
                     scopes=["ingest"], now=clock.now())[1])
"""


class Poster(threading.Thread):
    """Sends numbered batches; one that is not acknowledged is sent again, as a client does."""

    def __init__(self, number: int, url: str, key: str) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.address = urlsplit(url).netloc
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
        }
        self.acknowledged: list[str] = []
        self.failures: list[object] = []
        self.is_enough = threading.Event()

    def run(self) -> None:
        batch = 0
        while not self.is_enough.is_set():
            ids = [f"{self.number}-{batch}-{n}" for n in range(50)]
            if self.send(ids):
                self.acknowledged += ids
                batch += 1
            else:
                time.sleep(0.1)

    def send(self, ids: list[str]) -> bool:
        messages = [
            {
                "type": "track",
                "event": "Opened",
                "userId": f"u{self.number}",
                "messageId": message_id,
                "context": {"groupId": f"account-{hash(message_id) % 7}"},
            }
            for message_id in ids
        ]
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("POST", "/v1/batch", json.dumps({"batch": messages}), self.headers)
            with connection.getresponse() as answer:
                status = answer.status
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(type(error).__name__)
            return False
        finally:
            connection.close()
        if status != 200:
            self.failures.append(status)
        return status == 200


def test_nothing_is_lost_or_doubled_when_web_and_database_are_killed(own_installation) -> None:
    key = own_installation.manage("shell", "--verbosity", "0", "-c", MAKE_KEY).split()[-1]
    web = own_installation.start_web()
    posters = [Poster(number, web.url, key) for number in range(4)]
    for poster in posters:
        poster.start()

    def progress() -> int:
        return sum(len(poster.acknowledged) for poster in posters)

    def go_on(most_seconds: float = 60) -> None:
        """Until every poster has been heard again."""
        before = [len(poster.acknowledged) for poster in posters]
        deadline = time.monotonic() + most_seconds
        while any(len(p.acknowledged) == n for p, n in zip(posters, before, strict=True)):
            assert time.monotonic() < deadline, (
                web.last_words(),
                [p.failures[-3:] for p in posters],
            )
            time.sleep(0.05)

    go_on()
    for _round in range(2):
        web.kill()
        web.start()
        go_on()
        restart_postgres(own_installation)
        # the processes find their way back by themselves
        go_on()
    for poster in posters:
        poster.is_enough.set()
    for poster in posters:
        poster.join(30)
    failures = [failure for poster in posters for failure in poster.failures]
    assert failures, "nothing was killed in mid-flight"
    assert 500 not in failures
    with (
        psycopg2.connect(own_installation.postgres.url) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*), count(DISTINCT message_key) FROM usage_event")
        stored, distinct = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM usage_seenmessage")
        seen = cursor.fetchone()[0]
        cursor.execute("SELECT sum(accepted), sum(duplicates) FROM usage_receipt")
        accepted, _duplicates = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM usage_event WHERE account_id IS NULL")
        unattributed = cursor.fetchone()[0]
    connection.close()
    assert stored == distinct == seen == accepted
    # every batch but each poster's last was acknowledged before the next was begun
    assert progress() <= stored <= progress() + 50 * len(posters)
    assert unattributed == 0
    for poster in posters:
        assert poster.send(poster.acknowledged[-50:])
    with (
        psycopg2.connect(own_installation.postgres.url) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM usage_event")
        assert cursor.fetchone()[0] == stored
    connection.close()
