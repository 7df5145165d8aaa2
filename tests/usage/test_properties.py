"""Whatever comes in: the parser answers for every item, and the sums add up."""

import datetime as dt
import json

from django.db import connection
from django.db.models import Max, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cs_platform.core import sql, tenancy
from metrics.usage.ingest.load import Sender, load_events
from metrics.usage.ingest.parse import Malformed, Reading, parse_body
from metrics.usage.models import AccountDay, AccountDayEvent, Event, LastUse, UserDay
from metrics.usage.rollup import roll_up_usage
from tests.cast import make_workspace

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
FIELDS = [
    "type", "event", "name", "userId", "anonymousId", "groupId", "messageId", "timestamp",
    "sentAt", "properties", "traits", "context", "previousId",
]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
wild = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), json_values, max_size=8)
near = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify", "group", "alias"])},
    optional={
        "event": st.text(min_size=1, max_size=20),
        "userId": st.text(max_size=10) | st.integers(),
        "groupId": st.text(max_size=10) | st.integers(),
        "messageId": st.text(max_size=10),
        "timestamp": st.datetimes().map(dt.datetime.isoformat) | st.text(max_size=20),
        "properties": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
        "traits": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    },
)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_batch_or_are_refused(body: bytes) -> None:
    try:
        parsed = parse_body(body, Reading(1, NOW))
    except Malformed:
        return
    assert len(parsed.rows) + len(parsed.rejected) + len(parsed.repeated) == parsed.size


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(wild | near | json_values, max_size=8))
def test_whatever_the_parser_accepts_postgresql_stores(scoped, items) -> None:
    sender = Sender(scoped.pk, "Asia/Tokyo", "create", "tests")
    with_id = [
        {**item, "messageId": f"{Event.objects.count()}-{n}"} if isinstance(item, dict) else item
        for n, item in enumerate(items)
    ]
    parsed = parse_body(json.dumps({"batch": with_id}).encode(), Reading(scoped.pk, NOW))
    assert len(parsed.rows) + len(parsed.rejected) == parsed.size == len(items)
    before = Event.objects.count()
    loaded = load_events(parsed, sender=sender, endpoint="batch", received_at=NOW)
    assert loaded.accepted == len(parsed.rows) - len(loaded.duplicate_keys)
    assert Event.objects.count() == before + loaded.accepted
    roll_up_usage(NOW)


usage = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["u1", "u2", "u3", ""]),
    st.sampled_from(["Logged In", "Opened", "Saved"]),
    st.integers(0, 60),
    st.booleans(),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(
    st.lists(st.lists(usage, max_size=12), min_size=1, max_size=4),
    st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe"]),
)
def test_roll_ups_equal_the_raw_sums(db, batches, zone) -> None:
    workspace = make_workspace(f"sums-{dt.datetime.now(dt.UTC):%H%M%S%f}", timezone=zone)
    with tenancy.scope(workspace.pk):
        sender = Sender(workspace.pk, zone, "create", "tests")
        for batch in batches:
            items = [
                {
                    "type": "track",
                    "event": name,
                    "userId": user,
                    "groupId": account,
                    # around a change to winter time
                    "timestamp": (NOW - dt.timedelta(hours=hours)).isoformat(),
                }
                for account, user, name, hours, _flag in batch
            ]
            parsed = parse_body(
                json.dumps({"batch": items}).encode(),
                Reading(workspace.pk, NOW, is_historical=any(flag for *_rest, flag in batch)),
            )
            load_events(parsed, sender=sender, endpoint="batch", received_at=NOW)
            roll_up_usage(NOW)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT account_id, (happened_at AT TIME ZONE %s)::date AS day, count(*),"
                " count(*) FILTER (WHERE name = 'Logged In'),"
                " count(DISTINCT user_id) FILTER (WHERE user_id <> '')"
                " FROM usage_event GROUP BY 1, 2 ORDER BY 1, 2",
                [zone],
            )
            raw = [tuple(row) for row in cursor.fetchall()]
        rolled: dict[tuple[int, dt.date], list[int]] = {}
        for row in AccountDay.objects.order_by("account_id", "day"):
            sums = rolled.setdefault((row.account_id, row.day), [0, 0, 0])
            for n, value in enumerate((row.events, row.logins, row.users)):
                sums[n] += value
        assert [(*key, *sums) for key, sums in sorted(rolled.items())] == raw
        assert sum(row.events for row in AccountDayEvent.objects.all()) == Event.objects.count()
        assert UserDay.objects.count() == sum(users for *_rest, users in raw)
        lasts = {
            *UserDay.objects.values_list("account_id", Value(True), "user_id").annotate(Max("day")),
            *AccountDayEvent.objects.values_list("account_id", Value(False), "name").annotate(
                Max("day")
            ),
        }
        found = LastUse.objects.values_list("account_id", "is_user", "key", "last_day")
        assert lasts == set(found)
        assert sql.rows("usage/drain_days") == []
