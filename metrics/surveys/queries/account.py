"""What the people of one account think: their latest grades, and how these came to be."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from cs_platform.core import sql
from cs_platform.core.clock import day_start, local_date
from metrics.surveys import scales
from metrics.surveys.models import CountedAnswer
from metrics.surveys.queries.comments import answers_with_words, comments
from metrics.surveys.queries.results import Period
from metrics.surveys.scales import Scale
from metrics.surveys.tallies import Tally

# An account's score averages answers no older than this.
WINDOW_DAYS = 365
TREND_DAYS = 730
ANSWERS_READ = 2_000


@dataclass(frozen=True)
class AccountSatisfaction:
    """The account on one scale: its people's latest grades of a year, each person, the quarters.

    ``quarters`` count each person's latest grade in the calendar quarter.
    """

    scale: Scale
    tally: Tally
    people: list[dict[str, Any]]
    quarters: list[Period]


def satisfaction(account_id: int, *, today: dt.date, zone: str) -> list[AccountSatisfaction]:
    """The account on every scale its people have answered on within two years."""
    rows = sql.rows(
        "surveys/account_answers",
        {
            "account_id": account_id,
            "since": day_start(today - dt.timedelta(days=TREND_DAYS - 1), zone),
            "limit": ANSWERS_READ,
        },
    )
    year_ago = day_start(today - dt.timedelta(days=WINDOW_DAYS - 1), zone)
    found = []
    for scale in (scales.NPS, scales.CSAT, scales.CES5, scales.CES7):
        mine = [row for row in rows if (row["kind"], row["scale"]) == (scale.kind, scale.highest)]
        if not mine:
            continue
        latest = [row for row in mine if row["is_latest"]]
        recent = [row for row in latest if row["happened_at"] >= year_ago]
        people = [row | {"tone": _tone(scale, row["score"])} for row in latest]
        tally = Tally(scale, Counter(row["score"] for row in recent))
        found.append(AccountSatisfaction(scale, tally, people, _quarters(scale, mine, zone)))
    return found


def account_comments(account_id: int, *, limit: int) -> list[CountedAnswer]:
    """The account's newest comments with their themes."""
    found = comments().filter(response_id__in=answers_with_words(account_id))
    return list(found.order_by("-happened_at", "-id")[:limit])


def new_answers(*, since: dt.datetime, owner_id: int | None, limit: int) -> list[CountedAnswer]:
    """The newest answers since a moment, of a member's accounts or (None) of all."""
    found = CountedAnswer.objects.filter(happened_at__gte=since).select_related(
        "response__account", "response__contact", "survey"
    )
    if owner_id is not None:
        found = found.filter(response__account__owner_id=owner_id)
    return list(found.order_by("-happened_at", "-id")[:limit])


def _quarters(scale: Scale, rows: list[dict[str, Any]], zone: str) -> list[Period]:
    """Rows are newest first, so a person's first one in a quarter is the latest."""
    seen: set[tuple[dt.date, Any]] = set()
    counts: dict[dt.date, Counter[int]] = defaultdict(Counter)
    for row in rows:
        day = local_date(row["happened_at"], zone)
        quarter = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        person = row["contact_id"] or -row["id"]
        if (quarter, person) not in seen:
            seen.add((quarter, person))
            counts[quarter][row["score"]] += 1
    return [Period(quarter, Tally(scale, counts[quarter])) for quarter in sorted(counts)]


def _tone(scale: Scale, score: int) -> str:
    return ("good", "middle", "bad")[scale.groups.index(scale.group(score))]
