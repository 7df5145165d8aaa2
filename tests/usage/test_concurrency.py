"""The same messages, and the same new accounts, from several processes at once."""

import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest

from accounts.models import Account
from cs_platform.core import tenancy
from metrics.usage.models import Event, EventName, SeenMessage
from tests.usage.conftest import basic, make_key

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def test_batches_that_overlap_are_stored_once_and_never_deadlock(installation) -> None:
    workspace = installation.workspace
    key = make_key(workspace)
    web = installation.start_web()
    messages = [
        {
            "type": "track",
            "event": f"Event {n % 40}",
            "userId": f"u{n}",
            "messageId": n,
            "groupId": f"account-{n % 60}",
        }
        for n in range(400)
    ]
    answers: list[tuple[int, int]] = []

    def post(order: list[dict[str, object]]) -> None:
        connection = http.client.HTTPConnection(urlsplit(web.url).netloc, timeout=60)
        body = json.dumps({"batch": order})
        connection.request("POST", "/v1/batch", body, {"Authorization": basic(key)})
        with connection.getresponse() as answer:
            answers.append((answer.status, int(answer.headers["X-Events-Accepted"])))
        connection.close()

    threads = []
    for turn in range(8):
        # each begins elsewhere, half of them run backwards
        order = messages[turn * 50 :] + messages[: turn * 50]
        threads.append(threading.Thread(target=post, args=[order[:: -1 if turn % 2 else 1]]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _accepted in answers] == [200] * 8
    assert sum(accepted for _status, accepted in answers) == 400
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == SeenMessage.objects.count() == 400
        assert Event.objects.filter(account_id=None).count() == 0
        assert Account.objects.count() == 60
        assert EventName.objects.count() == 40
