"""What the processes of one local installation share: its directory, secret, servers' addresses.

While the demo runs, it keeps them in ``var/environment.json``, so that ``manage.py`` beside it
speaks to the same servers.
"""

import fcntl
import json
import os
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import IO

from cs_platform.local.files import write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_SHARED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


class AlreadyRunning(RuntimeError):
    """Another process serves the same directory."""


def var_dir() -> Path:
    """The directory of everything that is kept: ``VAR_DIR``, or ``var`` beside the code."""
    return Path(os.environ.get("VAR_DIR", BASE_DIR / "var")).resolve()


def take_possession(var: Path, *, patience: float = 30) -> IO[str]:
    """Be the only supervisor of ``var`` until the returned file is closed.

    Waits for one that is just ending. Raises ``AlreadyRunning`` when it does not end.
    """
    lock = (var / "lock").open("a+")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            if time.monotonic() > deadline or (var / "environment.json").exists():
                lock.close()
                raise AlreadyRunning(
                    f"Already running as process {holder}, with its data in {var}. "
                    f"Stop it with Ctrl-C where it runs, or: kill {holder}"
                ) from None
            time.sleep(0.2)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def publish(var: Path, environment: MutableMapping[str, str]) -> None:
    """Tell ``manage.py`` which servers are running."""
    write_private(
        var / "environment.json", json.dumps({name: environment[name] for name in _SHARED})
    )


def withdraw(var: Path) -> None:
    """Say that nothing is running any more."""
    (var / "environment.json").unlink(missing_ok=True)


def adopt(environment: MutableMapping[str, str]) -> None:
    """Take over the servers of the running demo, unless ``environment`` names some itself."""
    published = var_dir() / "environment.json"
    if any(name in environment for name in _SHARED) or not published.exists():
        return
    environment.update(json.loads(published.read_text(encoding="utf-8")))
