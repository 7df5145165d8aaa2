"""A web process, which starts no worker, asks for documents at the broker the workers listen to."""

import os
import subprocess
import sys

_WEB = """
import cs_platform.wsgi
from cs_platform.documents import tasks
print(tasks.make_reports.app.conf.broker_url)
"""


def test_tasks_asked_for_by_a_page_go_to_our_broker() -> None:
    environment = {**os.environ, "REDIS_URL": "redis://127.0.0.1:4321/7"}
    found = subprocess.run(
        [sys.executable, "-c", _WEB], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "redis://127.0.0.1:4321/7"
