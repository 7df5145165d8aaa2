"""Lists by API against pages by number, and what a person waits for: pages, search, weight.

Programs and browsers keep their connection, and so do both sides here: a connection of its own for
each request would cost more than a list, and hide in the ratio what is to be compared.
"""

import json
import re
import socket
import time
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urljoin

from bench import wire, world
from bench.harness import Result, percentile, ratio_of_rounds, told
from bench.people import workspace_with_key
from bench.stack import Stack

_PAGE = 50
# What a page refers to, and what its scripts and style sheets refer to in turn.
_REFERENCES = re.compile(r"""(?:href|src)="([^"]*/static/[^"]+)"|from\s*["']([^"']+\.js)["']""")


class _Browser:
    """Fetches as a person logged in does, one thing after the other."""

    def __init__(self, stack: Stack, headers: dict[str, str]) -> None:
        self.headers = headers
        self.connection = HTTPConnection("127.0.0.1", stack.port, timeout=60)

    def get(self, path: str, **headers: str) -> bytes:
        """The body as it came, compressed or not. Raises on anything but 200."""
        try:
            return self._get(path, headers)
        except ConnectionError:  # idle for so long that the server has ended it
            self.connection.close()
            return self._get(path, headers)

    def _get(self, path: str, headers: dict[str, str]) -> bytes:
        self.connection.request("GET", path, headers={**self.headers, **headers})
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}")
        return body

    def times(self, path: str, rounds: int) -> list[float]:
        """Milliseconds of each of ``rounds`` requests, after some that warm their worker."""
        for _ in range(6):
            self.get(path)
        found = []
        for _ in range(rounds):
            start = time.perf_counter()
            self.get(path)
            found.append((time.perf_counter() - start) * 1000)
        return found

    def rate(self, path: str, rounds: int) -> float:
        """Requests per second, after as many that do not count. Raises on anything but 200.

        All of a connection is answered by one worker of the server. Which of them is not known
        before, and a worker's first requests wait for its addresses to be read, for its threads'
        connections to the database and for plans: a second in all, more than the rest together.
        Asked and read by hand: the client of Python's library takes a third of a list's time.
        """
        request = wire.request(path, self.headers)
        address = (self.connection.host, self.connection.port)
        with socket.create_connection(address, timeout=60) as link, link.makefile("rb") as answers:
            start = 0.0
            for number in range(2 * rounds):
                if number == rounds:
                    start = time.perf_counter()
                link.sendall(request)
                wire.read(answers, path)
            return rounds / (time.perf_counter() - start)


def run(stack: Stack, scale: str) -> list[Result]:
    """All benchmarks of pages and lists."""
    accounts = 10_000 if scale == "small" else 100_000
    workspace, key = workspace_with_key("bench-pages", ["read"])
    with told(f"filling and scoring {accounts:,} accounts"):
        if scale == "small":
            world.fill(workspace, accounts=accounts, days=60)
        else:
            world.fill_history(workspace, accounts=accounts)
        _score(workspace)
    api = _Browser(stack, {"Authorization": f"Bearer {key}"})
    person = _Browser(stack, {"Cookie": _session(workspace)})
    return [
        *_lists(api, workspace, accounts),
        *_pages(person, workspace, accounts),
        *_weights(person, workspace),
    ]


def _score(workspace: Any) -> None:
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scoring import score_accounts

    with scope(workspace.pk):
        score_accounts(now=clock.now())
    with world.as_owner() as cursor:
        cursor.execute("ANALYZE health_accountcurrent")


