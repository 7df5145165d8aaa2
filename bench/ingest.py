"""Events in: over HTTP, acknowledged after commit, against COPY and the usual way."""

import base64
import datetime as dt
import io
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import uuid
from typing import Any

from bench import tables, world
from bench.harness import Result, percentile, ratio_of_rounds, seconds, told
from bench.stack import Stack

_NAMES = ["Logged In", "Report Viewed", "Task Created", "File Uploaded", "Comment Added"]
_number = itertools.count()
# As many as the server has threads. Connections are kept, and chance decides which process takes
# which: with four, one round of eight left a process of the two without work.
_CALLERS = 8


def _items(count: int) -> list[dict[str, object]]:
    """``count`` Segment messages of 200 accounts and 2,000 users over the last 30 days."""
    now = dt.datetime.now(dt.UTC)
    pick = random.Random(next(_number))
    return [
        {
            "type": "track",
            "messageId": str(uuid.UUID(int=pick.getrandbits(128))),
            "userId": f"user-{(user := pick.randrange(2000))}",
            "event": pick.choice(_NAMES),
            "timestamp": (now - dt.timedelta(seconds=pick.randrange(30 * 86400))).isoformat(),
            "context": {"groupId": f"account-{user % 200}"},
            "properties": {"plan": "pro", "rows": pick.randrange(1000), "source": "benchmark"},
        }
        for _ in range(count)
    ]


def new_batches(count: int, size: int) -> list[str]:
    """Bodies for ``/v1/batch``, each with ``size`` new messages."""
    return [json.dumps({"batch": _items(size)}) for _ in range(count)]


class _Bench:
    def __init__(self, stack: Stack, key: str, workspace_id: int) -> None:
        self.stack = stack
        self.workspace_id = workspace_id
        token = base64.b64encode(f"{key}:".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def post(
        self,
        path: str,
        bodies: list[str],
        *,
        callers: int = _CALLERS,
        is_kept: bool = True,
        pause: float = 0,
    ) -> dict[str, object]:
        """Post from another process; its report."""
        task = {
            "port": self.stack.port, "path": path, "bodies": bodies, "pause": pause,
            "headers": self.headers, "callers": callers, "is_kept": is_kept,
        }  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(task, file)
            file.flush()
            done = subprocess.run(
                [sys.executable, "-m", "bench.load", file.name],
                capture_output=True, check=False, text=True,
            )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout)

    def rate(self, batches: int, size: int) -> float:
        """Events per second over ``/v1/batch``."""
        report = self.post("/v1/batch", new_batches(batches, size))
        return batches * size / report["seconds"]

    def copy_rate(self, batches: int, size: int) -> float:
        """Rows per second of COPY into a table without an index, a commit per batch."""
        from django.db import connection

        texts = []
        for _ in range(batches):
            lines = [
                "\t".join(
                    (
                        str(self.workspace_id), item["context"]["groupId"], item["userId"],
                        item["event"], item["timestamp"], item["timestamp"],
                        json.dumps(item["properties"]), item["messageId"],
                    )
                )
                for item in _items(size)
            ]  # fmt: skip
            texts.append("\n".join(lines) + "\n")
        connection.ensure_connection()
        raw = connection.connection

        def work() -> None:
            for text in texts:
                with raw.cursor() as cursor:
                    cursor.copy_expert("COPY bench_copy FROM STDIN", io.StringIO(text))
                raw.commit()

        connection.set_autocommit(False)
        try:
            return batches * size / seconds(work)
        finally:
            connection.set_autocommit(True)

    def serializer_rate(self, batches: int, size: int) -> float:
        """Events per second through REST framework's serializers and bulk_create."""
        bodies = []
        for _ in range(batches):
            items = [
                {
                    "workspace_id": self.workspace_id,
                    "account_id": item["context"]["groupId"],
                    "user_id": item["userId"],
                    "name": item["event"],
                    "happened_at": item["timestamp"],
                    "known_at": item["timestamp"],
                    "properties": item["properties"],
                    "message_key": item["messageId"],
                }
                for item in _items(size)
            ]
            bodies.append(json.dumps({"batch": items}))
        return batches * size / self.post("/bench/serializers", bodies)["seconds"]


def _one_event_against_empty(
    bench: _Bench, requests: int, is_kept: bool
) -> tuple[float, list[float]]:
    def one_event() -> float:
        bodies = [json.dumps(item) for item in _items(requests)]
        return 1 / bench.post("/v1/track", bodies, is_kept=is_kept)["seconds"]

    def empty() -> float:
        return 1 / bench.post("/bench/empty", [""] * requests, is_kept=is_kept)["seconds"]

    return ratio_of_rounds(one_event, empty, rounds=5)


