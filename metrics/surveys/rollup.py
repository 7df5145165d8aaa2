"""From responses to results: what is new or has changed is counted, tagged and added up.

Runs in the worker with the other roll-ups. Killed anywhere, everything is either done or marked.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from accounts.folding import fold
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_start, local_date
from metrics.surveys import scales
from metrics.surveys.models import (
    CountedAnswer,
    Response,
    ResultCalendar,
    ResultMark,
    SurveyCount,
    Theme,
)
from metrics.surveys.theme_rules import pattern

# Marks taken at once: a large import goes on at the next turn, and keeps scoring waiting no longer.
AT_ONCE = 5_000
# Rows of `SurveyCount` that are folded together once there are so many new ones.
UNFOLDED = 200
_THEMES = "themes of comments"
_THEME_SUMS = ("theme_ids", "months", "comments", "good", "middle", "bad")
# The spans of months that the reach of themes is counted for.
REACH_MONTHS = (3, 12, 36)


def has_work() -> bool:
    """Whether the open scope has anything for `roll_up_results` to do."""
    return (
        ResultMark.objects.exists()
        or Theme.objects.filter(is_pending=True).exists()
        or _is_to_be_folded()
        or _calendar_has_changed()
    )


def roll_up_results(now: dt.datetime, *, at_once: int = AT_ONCE) -> int:
    """Bring results of the open scope up to date with the oldest ``at_once`` marks.

    Returns the number of responses looked at. Idempotent; all or nothing with the caller's
    transaction. The cost depends on the people whose answers changed, not on the history. A
    workspace that changes its time zone or fiscal year has everything counted again.
    """
    calendar = _calendar_in_force()
    ids = [row["response_id"] for row in sql.rows("surveys/drain_marks", {"limit": at_once})]
    if ids:
        with theme_changes(ids):
            _count_answers(ids, calendar)
            _put_tags(list(Theme.objects.filter(is_archived=False)), now, response_ids=ids)
    for theme in Theme.objects.filter(is_pending=True):
        tag_everything(theme, now)
        theme.is_pending = False
        theme.save(update_fields=["is_pending"])
    if _is_to_be_folded():
        sql.execute("surveys/fold_counts")
    return len(ids)


def _count_answers(response_ids: Sequence[int], calendar: ResultCalendar) -> None:
    """Count these responses, and their people's others, again."""
    comments = dict(
        Response.objects.filter(pk__in=response_ids)
        .exclude(comment="")
        .values_list("pk", "comment")
    )
    sql.execute(
        "surveys/count_answers",
        {
            "response_ids": list(response_ids),
            "search_texts": [fold(comments.get(pk, "")) for pk in response_ids],
            "zone": calendar.timezone,
            "fiscal_month": calendar.fiscal_month,
            "generation": calendar.generation,
            "currency": current_workspace().currency,
        },
    )


def _is_to_be_folded() -> bool:
    return SurveyCount.objects.filter(is_sum=False).order_by("id")[UNFOLDED:].exists()


def _calendar_has_changed() -> bool:
    workspace = current_workspace()
    known = ResultCalendar.objects.filter(
        timezone=workspace.timezone, fiscal_month=workspace.fiscal_year_start_month
    )
    return not known.exists()


def _calendar_in_force() -> ResultCalendar:
    """The workspace's calendar; where it has changed, all sums begin anew."""
    workspace = current_workspace()
    calendar = ResultCalendar.objects.first() or ResultCalendar(generation=0, timezone="")
    in_force = (workspace.timezone, workspace.fiscal_year_start_month)
    if (calendar.timezone, calendar.fiscal_month) != in_force:
        calendar.timezone, calendar.fiscal_month = in_force
        calendar.generation += 1
        calendar.save()
        if CountedAnswer.objects.exists():
            sql.execute("surveys/forget_sums")
        if SurveyCount.objects.exists():
            sql.execute("surveys/recount_letters", {"zone": calendar.timezone})
    return calendar


def tag_everything(theme: Theme, now: dt.datetime) -> None:
    """Look for a theme's keywords in every comment there is, and count those it is on."""
    sql.execute("accounts/lock_name", {"name": _THEMES})
    _put_tags([theme], now, response_ids=None)
    sql.execute("surveys/count_themes", {"theme_ids": [theme.pk], **_grades()})
    count_reach([theme.pk], now)


def reach_since(months: int, today: dt.date) -> dt.date:
    """When the last ``months`` months began, the running one among them."""
    count = today.year * 12 + today.month - months
    return dt.date(count // 12, count % 12 + 1, 1)


def count_reach(theme_ids: Iterable[int], now: dt.datetime) -> None:
    """Count again which accounts name these themes, and what they pay."""
    zone = current_workspace().timezone
    today = local_date(now, zone)
    since = [day_start(reach_since(months, today), zone) for months in REACH_MONTHS]
    sql.execute(
        "surveys/count_reach",
        {
            "theme_ids": sorted(set(theme_ids)),
            "months": list(REACH_MONTHS),
            "since": since,
            "day": today,
            "now": now,
        },
    )


@contextmanager
def theme_changes(response_ids: Sequence[int]) -> Iterator[None]:
    """Add to the sums of themes what is changed meanwhile of these responses and their themes.

    One at a time, until the transaction ends: what two change at once would be added twice.
    """
    sql.execute("accounts/lock_name", {"name": _THEMES})
    before = _theme_tally(response_ids)
    yield
    changes = _theme_tally(response_ids)
    for key, counts in before.items():
        after = changes.get(key, (0,) * len(counts))
        changes[key] = tuple(now - then for now, then in zip(after, counts, strict=True))
    moved = sorted((key, counts) for key, counts in changes.items() if any(counts))
    if moved:
        columns = map(list, zip(*((*key, *counts) for key, counts in moved), strict=True))
        sql.execute("surveys/add_to_themes", dict(zip(_THEME_SUMS, columns, strict=True)))


def _theme_tally(response_ids: Sequence[int]) -> dict[tuple[int, dt.date], tuple[int, ...]]:
    """Comments, good, middle and bad ones by theme and month, of these responses."""
    rows = sql.rows("surveys/theme_tally", {"response_ids": list(response_ids), **_grades()})
    return {
        (row["theme_id"], row["month"]): tuple(row[name] for name in _THEME_SUMS[2:])
        for row in rows
    }


@cache
def _grades() -> dict[str, list[Any]]:
    """Which grades are good and bad, as the SQL of themes wants it."""
    graded = [
        (scale.kind, scale.highest, score, score in scale.good)
        for scale in (scales.NPS, scales.CSAT, scales.CES5, scales.CES7)
        for score in scale.grades
        if score not in scale.middle
    ]
    names = ("grade_kinds", "grade_scales", "grade_scores", "grade_good")
    return dict(zip(names, map(list, zip(*graded, strict=True)), strict=True))


def _put_tags(
    themes: Sequence[Theme], now: dt.datetime, *, response_ids: Sequence[int] | None
) -> None:
    if not themes:
        return
    # a theme without keywords, or one put away, is spoken of nowhere
    rules = [(theme.pk, "" if theme.is_archived else pattern(theme.keywords)) for theme in themes]
    sql.execute(
        "surveys/tag_comments",
        {
            "theme_ids": [theme_id for theme_id, _rule in rules],
            "patterns": [rule or None for _theme_id, rule in rules],
            "everything": response_ids is None,
            "response_ids": list(response_ids or ()),
            "now": now,
        },
    )