def _session(workspace: Any) -> str:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=f"owner@{workspace.slug}.example"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _lists(api: _Browser, workspace: Any, accounts: int) -> list[Result]:
    results = []
    for table in ("accounts", "at-risk"):
        first = f"/api/v1/{table}?limit={_PAGE}"
        numbered = f"/bench/pages/{table}?workspace={workspace.pk}&page="
        with told(f"list of {table}: a cursor deep into it"):
            cursor, row = _deep(api, table, accounts // 3)
        for depth, ours, theirs, floor, goal in (
            ("first page", first, f"{numbered}1", 8, 18),
            (
                "deep page",
                f"{first}&cursor={quote(cursor)}",
                f"{numbered}{row // _PAGE + 1}",
                15,
                40,
            ),
        ):
            with told(f"list of {table}, {depth}"):
                value, rounds = ratio_of_rounds(
                    partial(api.rate, ours, 200), partial(api.rate, theirs, 15)
                )
            results.append(
                Result(
                    f"API: {table}, {depth} of {accounts:,}",
                    "REST framework, pages by number", value, "×", floor, goal,
                    more_is_better=True, rounds=rounds,
                    note=f"row {row:,}" if depth == "deep page" else "",
                )
            )  # fmt: skip
    return results


def _deep(api: _Browser, table: str, row: int) -> tuple[str, int]:
    """A cursor about ``row`` rows into the list, or at its last page, and its row."""
    cursor, found = "", 0
    while found < row:
        query = f"?limit=200&cursor={quote(cursor)}" if cursor else "?limit=200"
        page = json.loads(api.get(f"/api/v1/{table}{query}"))
        if page["next_cursor"] is None:
            break
        cursor, found = page["next_cursor"], found + len(page["items"])
    return cursor, found


def _pages(person: _Browser, workspace: Any, accounts: int) -> list[Result]:
    from accounts.models import Account
    from cs_platform.core.tenancy import scope

    with scope(workspace.pk):
        account = Account.objects.order_by("id").values_list("pk", flat=True)[accounts // 2]
    home = f"/w/{workspace.slug}"
    limits = dict.fromkeys(
        (
            "today/",
            "accounts/?owner=all",
            "accounts/?owner=all&sort=-mrr",
            f"accounts/{account}/",
            "at-risk/?owner=all",
            "overview/",
        ),
        (200.0, 80.0),
    )
    limits["search/?q=customer+77"] = limits["search/?q=no+such+firm"] = (100.0, 40.0)
    results = []
    with told("pages"):
        for path, (floor, goal) in limits.items():
            times = person.times(f"{home}/{path}", 40)
            name = path.replace(str(account), "…")
            results.append(
                Result(
                    f"page: {name}, p95", f"absolute, {accounts:,} accounts",
                    percentile(times, 0.95), "ms", floor, goal, more_is_better=False, rounds=times,
                )
            )  # fmt: skip
    return results


def _weights(person: _Browser, workspace: Any) -> list[Result]:
    """Kilobytes of the heaviest main page: with everything it needs, and by itself."""
    first, following = [], []
    with told("weight of pages"):
        for path in ("today/", "accounts/?owner=all", "at-risk/?owner=all", "overview/"):
            page = f"/w/{workspace.slug}/{path}"
            weight = len(person.get(page, **{"Accept-Encoding": "br, gzip"}))
            files = _files(person, page)
            following.append(weight / 1000)
            first.append((weight + sum(files.values())) / 1000)
    return [
        Result(
            "weight: first visit, heaviest page", "absolute, without Plotly",
            max(first), "KB", 350, 200, more_is_better=False, rounds=first,
        ),
        Result(
            "weight: next page, heaviest", "absolute, files from the browser's cache",
            max(following), "KB", 40, 20, more_is_better=False, rounds=following,
        ),
    ]  # fmt: skip


def _files(person: _Browser, page: str) -> dict[str, int]:
    """Bytes, as they travel, of every static file the page and its scripts ask for."""
    found: dict[str, int] = {}
    waiting = [page]
    while waiting:
        source = waiting.pop()
        text = person.get(source).decode(errors="replace")
        for groups in _REFERENCES.findall(text):
            address = urljoin(source, next(filter(None, groups))).partition("#")[0]
            if address not in found and "plotly" not in address:
                body = person.get(address, **{"Accept-Encoding": "br, gzip"})
                found[address] = len(body)
                if address.endswith(".js"):
                    waiting.append(address)
    return found
