"""Unmodified clients of others, posting to a real server."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cs_platform.core import clock, tenancy
from metrics.usage.models import Event, RejectedEvent
from metrics.usage.rollup import roll_up_usage
from tests.usage.conftest import make_key

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]

SEGMENT = """
import sys
import segment.analytics as analytics
analytics.write_key, analytics.host, analytics.gzip = sys.argv[1], sys.argv[2], True
failures = []
analytics.on_error = lambda error, items: failures.append(error)
analytics.identify("u1", {"name": "Hanako", "email": "hanako@a.example"})
analytics.group("u1", "acct-1", {"name": "Acme"})
for n in range(250):
    analytics.track("u1", "Report created", {"n": n, "言葉": "絵 \\U0001f600"})
analytics.page("u1", "Docs", "Start")
analytics.screen("u1", "App", "Home")
analytics.alias("before", "u1")
analytics.shutdown()
sys.exit(str(failures) if failures else 0)
"""

RUDDER = """
import sys
import rudderstack.analytics as analytics
analytics.write_key, analytics.dataPlaneUrl = sys.argv[1], sys.argv[2]
failures = []
analytics.on_error = lambda error, items: failures.append(error)
analytics.identify("u1", {"name": "Hanako", "email": "hanako@a.example"})
analytics.group("u1", "acct-1", {"name": "Acme"})
for n in range(250):
    analytics.track("u1", "Report created", {"n": n})
analytics.page("u1", "Docs", "Start")
analytics.screen("u1", "App", "Home")
analytics.alias("before", "u1")
analytics.shutdown()
sys.exit(str(failures) if failures else 0)
"""

NODE = """
const { Analytics } = require('@segment/analytics-node')
const [writeKey, host] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 100 })
analytics.on('error', (error) => { console.error(error); process.exitCode = 1 })
analytics.identify({ userId: 'u1', traits: { name: 'Hanako', email: 'hanako@a.example' } })
analytics.group({ userId: 'u1', groupId: 'acct-1', traits: { name: 'Acme' } })
for (let n = 0; n < 250; n++) {
  analytics.track({ userId: 'u1', event: 'Report created', properties: { n } })
}
analytics.page({ userId: 'u1', category: 'Docs', name: 'Start' })
analytics.screen({ userId: 'u1', category: 'App', name: 'Home' })
analytics.alias({ userId: 'u1', previousId: 'before' })
analytics.closeAndFlush({ timeout: 30000 })
"""


def run(client: str, key: str, url: str, folder: Path) -> None:
    if client == "node":
        script, program = folder / "client.cjs", [shutil.which("node")]
        assert program[0], "this test needs Node.js"
        # where require() finds what package.json names
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    else:
        script, program = folder / "client.py", [sys.executable]
    script.write_text({"segment": SEGMENT, "rudder": RUDDER, "node": NODE}[client])
    done = subprocess.run(
        [*program, script, key, url],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("client", ["segment", "rudder", "node"])
def test_an_unmodified_client_delivers_everything(installation, tmp_path, client) -> None:
    workspace = installation.workspace
    key = make_key(workspace)
    web = installation.start_web()
    folder = tmp_path / "client"
    folder.mkdir()
    run(client, key, web.url, folder)
    with tenancy.scope(workspace.pk):
        roll_up_usage(clock.now())
        assert list(RejectedEvent.objects.values_list("code", "message")) == []
        kinds = list(Event.objects.values_list("kind", flat=True))
        assert {kind: kinds.count(kind) for kind in set(kinds)} == {
            "identify": 1,
            "group": 1,
            "track": 250,
            "page": 1,
            "screen": 1,
            "alias": 1,
        }
        accounts = set(Event.objects.filter(user_id="u1").values_list("account_id", flat=True))
        assert len(accounts) == 1
        assert None not in accounts
        numbers = Event.objects.filter(kind="track").values_list("properties__n", flat=True)
        assert sorted(numbers) == list(range(250))
