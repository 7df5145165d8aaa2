"""A real Chromium over the application, for tests marked ``browser``.

``live_app`` serves the application from a thread of the test process, over the test database and
as the application role. Django's own live server truncates every table afterwards, which that role
may not do; here each test works in a workspace of its own, whose rows are committed and stay until
the database is dropped. So a test that uses it must not ask for ``db``, ``workspace`` or
``client_as``: their transaction would hide its rows from the server.

    @pytest.mark.browser
    def test_something(live_app, open_page):
        with live_app.scope():
            create_account(...)                     # committed when the scope closes
        page = open_page("today/", role="csm")      # below /w/<slug>/; "/styleguide/" is absolute
        page.get_by_role("link", name="Log a call").click()
        assert accessibility_problems(page) == []

Every page opened must end without a console error, a failed request or a violation of the Content
Security Policy; ``page_problems(page)`` lists them, and ``open_page`` fails the test for them.
``page.wait_for_function`` needs eval, which that policy forbids; use ``expect(locator)`` instead.
Screenshots go to the folder named by ``SCREENSHOTS`` where that is set.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cs_platform.core import tenancy

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
_AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_number = itertools.count(1)
_problems: dict[Any, list[str]] = {}


@dataclass
class LiveApp:
    """The running application and one workspace in it with a member of every role."""

    url: str
    workspace: Any
    _cookies: dict[str, str] = field(default_factory=dict)

    def scope(self) -> AbstractContextManager[None]:
        """The scope of the workspace; what is written in it is committed when it closes."""
        return tenancy.scope(self.workspace.pk)

    def member(self, role: str) -> Any:
        """The member of that role."""
        from accounts.models import Membership

        return Membership.objects.select_related("user", "workspace").get(
            workspace=self.workspace, role=role
        )

    def address(self, path: str) -> str:
        """``today/`` is a page of the workspace; what begins with a slash is meant as it is."""
        return self.url + (path if path.startswith("/") else f"/w/{self.workspace.slug}/{path}")

    def session_of(self, role: str) -> str:
        """A session cookie of the member of that role."""
        from django.test import Client

        if role not in self._cookies:
            client = Client()
            client.force_login(self.member(role).user)
            self._cookies[role] = client.cookies["sessionid"].value
        return self._cookies[role]


@pytest.fixture(scope="session")
def _live_server(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.db import connection
    from django.test.testcases import LiveServerThread

    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    with django_db_blocker.unblock():
        thread.start()
        thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        thread.terminate()
        # A browser keeps its connections open, and the thread behind one keeps its database's.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def live_app(_live_server: str, django_db_blocker: Any) -> Iterator[LiveApp]:
    """The application behind a port of this machine, with a fresh workspace."""
    from tests.cast import make_workspace

    with django_db_blocker.unblock():
        yield LiveApp(_live_server, make_workspace(f"live-{os.getpid()}-{next(_number)}"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    from django.db import connections
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.fail(f"browser tests need Chromium at {CHROMIUM} (or set CHROMIUM)")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield chromium
        # Under Playwright's event loop this thread has connections of its own, which end with it.
        connections.close_all()
        chromium.close()


@pytest.fixture
def open_page(live_app: LiveApp, browser: Any) -> Iterator[Callable[..., Any]]:
    """``open_page(path, role=…, language=…, theme=…, width=…)`` → a Playwright page on it.

    ``role=None`` is nobody; ``scripts=False`` a browser without JavaScript.
    """
    contexts = []

    def open_page(
        path: str,
        *,
        role: str | None = "csm",
        language: str = "en",
        theme: str = "light",
        width: int = 1440,
        height: int = 900,
        scripts: bool = True,
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            reduced_motion="reduce",
            locale={"ja": "ja-JP"}.get(language, "en-US"),
        )
        contexts.append(context)
        cookies = {"django_language": language, "theme": theme}
        if role is not None:
            cookies["sessionid"] = live_app.session_of(role)
        context.add_cookies(
            [{"name": k, "value": v, "url": live_app.url} for k, v in cookies.items()]
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        _watch(page)
        page.goto(live_app.address(path))
        settle(page)
        return page

    yield open_page
    found = [
        problem
        for context in contexts
        for page in context.pages
        for problem in _problems.pop(page, [])
    ]
    for context in contexts:
        context.close()
    assert found == []


def settle(page: Any) -> None:
    """Wait for what a loaded page still fetches: charts, and parts that come by themselves."""
    if page.locator("[data-chart], [hx-trigger*=load], [hx-trigger*=revealed]").count():
        page.wait_for_load_state("networkidle")


def _watch(page: Any) -> None:
    problems = _problems.setdefault(page, [])

    def said(message: Any) -> None:
        if message.type in {"error", "warning"}:
            problems.append(f"{message.type}: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    page.on(
        "requestfailed",
        lambda request: (
            request.failure == "net::ERR_ABORTED" or problems.append(f"failed: {request.url}")
        ),
    )


def page_problems(page: Any) -> list[str]:
    """Console errors and warnings, exceptions and failed requests so far, and forget them."""
    found = list(_problems[page])
    _problems[page].clear()
    return found


def accessibility_problems(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 AA, one line per element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # Details of what passes are not wanted, and cost a sixth of the time.
    results = page.evaluate(
        "(rules) => axe.run(document,"
        " {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        _AXE_RULES,
    )
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the whole page in the folder ``SCREENSHOTS``, where that is set."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
