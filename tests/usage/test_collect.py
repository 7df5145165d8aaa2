import datetime as dt
import gzip
import json

import pytest
from django.test import Client

from accounts.models import Account, ApiKey, AttributeChange, Workspace
from cs_platform.core import clock, tenancy
from metrics.usage.models import DirtyDay, Event, RejectedEvent, UnknownAccount
from metrics.usage.rollup import roll_up_usage
from tests.usage.conftest import basic, make_key

TRACK = {"type": "track", "event": "Opened", "userId": "u1", "groupId": "a", "messageId": "m1"}


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
    assert (mark.account_ids, mark.days) == ([account.pk], [dt.date(2026, 3, 1)])


def test_the_native_endpoint_says_what_became_of_each_item(workspace, post) -> None:
    body = {"events": [TRACK, TRACK, {**TRACK, "messageId": "m2"}, {"userId": "u1"}, 7, TRACK]}
    answer = post("events", body).json()
    assert (answer["accepted"], answer["duplicate"], answer["rejected"]) == (2, 2, 2)
    assert [result["status"] for result in answer["results"]] == [
        "accepted", "duplicate", "accepted", "rejected", "rejected", "duplicate",
    ]  # fmt: skip
    assert [result.get("code") for result in answer["results"]][3:5] == [
        "missing_event",
        "invalid_type",
    ]
    again = post("events", body)
    assert {r["status"] for r in again.json()["results"]} == {"duplicate", "rejected"}
    assert again["X-Events-Duplicate"] == "4"
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == 2
        assert RejectedEvent.objects.count() == 4


def test_a_message_id_counts_once_whatever_its_time_and_key(workspace, post) -> None:
    now = clock.now()
    for hours in (0, 1):
        sent_at = (now - dt.timedelta(hours=hours)).isoformat()
        post("batch", {"batch": [{**TRACK, "timestamp": sent_at}], "sentAt": sent_at})
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == 1
    other = make_key(workspace)
    answer = post("track", TRACK, Authorization=basic(other))
    assert answer["X-Events-Duplicate"] == "1"


def test_without_an_id_the_content_decides(post) -> None:
    item = {"event": "Opened", "userId": "u1", "timestamp": "2026-02-01T00:00:00Z"}
    answers = [post("track", body) for body in (item, item, {**item, "userId": "u2"})]
    assert [answer["X-Events-Accepted"] for answer in answers] == ["1", "0", "1"]


def test_workspaces_do_not_share_message_ids(post, rival_workspace) -> None:
    post("track", TRACK)
    answer = post("track", TRACK, Authorization=basic(make_key(rival_workspace)))
    assert answer["X-Events-Accepted"] == "1"
    with tenancy.scope(rival_workspace.pk):
        assert Event.objects.count() == 1
        assert Account.objects.get().external_id == "a"


def test_times_ahead_are_clamped_and_a_wrong_clock_is_corrected(workspace, post) -> None:
    now = clock.now()
    hour = dt.timedelta(hours=1)
    post("track", {**TRACK, "timestamp": (now + hour).isoformat()})
    skewed = {**TRACK, "messageId": "m2", "timestamp": (now + 2 * hour).isoformat()}
    post("batch", {"batch": [skewed], "sentAt": (now + 3 * hour).isoformat()})
    with tenancy.scope(workspace.pk):
        ahead, corrected = Event.objects.order_by("id")
    assert ahead.is_clamped
    assert ahead.happened_at == ahead.known_at
    assert not corrected.is_clamped
    assert abs(corrected.happened_at - (now - hour)) < dt.timedelta(seconds=30)


def test_an_import_was_known_when_it_happened(workspace, post) -> None:
    post("import", {"batch": [{**TRACK, "timestamp": "2001-02-03T04:05:06Z"}]})
    with tenancy.scope(workspace.pk):
        event = Event.objects.get()
        stage = AttributeChange.objects.get()
    assert event.is_historical
    assert event.known_at == event.happened_at == dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    assert stage.known_at == event.happened_at


