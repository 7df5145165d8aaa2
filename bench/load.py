"""A load from outside: several connections posting prepared bodies as fast as they are answered.

Run as a process of its own, so that it shares nothing with what it measures but the processors.
"""

import http.client
import json
import sys
import threading
import time
from pathlib import Path


def post(
    port: int, path: str, bodies: list[bytes], headers: dict[str, str], connections: int
) -> list[float]:
    """Post every body once; the seconds each answer took. Raises on an answer that is not 200."""
    queue = iter(bodies)
    lock = threading.Lock()
    times: list[float] = []
    errors: list[str] = []

    def work() -> None:
        while True:
            with lock:
                body = next(queue, None)
            if body is None or errors:
                return
            start = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("POST" if body else "GET", path, body or None, headers)
            response = connection.getresponse()
            answer = response.read()
            connection.close()
            if response.status != 200:
                errors.append(f"{response.status} {answer[:300]!r}")
            with lock:
                times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError(errors[0])
    return times


def main() -> None:
    """``python -m bench.load FILE``: the file holds the parameters and the bodies as JSON.

    ``pause``: so many seconds between an answer and the next body; ``every``: one begins every so
    many seconds, or as soon as the one before is answered.
    """
    task = json.loads(Path(sys.argv[1]).read_text())
    bodies = [body.encode() for body in task["bodies"]]
    pause, every = task.get("pause", 0), task.get("every", 0)
    start = time.perf_counter()
    times: list[float] = []
    if every:
        for number, body in enumerate(bodies):
            time.sleep(max(0, start + number * every - time.perf_counter()))
            times += post(task["port"], task["path"], [body], task["headers"], 1)
    elif pause:
        for body in bodies:
            times += post(task["port"], task["path"], [body], task["headers"], 1)
            time.sleep(pause)
    else:
        times = post(task["port"], task["path"], bodies, task["headers"], task["connections"])
    print(json.dumps({"seconds": time.perf_counter() - start, "times": times}))


if __name__ == "__main__":
    main()
