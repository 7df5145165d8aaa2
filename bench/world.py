"""A workspace of any size in seconds: accounts, contracts, conversations and roll-ups, set-based.

The same figures every time: what varies is derived from the ids, not from chance. A workspace that
an earlier run on the same ``DATABASE_URL`` has filled is left as it is.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = (
    "accounts_account",
    "accounts_contractevent",
    "accounts_interaction",
    "accounts_subscription",
    "health_accountcurrent",
    "health_scoreday",
    "usage_accountday",
    "usage_accountdayevent",
    "usage_event",
    "usage_lastuse",
    "usage_userday",
)
_SQL = Path(__file__).parent / "sql"


@contextmanager
def as_owner() -> Iterator[Any]:
    """A cursor of the role that row-level security lets through."""
    from django.db import connection

    from cs_platform.core.database import use_role

    use_role(connection, "owner")
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        use_role(connection, "application")


def text(name: str) -> str:
    """A statement of ``bench/sql``."""
    return (_SQL / f"{name}.sql").read_text()


def fill(workspace: Any, *, accounts: int, days: int = 120, share: int = 15) -> None:
    """Accounts with a contract and three conversations each, used on ``share`` % of ``days`` days.

    One account in twenty has been silent for 50 days. Five event names and up to nine users per
    account; four names and three users on each day of use.
    """
    if is_filled(workspace):
        return
    binds = {"workspace_id": workspace.pk, "accounts": accounts, "days": days, "share": share}
    with as_owner() as cursor:
        cursor.execute(text("fill_accounts"), binds)
        cursor.execute(text("fill_usage"), binds)
    settle()


def is_filled(workspace: Any) -> bool:
    """Whether the workspace has accounts already."""
    from accounts.models import Account
    from cs_platform.core.tenancy import scope

    with scope(workspace.pk):
        return bool(Account.objects.exists())


def fill_history(workspace: Any, *, accounts: int, days: int = 180, share: int = 10) -> None:
    """Accounts as ``fill`` makes them, used through events that the product itself rolls up.

    At 100,000 accounts that is 20 million events on 1.8 million account-days.
    """
    if is_filled(workspace):
        return
    binds = {
        "workspace_id": workspace.pk, "accounts": accounts, "days": days, "share": share,
        "timezone": workspace.timezone,
    }  # fmt: skip
    with as_owner() as cursor:
        cursor.execute(text("fill_accounts"), binds)
        cursor.execute(text("fill_history"), binds)
        cursor.execute("ANALYZE usage_event")
    for ago in range(days + 1, 0, -1):
        _roll_up_day(workspace, ago)
    settle()


def settle() -> None:
    """What autovacuum would have done by the time so many rows had come, or gone, one by one."""
    with as_owner() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _roll_up_day(workspace: Any, ago: int) -> None:
    """One local day of every account, in a transaction of its own."""
    from accounts.models import Account
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.usage.rollup import roll_up_days

    day = clock.local_date(clock.now(), workspace.timezone) - dt.timedelta(days=ago)
    with scope(workspace.pk):
        roll_up_days([(pk, day) for pk in Account.objects.values_list("pk", flat=True)])


def fill_events(workspace: Any, *, accounts: int, days: int, per_day: int) -> None:
    """Accounts with nothing but ``per_day`` events on each of the last ``days`` days."""
    if is_filled(workspace):
        return
    binds = {
        "workspace_id": workspace.pk, "accounts": accounts, "days": days, "per_day": per_day,
        "share": 0,
    }  # fmt: skip
    with as_owner() as cursor:
        cursor.execute(text("fill_accounts"), binds)
        cursor.execute(text("fill_events"), binds)
        cursor.execute("ANALYZE usage_event")


def fill_arrivals(workspace: Any, *, events: int) -> None:
    """Events and message keys as collection leaves them, until the workspace has ``events``."""
    with as_owner() as cursor:
        cursor.execute(text("fill_arrivals"), {"workspace_id": workspace.pk, "events": events})
        cursor.execute("VACUUM ANALYZE usage_event, usage_seenmessage")


def forget_scores(workspace: Any) -> None:
    """Take every score of the workspace away, so that the next scoring writes them all."""
    with as_owner() as cursor:
        cursor.execute(text("forget_scores"), {"workspace_id": workspace.pk})
