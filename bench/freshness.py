"""From an event accepted over HTTP to the changed score that the API reads, pipeline running."""

import base64
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import world
from bench.harness import Result, percentile, told
from bench.ingest import new_batches
from bench.people import workspace_with_key
from bench.stack import Stack

_LOOK_EVERY = 0.02
_PATIENCE = 60


class _Bench:
    def __init__(self, stack: Stack, key: str) -> None:
        self.stack = stack
        token = base64.b64encode(f"{key}:".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def _call(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.stack.port}{path}",
            None if body is None else json.dumps(body).encode(),
            self.headers,
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def health(self, account: str) -> tuple[Any, ...] | None:
        """Score and probability as the API has them; None before the first scoring."""
        try:
            found = self._call(f"/api/v1/health/{account}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None
        return found["score"], found["churn_probability"], found["last_seen_on"]

    def seconds_to_change(self, account: str) -> float:
        """Post one event of the account; seconds from its answer to another score."""
        before = self.health(account)
        event = {
            "messageId": str(uuid.uuid4()), "userId": f"newcomer-{account}", "event": "Logged In",
            "timestamp": dt.datetime.now(dt.UTC).isoformat(), "context": {"groupId": account},
        }  # fmt: skip
        self._call("/v1/track", event)
        start = time.perf_counter()
        while self.health(account) == before:
            if time.perf_counter() - start > _PATIENCE:
                raise RuntimeError(f"the score of {account} has not changed for {_PATIENCE} s")
            time.sleep(_LOOK_EVERY)
        return time.perf_counter() - start

    @contextmanager
    def load(self, per_second: int, seconds: int) -> Iterator[None]:
        """Another process posts so many events a second of 200 other accounts, in batches."""
        size = 100 if per_second <= 1000 else 500
        task = {
            "port": self.stack.port, "path": "/v1/batch", "headers": self.headers,
            "every": size / per_second, "bodies": new_batches(per_second * seconds // size, size),
        }  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(task, file)
            file.flush()
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.load", file.name], stdout=subprocess.DEVNULL
            )
            try:
                time.sleep(2)
                yield
                if process.poll():
                    raise RuntimeError("the load was refused")
            finally:
                process.terminate()
                process.wait()


def run(stack: Stack, scale: str) -> list[Result]:
    """Freshness, idle and under load."""
    accounts, rounds, per_second = (2_000, 20, 1_000) if scale == "small" else (10_000, 60, 5_000)
    workspace, key = workspace_with_key("bench-fresh", ["ingest", "read"])
    with told(f"filling {accounts:,} accounts"):
        world.fill(workspace, accounts=accounts)
    with world.as_owner() as cursor:
        # Silent ones: an event of theirs is certain to change the score.
        cursor.execute(
            "SELECT external_id FROM accounts_account WHERE workspace_id = %s AND id %% 20 = 0"
            " ORDER BY id",
            [workspace.pk],
        )
        silent = iter([external_id for (external_id,) in cursor.fetchall()])
    bench = _Bench(stack, key)
    with stack.pipeline():
        with told("the first scoring"):
            _until_scored(bench, next(silent))
        with told("idle"):
            idle = [bench.seconds_to_change(next(silent)) for _ in range(rounds)]
        with told(f"under {per_second:,} events a second"), bench.load(per_second, rounds * 3):
            loaded = [bench.seconds_to_change(next(silent)) for _ in range(rounds)]
    return [
        Result(
            "freshness: event accepted → score read, idle, p95", "absolute",
            percentile(idle, 0.95), "s", 5, 1, more_is_better=False, rounds=idle,
        ),
        Result(
            f"freshness: … under {per_second:,} events/s, p95", "absolute",
            percentile(loaded, 0.95), "s", 10, 2, more_is_better=False, rounds=loaded,
        ),
    ]  # fmt: skip


def _until_scored(bench: _Bench, account: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while bench.health(account) is None:
        if time.monotonic() > deadline:
            raise RuntimeError("nobody has scored the workspace")
        time.sleep(0.2)
