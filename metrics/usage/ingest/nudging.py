"""Tell the workers that a workspace has news: soon, at most twice a second, and never in the way.

The worker's sweep is the guarantee; a nudge only makes it sooner. So it happens in a thread of
its own, after the answer's commit: requests only leave a note, and the broker is spoken to twice a
second however many they are.
"""

import logging
import os
import threading
import time

import redis
from django.conf import settings
from django.db import connection

_log = logging.getLogger(__name__)
TASK = "cs_platform.refresh_workspace"
_EVERY_MILLISECONDS = 500
_TIMEOUT_SECONDS = 1
_PAUSE_SECONDS = 5


class _Nudger:
    """A thread that works through the workspaces to be nudged, then rests for a while."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.waiting: set[tuple[str, int]] = set()
        self.is_waited_for = threading.Event()
        self.redis = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
        )
        threading.Thread(target=self._run, name="nudger", daemon=True).start()

    def add(self, database: str, workspace_id: int) -> None:
        self.waiting.add((database, workspace_id))
        if not self.is_waited_for.is_set():
            self.is_waited_for.set()

    def _run(self) -> None:
        while True:
            self.is_waited_for.wait()
            # Cleared first: who is added from here on is either among the waiting or sets it again.
            self.is_waited_for.clear()
            try:
                while self.waiting:
                    self._nudge(*self.waiting.pop())
            except Exception:
                # Whatever it was, the sweep will find the work.
                _log.warning("no nudges for %s s: the broker is away", _PAUSE_SECONDS)
                time.sleep(_PAUSE_SECONDS)
            time.sleep(_EVERY_MILLISECONDS / 1000)

    def _nudge(self, database: str, workspace_id: int) -> None:
        from cs_platform.celery import app

        # Installations may share a server.
        name = f"nudge:{database}:{workspace_id}"
        if self.redis.set(name, 1, nx=True, px=_EVERY_MILLISECONDS):
            app.send_task(TASK, args=[workspace_id], queue="score", retry=False)


_lock = threading.Lock()
_nudger: _Nudger | None = None


def nudge(workspace_id: int) -> None:
    """Ask for a refresh of the workspace; returns at once and never fails."""
    global _nudger  # noqa: PLW0603  # one thread per process, started by the first nudge
    if _nudger is None or _nudger.process != os.getpid():
        with _lock:
            if _nudger is None or _nudger.process != os.getpid():
                _nudger = _Nudger()
    _nudger.add(connection.settings_dict["NAME"], workspace_id)
