"""Work of the installation as a whole."""

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "heartbeat"


@shared_task(name="cs_platform.heartbeat")
def heartbeat() -> None:
    """Leave the time where `manage.py doctor` finds it: scheduler, broker and worker live."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=None)
