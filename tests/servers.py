"""Starts the servers before Django reads its settings; parallel test processes inherit them."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: Any) -> None:
    os.environ.setdefault("SECRET_KEY", "only-for-tests")
    os.environ.setdefault("DEBUG", "1")
    from cs_platform.core.catalogues import compile_catalogues

    compile_catalogues(Path(__file__).resolve().parent.parent)
    if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
        _start_servers(early_config)
    os.environ["REDIS_URL"] = broker_url(0)


def broker_url(number: int) -> str:
    """One of the two databases, 0 or 1, that this test process has to itself in the broker.

    Emptying the cache empties a whole database, so no two processes may share one.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{2 * process + number}").geturl()


def _start_servers(early_config: Any) -> None:
    from cs_platform.local.servers import start_postgres, start_valkey

    # Not pytest's tmp_path: PostgreSQL, running as another user, must be able to enter.
    state = Path(tempfile.mkdtemp(prefix="cs-platform-test-"))
    state.chmod(0o755)
    early_config.add_cleanup(lambda: shutil.rmtree(state, ignore_errors=True))
    fast = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    postgres = start_postgres(state / "postgres", options=fast)
    early_config.add_cleanup(postgres.stop)
    valkey = start_valkey(state / "valkey")
    early_config.add_cleanup(valkey.stop)
    os.environ["DATABASE_URL"] = postgres.url
    os.environ["REDIS_URL"] = valkey.url
