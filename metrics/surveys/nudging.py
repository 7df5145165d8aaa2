"""Tell the workers that the surveys of a workspace have news. The sweep is the guarantee."""

import logging

from kombu.exceptions import OperationalError

_log = logging.getLogger(__name__)
_EXPIRES_SECONDS = 60


def wake(workspace_id: int) -> None:
    """Ask for a run of the workspace's surveys now; a broker that is away costs only that."""
    from cs_platform.celery import app

    try:
        app.send_task("surveys.run", args=[workspace_id], expires=_EXPIRES_SECONDS, retry=False)
    except (OperationalError, OSError):
        _log.warning("no nudge for the surveys: the broker is away")
