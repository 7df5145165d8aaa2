"""One installation and one small world for all journeys: production settings, real processes.

``live_app`` is here what gunicorn serves, so that ``open_page`` opens it; ``world`` says what is in
its workspace. A worker and a scheduler are at work behind it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from cs_platform.core import tenancy
from tests.browser import LiveApp
from tests.journeys.world import FIRMS, World, make_world, post, usage
from tests.live import BASE_DIR, Installation, Process, installation_over_test_database, wait_until
from tests.surveys.smtp import Postbox, Server


@dataclass(frozen=True)
class Running:
    """The installation, its web process and the world it serves."""

    installation: Installation
    web: Process
    world: World
    postbox: Postbox


# the fixture may be asked for again in the same process, after other packages' tests
_number = count(1)


@pytest.fixture(scope="package")
def running(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Web, worker and scheduler over the test database, with every account scored."""
    installation = installation_over_test_database(tmp_path_factory.mktemp("journeys"))
    mail = Server()
    installation.env |= {
        "DEBUG": "0",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail.port),
    }
    collecting = subprocess.Popen(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=BASE_DIR,
        env=installation.env,
    )
    with django_db_blocker.unblock():
        world = make_world(f"kitano-{os.getpid()}-{next(_number)}")
        assert collecting.wait(timeout=120) == 0
        web = installation.start_web()
        # letters are written by the worker, with addresses of this server
        installation.env["PUBLIC_URL"] = web.url
        try:
            assert post(web.url, world.write_key, "import", list(usage())) == 200
            worker = installation.start_worker()
            installation.start_beat()
            wait_until(lambda: _is_scored(world), worker.last_words())
            yield Running(installation, web, world, mail.postbox)
        finally:
            # a browser keeps its connections open, for which a polite end would wait
            web.kill()
            installation.stop()
            mail.stop()


def _is_scored(world: World) -> bool:
    from health.models import AccountCurrent

    with tenancy.scope(world.workspace.pk):
        scored = AccountCurrent.objects.filter(
            score__isnull=False, last_seen_on__isnull=False, mrr__gt=0
        )
        return scored.count() == len(FIRMS)


@pytest.fixture
def live_app(running: Running, django_db_blocker: Any) -> Iterator[LiveApp]:
    """The running installation in place of the thread other browser tests talk to."""
    with django_db_blocker.unblock():
        yield LiveApp(running.web.url, running.world.workspace)


@pytest.fixture
def world(running: Running) -> World:
    """The small firm behind ``live_app``."""
    return running.world
