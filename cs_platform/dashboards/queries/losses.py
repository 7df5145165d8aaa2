"""What led up to a loss, as it was known at the time."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from accounts.models import Account, AttributeChange
from cs_platform.core import clock, sql
from cs_platform.dashboards.queries.timeline import Moment
from health.models import ScoreDay
from health.queries.explain import history

DAYS = 180
# More than anybody reads of half a year; the page says when it was reached.
MOST_ENTRIES = 400


@dataclass(frozen=True)
class Known:
    """A moment and when we learnt of it. ``is_late``: only once the account was lost."""

    moment: Moment
    known_at: dt.datetime
    is_late: bool


@dataclass(frozen=True)
class LossHistory:
    """The ``DAYS`` days up to the last paid day. ``scores`` are what was said at the time."""

    first_day: dt.date
    last_day: dt.date
    scores: list[ScoreDay]
    entries: list[Known]

    @property
    def in_time(self) -> list[Known]:
        """What could have been acted on."""
        return [entry for entry in self.entries if not entry.is_late]

    @property
    def late(self) -> list[Known]:
        """What became known only when the account was lost."""
        return [entry for entry in self.entries if entry.is_late]

    @property
    def is_cut(self) -> bool:
        """Whether there is more than is shown."""
        return len(self.entries) >= MOST_ENTRIES


def loss_history(
    account: Account, *, last_day: dt.date, zone: str, names: dict[int, str]
) -> LossHistory:
    """The days before a loss. ``last_day`` is the last paid one, in the workspace's ``zone``;
    ``names`` are the members' by membership id. Two queries."""
    first_day = last_day - dt.timedelta(days=DAYS - 1)
    rows = sql.rows(
        "dashboards/loss_history",
        {
            "account_id": account.pk,
            "zone": zone,
            "since": clock.day_start(first_day, zone),
            "until": clock.day_end(last_day, zone),
            "limit": MOST_ENTRIES,
        },
    )
    return LossHistory(
        first_day=first_day,
        last_day=last_day,
        scores=history(account, DAYS, until=last_day),
        entries=[_known(row, names) for row in rows],
    )


def _known(row: dict[str, Any], names: dict[int, str]) -> Known:
    detail: dict[str, Any] = json.loads(row["detail"])
    if row["source"] == "change" and row["kind"] == AttributeChange.Attribute.OWNER:
        detail = {
            side: names.get(int(value), value) if value.isdecimal() else value
            for side, value in detail.items()
        }
    moment = Moment(
        source=row["source"],
        happened_at=row["happened_at"],
        id=row["id"],
        kind=row["kind"],
        member=names.get(row["member_id"], ""),
        detail=detail,
    )
    return Known(moment, row["known_at"], row["is_late"])
