import csv
import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from cs_platform.core import clock, tenancy
from metrics.usage.actions import purge_usage
from metrics.usage.models import AccountDay, Event, RejectedEvent, SeenMessage
from metrics.usage.partitions import make_partition, make_partitions_ahead
from metrics.usage.rollup import roll_up_usage

ROWS = [
    {"who": "u1", "firm": "a", "what": "Opened", "at": "2019-05-01T10:00:00+09:00", "pages": 3},
    {"who": "u2", "firm": "a", "what": "Opened", "at": "2019-05-01T11:00:00+09:00", "pages": 4},
    {"who": "u2", "firm": "b", "what": "", "at": "2019-05-02T11:00:00+09:00", "pages": 5},
]
MAPPING = "userId=who,groupId=firm,event=what,timestamp=at"


@pytest.fixture(params=["csv", "jsonl", "parquet"])
def file(request, tmp_path):
    path = tmp_path / f"events.{request.param}"
    if request.param == "csv":
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, ROWS[0])
            writer.writeheader()
            writer.writerows(ROWS)
    elif request.param == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    return path


def test_a_file_is_loaded_once(workspace, file, capsys) -> None:
    arguments = ["load_events", "--workspace", workspace.slug, str(file), "--mapping", MAPPING]
    call_command(*arguments, "--no-progress")
    assert "2 events loaded, 0 were there already, 1 rejected" in capsys.readouterr().out
    call_command(*arguments, "--no-progress")
    assert "0 events loaded, 2 were there already" in capsys.readouterr().out
    with tenancy.scope(workspace.pk):
        roll_up_usage(clock.now())
        day = AccountDay.objects.get()
        assert (day.day, day.known_on, day.events) == (dt.date(2019, 5, 1), dt.date(2019, 5, 1), 2)
        assert Event.objects.first().properties["pages"] in {3, "3"}
        assert RejectedEvent.objects.first().code == "missing_event"


@pytest.mark.parametrize(
    ("name", "mapping", "message"),
    [
        ("events.txt", "", "none of"),
        ("events.csv", "userId=nobody", "no column nobody"),
        ("events.csv", "shoeSize=who", "shoeSize"),
        ("missing.csv", "", "No such file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(workspace, tmp_path, name, mapping, message) -> None:
    (tmp_path / "events.csv").write_text("who\nu1\n")
    (tmp_path / "events.txt").write_text("who\n")
    with pytest.raises(CommandError, match=message):
        call_command(
            "load_events", "--workspace", workspace.slug, str(tmp_path / name),
            "--mapping", mapping, "--no-progress",
        )  # fmt: skip
    with pytest.raises(CommandError, match="no workspace"):
        call_command("load_events", "--workspace", "nowhere", str(tmp_path / name))


def test_a_range_is_rebuilt_from_the_events(workspace, post, capsys) -> None:
    stamp = "2026-02-28T23:30:00+09:00"
    post("import", {"batch": [{"type": "track", "event": "x", "userId": "u", "groupId": "a",
                               "timestamp": stamp}]})  # fmt: skip
    with tenancy.scope(workspace.pk):
        roll_up_usage(clock.now())
        AccountDay.objects.update(events=99)
    type(workspace).objects.filter(pk=workspace.pk).update(timezone="Pacific/Auckland")
    call_command(
        "rollup", "--workspace", workspace.slug, "--from", "2026-02-01", "--to", "2026-03-31"
    )
    assert "2 account-days" in capsys.readouterr().out
    with tenancy.scope(workspace.pk):
        day = AccountDay.objects.get()
    assert (day.day, day.events) == (dt.date(2026, 3, 1), 1)


def test_a_partition_takes_over_what_the_default_one_held(scoped) -> None:
    moment = dt.datetime(1995, 6, 15, tzinfo=dt.UTC)
    with connection.cursor() as cursor:
        for days in (0, 20):
            cursor.execute(
                "INSERT INTO usage_event (workspace_id, kind, name, user_id, account_ref,"
                " happened_at, known_at, is_historical, is_clamped, message_key, properties)"
                " VALUES (%s, 'track', 'x', 'u', '', %s, now(), true, false,"
                " gen_random_uuid(), '{}')",
                [scoped.pk, moment + dt.timedelta(days=days)],
            )

        def partitions() -> list[str]:
            cursor.execute("SELECT tableoid::regclass::text FROM usage_event ORDER BY happened_at")
            return [row[0] for row in cursor.fetchall()]

        assert partitions() == ["usage_event_default", "usage_event_default"]
        assert make_partition(moment.date())
        assert not make_partition(moment.date())
        assert partitions() == ["usage_event_1995_06", "usage_event_default"]


def test_partitions_are_there_ahead_and_only_sane_ones_are_made(db) -> None:
    today = clock.now().date()
    assert make_partitions_ahead(today) == 0
    for month in ("1989-12-01", "2999-01-01", "2026-01-02", None):
        with (
            pytest.raises(DatabaseError, match="not the first day of a month"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT usage_event_make_partition(%s)", [month])


def test_keys_and_rejected_items_are_forgotten_after_90_days(workspace, post) -> None:
    post("batch", {"batch": [{"type": "track", "event": "x", "userId": "u"}, 7]})
    now = clock.now()
    with tenancy.scope(workspace.pk):
        assert purge_usage(now=now + dt.timedelta(days=89)) == 0
        assert purge_usage(now=now + dt.timedelta(days=92)) == 2
        assert not SeenMessage.objects.exists()
        assert Event.objects.count() == 1
