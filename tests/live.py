"""Real web, worker and scheduler processes, for clients, journeys and tests that kill.

``installation`` runs them over the test database and the test broker; ``own_installation`` over a
PostgreSQL and a Valkey of its own, which may be killed and started again:

    def test_something(installation):
        web = installation.start_web()
        web.url                            # http://127.0.0.1:<port>
        installation.start_worker()
        installation.start_beat()
        web.kill()                         # SIGKILL, to the process and whatever it started
        web.start()                        # on the same port

What a fixture has started ends with it. Rows must be committed for these processes to see them, so
such a test must not ask for ``db``: ``installation.workspace`` is a committed workspace of its own.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cs_platform.local import processes
from cs_platform.local.servers import Server, free_port, start_postgres, start_valkey
from tests.servers import broker_url

BASE_DIR = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 90
_number = itertools.count(1)


@dataclass
class Process:
    """One process of the product that can be killed and started again."""

    command: list[str]
    env: dict[str, str]
    log: Path
    url: str = ""
    process: Any = None

    def start(self) -> "Process":
        """Start it, and wait until it answers where it has an address."""
        self.process = processes.spawn(self.command, log=self.log, cwd=BASE_DIR, env=self.env)
        if self.url:
            wait_until(self._answers, f"no answer; see\n{self.last_words()}")
        return self

    def kill(self) -> None:
        """SIGKILL, to the process and whatever it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as a service manager would."""
        if self.process is not None:
            processes.end(self.process, patience=10)

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.last_words()
        try:
            urllib.request.urlopen(f"{self.url}/v1/batch", timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


@dataclass
class Installation:
    """An environment and the processes started in it."""

    env: dict[str, str]
    logs: Path
    workspace: Any = None
    started: list[Process] = field(default_factory=list)
    postgres: Server | None = None
    valkey: Server | None = None

    def start_web(self, *, workers: int = 2) -> Process:
        """gunicorn, on a free port."""
        port = free_port()
        command = [
            "-m", "gunicorn", "cs_platform.wsgi", "--bind", f"127.0.0.1:{port}",
            "--workers", str(workers), "--threads", "4", "--log-level", "warning",
            "--no-control-socket", "--timeout", "120",
        ]  # fmt: skip
        return self._start("web", command, f"http://127.0.0.1:{port}")

    def start_worker(self) -> Process:
        """A Celery worker of all queues."""
        queues = "ingest,score,mail,default"
        command = ["worker", "--queues", queues, "--concurrency", "1", "--loglevel", "WARNING"]
        return self._start("worker", ["-m", "celery", "-A", "cs_platform", *command])

    def start_beat(self) -> Process:
        """The scheduler."""
        schedule = str(self.logs / "beat-schedule")
        command = ["beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"]
        return self._start("beat", ["-m", "celery", "-A", "cs_platform", *command])

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=BASE_DIR,
            env=self.env,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> None:
        """End everything, the last started first."""
        for process in reversed(self.started):
            process.stop()
        self.started.clear()

    def _start(self, name: str, arguments: list[str], url: str = "") -> Process:
        log = self.logs / f"{name}.log"
        process = Process([sys.executable, *arguments], self.env, log, url)
        self.started.append(process)
        return process.start()


def wait_until(is_true: Callable[[], bool], otherwise: str = "", patience: float = 0) -> None:
    """Look again and again until it is true; fail with ``otherwise`` when it never is."""
    deadline = time.monotonic() + (patience or PATIENCE_SECONDS)
    while not is_true():
        assert time.monotonic() < deadline, otherwise or "waited in vain"
        time.sleep(0.05)


def _environment(database_url: str, redis_url: str, var: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "VAR_DIR": str(var),
        "PYTHONUNBUFFERED": "1",
    }


def test_database_url() -> str:
    """The address of the database the tests run on, as its owner."""
    from django.db import connection

    chosen = connection.settings_dict
    owner = chosen["OWNER"]
    user, password = quote(owner["USER"], safe=""), quote(owner["PASSWORD"], safe="")
    return f"postgres://{user}:{password}@{chosen['HOST']}:{chosen['PORT']}/{chosen['NAME']}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


def installation_over_test_database(var: Path) -> Installation:
    """An installation of which nothing runs yet, with its files in ``var``."""
    return Installation(_environment(test_database_url(), broker_url(1), var), var)


@pytest.fixture
def installation(
    django_db_setup: None, django_db_blocker: Any, tmp_path: Path
) -> Iterator[Installation]:
    """Processes over the test database, with a fresh workspace whose rows are committed."""
    from tests.cast import make_workspace

    with django_db_blocker.unblock():
        found = installation_over_test_database(tmp_path)
        found.workspace = make_workspace(f"inst-{os.getpid()}-{next(_number)}")
        yield found
        found.stop()


@pytest.fixture
def own_installation(tmp_path: Path) -> Iterator[Installation]:
    """Processes over servers of their own; ``postgres`` and ``valkey`` may be killed."""
    postgres = start_postgres(tmp_path / "postgres")
    valkey = start_valkey(tmp_path / "valkey")
    var = tmp_path / "var"
    var.mkdir()
    env = _environment(postgres.url, valkey.url, var)
    found = Installation(env, var, postgres=postgres, valkey=valkey)
    found.manage("migrate", "--verbosity", "0")
    yield found
    found.stop()
    assert found.postgres is not None
    found.postgres.stop()
    assert found.valkey is not None
    found.valkey.stop()


def restart_postgres(installation: Installation) -> None:
    """SIGKILL the server's main process in mid-flight and start it again at the same address."""
    assert installation.postgres is not None
    port = int(installation.postgres.url.rpartition(":")[2].partition("/")[0])
    os.kill(installation.postgres.process.pid, signal.SIGKILL)
    installation.postgres.process.wait()
    state = installation.logs.parent / "postgres"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            installation.postgres = start_postgres(state, port=port)
            return
        except RuntimeError:
            # its orphans hold the shared memory until they notice
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def kill_valkey(installation: Installation) -> None:
    """SIGKILL the broker."""
    assert installation.valkey is not None
    installation.valkey.process.kill()
    installation.valkey.process.wait()


def start_valkey_again(installation: Installation) -> None:
    """Start the killed broker at the same address, with what its append-only file kept."""
    assert installation.valkey is not None
    port = int(installation.valkey.url.rpartition(":")[2].partition("/")[0])
    installation.valkey = start_valkey(installation.logs.parent / "valkey", port=port)
