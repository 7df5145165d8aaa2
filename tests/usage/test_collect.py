import datetime as dt

from accounts.models import Account
from cs_platform.core import tenancy
from metrics.usage.models import DirtyDay, Event


def test_a_tracked_event_is_stored_and_its_day_marked(workspace, post) -> None:
    answer = post(
        "track",
        {
            "event": "Report created",
            "userId": 42,
            "context": {"groupId": "acct-1"},
            "timestamp": "2026-03-01T23:30:00+09:00",
            "messageId": "m1",
            "properties": {"pages": 3, "絵文字": "\U0001f600"},
        },
    )
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"success": True}
    with tenancy.scope(workspace.pk):
        event = Event.objects.get()
        account = Account.objects.get()
        mark = DirtyDay.objects.get()
    assert (event.name, event.user_id, event.account_id) == ("Report created", "42", account.pk)
    assert event.happened_at == dt.datetime(2026, 3, 1, 14, 30, tzinfo=dt.UTC)
    assert event.properties == {"pages": 3, "絵文字": "\U0001f600"}
    assert account.is_unconfirmed
    assert (mark.account_id, mark.day) == (account.pk, dt.date(2026, 3, 1))
