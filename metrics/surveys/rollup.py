"""From responses to results: what is new or has changed is counted, tagged and added up.

Runs in the worker with the other roll-ups. Killed anywhere, everything is either done or marked.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Max, Min

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
    ThemeFigure,
)
from metrics.surveys.theme_rules import pattern

# Marks taken at once: a large import goes on at the next turn, and keeps scoring waiting no longer.
AT_ONCE = 5_000
# Rows of `SurveyCount` that are folded together once there are so many new ones.
UNFOLDED = 200
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
        _count_answers(ids, calendar)
        _tag(ids, now)
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
            Theme.objects.update(is_pending=True)
        if SurveyCount.objects.exists():
            sql.execute("surveys/recount_letters", {"zone": calendar.timezone})
    return calendar


def tag_everything(theme: Theme, now: dt.datetime) -> None:
    """Look for a theme's keywords in every comment there is."""
    _put_tags([theme], now, response_ids=None)
    count_themes([theme.pk], _all_months())
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


def count_themes(theme_ids: Iterable[int], months: Iterable[dt.date]) -> None:
    """Count the comments of these themes in these months (their first days) again."""
    graded = [
        (scale.kind, scale.highest, score, score in scale.good)
        for scale in (scales.NPS, scales.CSAT, scales.CES5, scales.CES7)
        for score in scale.grades
        if score not in scale.middle
    ]
    kinds, highest, scores, good = map(list, zip(*graded, strict=True))
    sql.execute(
        "surveys/count_themes",
        {
            "theme_ids": sorted(set(theme_ids)),
            "months": sorted(set(months)),
            "zone": current_workspace().timezone,
            "grade_kinds": kinds,
            "grade_scales": highest,
            "grade_scores": scores,
            "grade_good": good,
        },
    )


def _tag(response_ids: Sequence[int], now: dt.datetime) -> None:
    themes = list(Theme.objects.filter(is_archived=False))
    if not themes:
        return
    _put_tags(themes, now, response_ids=response_ids)
    zone = current_workspace().timezone
    moments = Response.objects.filter(pk__in=response_ids).exclude(comment="")
    months = {
        local_date(moment, zone).replace(day=1)
        for moment in moments.values_list("happened_at", flat=True)
    }
    if months:
        count_themes([theme.pk for theme in themes], months)


def _put_tags(
    themes: Sequence[Theme], now: dt.datetime, *, response_ids: Sequence[int] | None
) -> None:
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


def _all_months() -> list[dt.date]:
    """The months of comments, and those that themes have been counted in by another calendar."""
    zone = current_workspace().timezone
    found = CountedAnswer.objects.exclude(search_text="").aggregate(
        first=Min("happened_at"), last=Max("happened_at")
    )
    counted = ThemeFigure.objects.values_list("month", flat=True).distinct()
    months = set(counted)
    if found["first"] is not None:
        day, last = (local_date(found[end], zone).replace(day=1) for end in ("first", "last"))
        while day <= last:
            months.add(day)
            day = (day + dt.timedelta(days=31)).replace(day=1)
    return sorted(months)
