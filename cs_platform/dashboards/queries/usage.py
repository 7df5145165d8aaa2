"""What one account did in the product, out of the roll-ups."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from cs_platform.core import sql

DAYS = 90
WEEKS = 26
FEATURE_WEEKS = 13
# More rows than this make a heat map nobody reads; the table below it has them all.
FEATURES_SHOWN = 20


@dataclass(frozen=True)
class Feature:
    """One event name over the weeks shown."""

    name: str
    events: int
    days: int
    last_week: dt.date
    by_week: dict[dt.date, int]


def monday(day: dt.date) -> dt.date:
    """First day of the week that ``day`` falls in."""
    return day - dt.timedelta(days=day.weekday())


def weeks_until(today: dt.date, count: int) -> list[dt.date]:
    """The last ``count`` Mondays, this week's last."""
    this = monday(today)
    return [this - dt.timedelta(weeks=back) for back in range(count - 1, -1, -1)]


def usage_days(account_id: int, *, today: dt.date, days: int = DAYS) -> list[dict[str, Any]]:
    """Events, log-ins and users of each of the last ``days`` days, zeros included."""
    first = today - dt.timedelta(days=days - 1)
    found = {
        row["day"]: row
        for row in sql.rows(
            "dashboards/usage_days", {"account_id": account_id, "first": first, "last": today}
        )
    }
    nothing = {"events": 0, "logins": 0, "users": 0}
    every = [first + dt.timedelta(days=index) for index in range(days)]
    return [{**nothing, **found.get(day, {}), "day": day} for day in every]


def weekly_users(account_id: int, *, today: dt.date, weeks: int = WEEKS) -> list[dict[str, Any]]:
    """Distinct users of each of the last ``weeks`` weeks, zeros included."""
    mondays = weeks_until(today, weeks)
    found = {
        row["week"]: row["users"]
        for row in sql.rows(
            "dashboards/usage_weekly_users",
            {"account_id": account_id, "first": mondays[0], "last": today},
        )
    }
    return [{"week": week, "users": found.get(week, 0)} for week in mondays]


def features(account_id: int, *, today: dt.date, weeks: int = FEATURE_WEEKS) -> list[Feature]:
    """Every event name used in the last ``weeks`` weeks, the most used first."""
    mondays = weeks_until(today, weeks)
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sql.rows(
        "dashboards/usage_features",
        {"account_id": account_id, "first": mondays[0], "last": today},
    ):
        by_name[row["name"]].append(row)
    found = [
        Feature(
            name=name,
            events=int(sum(row["events"] for row in rows)),
            days=int(sum(row["days"] for row in rows)),
            last_week=rows[-1]["week"],
            by_week={row["week"]: int(row["events"]) for row in rows},
        )
        for name, rows in by_name.items()
    ]
    return sorted(found, key=lambda feature: (-feature.events, feature.name))