def test_unknown_accounts_can_be_held_until_they_exist(workspace, post, cast) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(unknown_accounts="hold")
    post("track", {**TRACK, "timestamp": "2026-02-01T00:00:00Z"})
    now = clock.now()
    with tenancy.scope(workspace.pk):
        assert Account.objects.count() == 0
        assert UnknownAccount.objects.get().external_id == "a"
        roll_up_usage(now)
        assert Event.objects.get().account_id is None
        account = Account.objects.create(external_id="a", name="A", created_at=now, updated_at=now)
        assert roll_up_usage(now) == {account.pk}
        assert Event.objects.get().account_id == account.pk
        assert UnknownAccount.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"batch": {}}', "malformed"),
        (b'{"batch": [NaN}', "malformed"),
        (b'{"batch": NaN}', "malformed"),
        (b'{"batch": [], "sentAt": NaN, "context": 1}', "malformed"),
        (b'{"batch": ["\xff"]}', "invalid_unicode"),
        (b'{"batch": [' + b"[" * 5000 + b"]" * 5000 + b"]}", "too_deep"),
    ],
)
def test_a_body_that_does_not_parse_is_refused_and_kept(workspace, post, body, code) -> None:
    answer = post("batch", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    with tenancy.scope(workspace.pk):
        assert RejectedEvent.objects.get().code == code


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({**TRACK, "properties": {"a": "x\0"}}, "nul_character"),
        ({**TRACK, "properties": {"x\0": 1}}, "nul_character"),
        ({**TRACK, "event": "x\0"}, "nul_character"),
        ({**TRACK, "userId": "x\0"}, "nul_character"),
        ({**TRACK, "properties": {"a": "\ud800"}}, "invalid_unicode"),
        ({**TRACK, "userId": "\udc00"}, "invalid_unicode"),
        ({**TRACK, "properties": {"a": float("inf")}}, "malformed"),
        ({**TRACK, "properties": []}, "invalid_type"),
        ({**TRACK, "properties": "text"}, "invalid_type"),
        ({**TRACK, "userId": {"id": 1}}, "invalid_type"),
        ({**TRACK, "userId": True}, "invalid_type"),
        ({**TRACK, "event": 1}, "invalid_type"),
        ({**TRACK, "event": " "}, "missing_event"),
        ({**TRACK, "event": "x" * 201}, "too_long"),
        ({**TRACK, "groupId": "x" * 201}, "too_long"),
        ({**TRACK, "type": "delete"}, "unknown_type"),
        ({**TRACK, "timestamp": "yesterday"}, "invalid_timestamp"),
        ({**TRACK, "timestamp": "0001-01-01T00:00:00+14:00"}, "invalid_timestamp"),
        ({**TRACK, "timestamp": "1969-12-31T23:59:59Z"}, "timestamp_out_of_range"),
        ({**TRACK, "timestamp": 1e300}, "invalid_timestamp"),
        ({"type": "track", "event": "x"}, "missing_user"),
        ({"type": "group", "userId": "u1"}, "missing_group"),
        ({"type": "alias", "userId": "u1"}, "missing_user"),
        ({**TRACK, "properties": {"a": "x" * 33_000}}, "message_too_large"),
    ],
)
def test_a_bad_item_is_kept_with_its_reason_beside_good_ones(workspace, post, item, code) -> None:
    answer = post("batch", {"batch": [{**TRACK, "messageId": "good"}, item]})
    assert answer.json() == {"success": True}
    assert (answer["X-Events-Accepted"], answer["X-Events-Rejected"]) == ("1", "1")
    with tenancy.scope(workspace.pk):
        rejected = RejectedEvent.objects.get()
    assert (rejected.code, rejected.position) == (code, 1)
    assert len(rejected.body) == 32 * 1024 or json.loads(rejected.body) == item


@pytest.mark.parametrize(
    "properties",
    [b'{"a": 1e400}', b'{"a": ' + b"9" * 5000 + b"}", b'{"a": 0.' + b"0" * 20_000 + b"1}"],
)
def test_numbers_beyond_the_databases_are_refused_alone(workspace, post, properties) -> None:
    good = b'{"type":"track","event":"x","userId":"u","properties":{"a":1e300,"b":"1e999"}}'
    bad = b'{"type":"track","event":"x","userId":"u","properties":' + properties + b"}"
    answer = post("batch", b'{"batch":[' + good + b"," + bad + b"]}")
    assert (answer["X-Events-Accepted"], answer["X-Events-Rejected"]) == ("1", "1")
    with tenancy.scope(workspace.pk):
        assert RejectedEvent.objects.get().code == "number_out_of_range"


def test_deep_properties_are_stored(workspace, post) -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    body = b'{"event":"x","userId":"u","properties":' + deep + b"}"
    assert post("track", body)["X-Events-Accepted"] == "1"


def test_bodies_are_bounded_before_and_after_unpacking(post) -> None:
    big = {**TRACK, "properties": {"a": "x" * 600_000}}
    assert post("batch", {"batch": [big]}).status_code == 413
    packed = {"Content-Encoding": "gzip"}
    assert (
        post("batch", gzip.compress(json.dumps({"batch": [TRACK]}).encode()), **packed)[
            "X-Events-Accepted"
        ]
        == "1"
    )
    bomb = post("batch", gzip.compress(b" " * 200_000_000, 1), **packed)
    assert (bomb.status_code, bomb.json()["code"]) == (413, "body_too_large")
    cut = post("batch", gzip.compress(b'{"batch": []}')[:-4], **packed)
    assert (cut.status_code, cut.json()["code"]) == (400, "invalid_gzip")
    assert post("batch", b"{}", **{"Content-Encoding": "br"}).status_code == 415
    assert post("track", {**TRACK, "properties": {"a": "x" * 40_000}}).status_code == 413
    assert post("batch", {"batch": [0] * 50_001}).status_code == 413
    assert post("import", {"batch": [TRACK] * 6_000}).status_code == 200


def test_keys_are_asked_for(workspace, post) -> None:
    revoked = make_key(workspace)
    ApiKey.objects.filter(prefix=revoked[:12]).update(revoked_at=clock.now())
    wrong = ["", "Basic !!!", "Basic " + "x" * 9, basic(""), basic("wrong"), basic(revoked)]
    for header in wrong:
        answer = post("track", TRACK, Authorization=header)
        assert answer.status_code == 401
        assert {"code", "message", "status", "title"} <= answer.json().keys()
        assert answer["WWW-Authenticate"].startswith("Basic")
    reader = make_key(workspace, "read")
    assert post("track", TRACK, Authorization=basic(reader)).status_code == 403
    writer = make_key(workspace)
    assert post("track", TRACK, Authorization=f"Bearer {writer}").status_code == 200
    assert Client().get("/v1/track").status_code == 405
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == 1


def test_a_key_that_sends_too_much_is_told_to_wait(workspace, post, settings) -> None:
    settings.INGEST_EVENTS_PER_MINUTE = 3
    body = {"batch": [{**TRACK, "messageId": n} for n in range(2)]}
    first, second = post("batch", body), post("batch", body)
    assert (first.status_code, first["RateLimit-Limit"]) == (200, "3")
    assert second.status_code == 429
    assert int(second["Retry-After"]) >= 1
    assert second.json()["code"] == "rate_limited"
    assert second.json()["message"]
    with tenancy.scope(workspace.pk):
        assert Event.objects.count() == 2
