import datetime as dt
from zoneinfo import ZoneInfo

from accounts.models import Account, Contact, DirtyAccount
from cs_platform.core import clock, tenancy
from metrics.usage.models import (
    AccountDay,
    AccountDayEvent,
    Event,
    LastUse,
    Source,
    UserDay,
    UserLink,
)
from metrics.usage.rollup import has_work, roll_up_days, roll_up_usage

TOKYO = ZoneInfo("Asia/Tokyo")


def event(user, name, at, group="a", **more):
    return {
        "type": "track",
        "userId": user,
        "event": name,
        "timestamp": at,
        "context": {"groupId": group},
        **more,
    }


def roll_up(workspace):
    with tenancy.scope(workspace.pk):
        return roll_up_usage(clock.now())


def test_whole_tables_of_a_small_history(workspace, post) -> None:
    answer = post(
        "import",
        {
            "batch": [
                event("u1", "Logged In", "2026-03-02T00:00:00+09:00"),
                event("u1", "Report created", "2026-03-02T23:59:59+09:00"),
                event("u2", "Report created", "2026-03-02T12:00:00+09:00"),
                # midnight belongs to the next day
                event("u2", "logged_in", "2026-03-03T00:00:00+09:00"),
                {
                    "type": "page",
                    "anonymousId": "x",
                    "timestamp": "2026-03-03T01:00:00+09:00",
                    "context": {"groupId": "a"},
                },
                event("u1", "Report created", "2026-03-02T12:00:00Z", group="b"),
            ]
        },
    )
    assert answer["X-Events-Accepted"] == "6"
    touched = roll_up(workspace)
    with tenancy.scope(workspace.pk):
        a, b = (Account.objects.get(external_id=ref).pk for ref in "ab")
        assert touched == {a, b}
        second, third = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
        assert sorted(
            AccountDay.objects.values_list(
                "account_id", "day", "known_on", "events", "logins", "users"
            )
        ) == [
            (a, second, second, 3, 1, 2),
            (a, third, third, 2, 1, 1),
            (b, second, second, 1, 0, 1),
        ]
        assert sorted(
            AccountDayEvent.objects.values_list("account_id", "day", "name", "events")
        ) == [
            (a, second, "Logged In", 1),
            (a, second, "Report created", 2),
            (a, third, "logged_in", 1),
            (a, third, "page", 1),
            (b, second, "Report created", 1),
        ]
        assert sorted(
            UserDay.objects.values_list("account_id", "day", "user_id", "events", "logins")
        ) == [
            (a, second, "u1", 2, 1),
            (a, second, "u2", 1, 0),
            (a, third, "u2", 1, 1),
            (b, second, "u1", 1, 0),
        ]
        source = Source.objects.get()
        assert (source.accepted, source.duplicates, source.rejected) == (6, 0, 0)
        assert set(DirtyAccount.objects.values_list("account_id", flat=True)) == {a, b}
        assert not has_work()


def test_late_events_are_added_under_the_day_they_became_known(workspace, post) -> None:
    now = clock.now()
    past = now - dt.timedelta(days=10)
    stamp = past.isoformat()
    post("import", {"batch": [event("u1", "Opened", stamp)]})
    roll_up(workspace)
    post("batch", {"batch": [event("u1", "Opened", stamp), event("u2", "Opened", stamp)]})
    roll_up(workspace)
    day, today = (moment.astimezone(TOKYO).date() for moment in (past, now))
    with tenancy.scope(workspace.pk):
        assert sorted(AccountDay.objects.values_list("day", "known_on", "events", "users")) == [
            (day, day, 1, 1),
            (day, today, 1, 1),
        ]
        assert sorted(UserDay.objects.values_list("user_id", "known_on", "events")) == [
            ("u1", day, 1),
            ("u2", today, 1),
        ]


def test_a_last_use_that_is_taken_away_was_none(workspace, post) -> None:
    days = [dt.date(2026, 3, day) for day in (2, 3, 4)]
    post(
        "import",
        {"batch": [event("u1", "Opened", f"{day}T12:00:00+09:00") for day in days]
         + [event("u2", "Saved", "2026-03-04T13:00:00+09:00")]},
    )  # fmt: skip
    roll_up(workspace)

    def lasts():
        return set(LastUse.objects.values_list("is_user", "key", "last_day"))

    with tenancy.scope(workspace.pk):
        account = Account.objects.get().pk
        assert lasts() == {
            (True, "u1", days[2]), (False, "Opened", days[2]),
            (True, "u2", days[2]), (False, "Saved", days[2]),
        }  # fmt: skip
        # as where a day's border moves with the workspace's zone
        Event.objects.filter(happened_at__gte="2026-03-04T00:00:00+09:00").update(account_id=None)
        roll_up_days([(account, days[2])])
        assert lasts() == {(True, "u1", days[1]), (False, "Opened", days[1])}
        Event.objects.update(account_id=None)
        roll_up_days([(account, day) for day in days[:2]])
        assert lasts() == set()


def test_events_go_to_the_account_their_user_is_linked_to_later(workspace, post) -> None:
    past = "2026-05-01T10:00:00+09:00"
    post("track", {"event": "Opened", "userId": "u1", "timestamp": past})
    post("identify", {"userId": "u1", "traits": {"email": "hanako@a.example", "name": "山田 花子"}})
    roll_up(workspace)
    with tenancy.scope(workspace.pk):
        assert list(Event.objects.values_list("account_id", flat=True)) == [None, None]
    post("group", {"userId": "u1", "groupId": "a", "traits": {"name": "Acme", "plan": "pro"}})
    roll_up(workspace)
    with tenancy.scope(workspace.pk):
        account = Account.objects.get()
        assert (account.name, account.attributes) == ("Acme", {"plan": "pro"})
        assert {e.account_id for e in Event.objects.all()} == {account.pk}
        assert UserLink.objects.get().account_id == account.pk
        contact = Contact.objects.get()
        assert (contact.name, contact.email, contact.user_ids) == (
            "山田 花子",
            "hanako@a.example",
            ["u1"],
        )
        day = AccountDay.objects.get()
        assert (day.day, day.events, day.users) == (dt.date(2026, 5, 1), 1, 1)
        # it was not known before the link was
        assert day.known_on == clock.local_date(clock.now(), workspace.timezone)


def test_a_link_that_comes_late_moves_only_what_waits(workspace, post) -> None:
    def call(kind, day, **fields):
        post(kind, {"userId": "u1", "timestamp": f"2026-05-{day}T10:00:00+09:00", **fields})
        roll_up(workspace)

    call("group", "01", groupId="a")
    call("track", "10", event="Opened")
    call("group", "05", groupId="b")
    call("track", "11", event="Opened")
    with tenancy.scope(workspace.pk):
        names = dict(Account.objects.values_list("pk", "external_id"))
        tracked = Event.objects.filter(kind="track").order_by("happened_at")
        assert [names[event.account_id] for event in tracked] == ["a", "b"]
