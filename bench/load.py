"""A load from outside: several callers posting prepared bodies as fast as they are answered.

Run as a process of its own, so that it shares nothing with what it measures but the processors;
and of those it takes little, because requests are put together beforehand, sent in one piece and
their answers read by hand: Python's own client took a twentieth of what a batch of 100 costs, and a
fifth of an empty view.
Callers keep their connection from one body to the next, as the SDKs do that send batches, or open
one for each, as a script or a function does that posts a single event.
"""

import json
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench import wire


def post(
    port: int,
    path: str,
    bodies: list[bytes],
    headers: dict[str, str],
    *,
    callers: int = 1,
    is_kept: bool = False,
) -> list[float]:
    """Post every body once; the seconds each answer took. Raises on an answer that is not 200."""
    queue = iter([wire.request(path, headers, body) for body in bodies])
    lock = threading.Lock()
    times: list[float] = []

    def take() -> bytes | None:
        with lock:
            return next(queue, None)

    def call() -> None:
        with ExitStack() as connection:
            answers = None
            while (request := take()) is not None:
                start = time.perf_counter()
                if answers is None:
                    link = connection.enter_context(
                        socket.create_connection(("127.0.0.1", port), timeout=60)
                    )
                    answers = connection.enter_context(link.makefile("rb"))
                link.sendall(request)
                wire.read(answers, path)
                if not is_kept:
                    connection.close()
                    answers = None
                times.append(time.perf_counter() - start)

    with ThreadPoolExecutor(callers) as pool:
        for caller in [pool.submit(call) for _ in range(callers)]:
            caller.result()
    return times


def main() -> None:
    """``python -m bench.load FILE``: the file holds the parameters and the bodies as JSON.

    ``pause``: so many seconds between an answer and the next body; ``every``: one begins every so
    many seconds, or as soon as the one before is answered.
    """
    task = json.loads(Path(sys.argv[1]).read_text())
    bodies = [body.encode() for body in task["bodies"]]
    target = task["port"], task["path"]
    pause, every = task.get("pause", 0), task.get("every", 0)
    start = time.perf_counter()
    times: list[float] = []
    if every:
        for number, body in enumerate(bodies):
            time.sleep(max(0, start + number * every - time.perf_counter()))
            times += post(*target, [body], task["headers"])
    elif pause:
        for body in bodies:
            times += post(*target, [body], task["headers"])
            time.sleep(pause)
    else:
        times = post(
            *target, bodies, task["headers"], callers=task["callers"], is_kept=task["is_kept"]
        )
    print(json.dumps({"seconds": time.perf_counter() - start, "times": times}))


if __name__ == "__main__":
    main()