def _duplicates_against_new(bench: _Bench, batches: int) -> tuple[float, list[float]]:
    again: list[list[str]] = []

    def new() -> float:
        bodies = new_batches(batches, 1000)
        again.append(bodies)
        return 1 / bench.post("/v1/batch", bodies)["seconds"]

    def duplicates() -> float:
        return 1 / bench.post("/v1/batch", again[-1])["seconds"]

    new()
    return ratio_of_rounds(duplicates, new)


def _as_the_table_grows(bench: _Bench, workspace: Any, scale: str) -> Result:
    few, many = (100_000, 1_000_000) if scale == "small" else (1_000_000, 20_000_000)

    def share_of_copy() -> list[float]:
        _value, rounds = ratio_of_rounds(
            lambda: bench.rate(40, 1000), lambda: bench.copy_rate(40, 1000), rounds=5
        )
        return rounds

    with told(f"a table of {few:,} events"):
        world.fill_arrivals(workspace, events=few)
        before = statistics.median(share_of_copy())
    with told(f"a table of {many:,} events"):
        world.fill_arrivals(workspace, events=many)
        after = [share / before for share in share_of_copy()]
    return Result(
        f"ingest: into a table of {many:,} events", f"of {few:,}, each against COPY at the time",
        statistics.median(after), "×", 0.7, 0.9, more_is_better=True, rounds=after,
    )  # fmt: skip


def _hundreds_against_thousands(bench: _Bench, batches: int, where: str) -> Result:
    """The price of small batches.

    A row costs more as the indexes grow, and a request does not: so the figure is lower into tables
    nearly empty than into those of an installation in use.
    """
    with told(f"batches of 100 against batches of 1,000, {where}"):
        # As many events of both: half of them took so short a time that any hiccup decided. Single
        # rounds are up to a third apart; of five the median was a tenth off from run to run.
        value, rounds = ratio_of_rounds(
            lambda: bench.rate(batches * 10, 100), lambda: bench.rate(batches, 1000), rounds=11
        )
    return Result(
        f"ingest: batch of 100, {where}", "batch of 1,000",
        value, "×", 0.6, 0.8, more_is_better=True, rounds=rounds,
    )  # fmt: skip


def run(stack: Stack, scale: str) -> list[Result]:
    """All benchmarks of ingest."""
    from bench.people import workspace_with_key

    tables.make()
    workspace, key = workspace_with_key("bench-ingest", ["ingest"])
    bench = _Bench(stack, key, workspace.pk)
    batches = 40 if scale == "small" else 200
    with told("warm-up"):
        bench.rate(8, 1000)
        bench.serializer_rate(2, 1000)
    results = []

    with told("batches of 1,000 against COPY"):
        value, rounds = ratio_of_rounds(
            lambda: bench.rate(batches, 1000), lambda: bench.copy_rate(batches, 1000)
        )
    results.append(
        Result(
            "ingest: batch of 1,000, after commit", "plain COPY of the same rows",
            value, "×", 0.20, 0.30, more_is_better=True, rounds=rounds,
        )
    )  # fmt: skip
    with told("batches of 1,000 against serializers"):
        value, rounds = ratio_of_rounds(
            lambda: bench.rate(batches, 1000),
            lambda: bench.serializer_rate(max(batches // 10, 4), 1000),
        )
    results.append(
        Result(
            "ingest: batch of 1,000", "REST framework serializers + bulk_create",
            value, "×", 5, 10, more_is_better=True, rounds=rounds,
        )
    )  # fmt: skip
    results.append(_hundreds_against_thousands(bench, batches, "into tables nearly empty"))
    for how, is_kept in (("", False), (", connection kept", True)):
        with told(f"one event a request{how}, against an empty view"):
            value, rounds = _one_event_against_empty(bench, batches * 20, is_kept)
        results.append(
            Result(
                f"ingest: one event a request{how}", "empty view, same server",
                value, "×", None if is_kept else 0.4, None if is_kept else 0.6,
                more_is_better=True, rounds=rounds,
            )
        )  # fmt: skip
    with told("duplicates against new"):
        value, rounds = _duplicates_against_new(bench, batches)
    results.append(
        Result(
            "ingest: only duplicates", "only new events",
            value, "×", 1.0, 1.5, more_is_better=True, rounds=rounds,
        )
    )  # fmt: skip
    with told("answer times at half load"):
        report = bench.post("/v1/batch", new_batches(batches, 1000), callers=1)
        middle = report["seconds"] / batches
        times = bench.post("/v1/batch", new_batches(100, 1000), pause=middle)["times"]
    results.append(
        Result(
            "ingest: p99 of a batch of 1,000 at half load", "absolute",
            percentile(times, 0.99) * 1000, "ms", 200, 100, more_is_better=False,
        )
    )  # fmt: skip
    # the last: they leave a large table
    results.append(_as_the_table_grows(bench, workspace, scale))
    results.append(_hundreds_against_thousands(bench, batches, "into the grown table"))
    return results
