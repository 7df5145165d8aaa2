"""Comments: found by words, theme, grade and account; a page at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.folding import fold
from cs_platform.core import sql
from cs_platform.core.clock import day_end, day_start
from cs_platform.core.paging import Sort, page_of
from cs_platform.core.tenancy import scope
from metrics.surveys import scales
from metrics.surveys.models import CountedAnswer, FollowUp, ResponseTheme, Survey, Theme

# Comments that are looked up by id; a commoner word is found sooner by reading the newest first.
RARE = 2_000
NEWEST_FIRST = Sort("happened_at", descending=True)
_EXPORT_CHUNK = 1_000


@dataclass(frozen=True)
class CommentFilters:
    """What a list of comments is narrowed down to; empty is everything."""

    text: str = ""
    survey: int | None = None
    kind: str = ""
    group: str = ""
    theme: int | None = None
    untagged: bool = False
    account: int | None = None
    segment: str = ""
    owner: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def comments() -> QuerySet[CountedAnswer]:
    """Every comment with its response, its people and its themes."""
    tags = ResponseTheme.objects.filter(is_removed=False).select_related("theme").order_by("id")
    return (
        CountedAnswer.objects.exclude(search_text="")
        .select_related("response__account", "response__contact", "survey")
        .prefetch_related(
            Prefetch("response__themes", queryset=tags, to_attr="tags"),
            Prefetch("response__follow_ups", queryset=FollowUp.objects.all(), to_attr="loops"),
        )
    )


def filtered(filters: CommentFilters, *, zone: str) -> QuerySet[CountedAnswer]:
    """The comments that pass; days are those of ``zone``."""
    found = comments()
    for name, value in (
        ("survey_id", filters.survey),
        ("kind", filters.kind),
        ("response__account_id", filters.account),
        ("segment", filters.segment),
        ("owner", filters.owner),
    ):
        if value:
            found = found.filter(**{name: value})
    if filters.group:
        found = found.filter(_in_group(filters.group))
    if filters.since:
        found = found.filter(happened_at__gte=day_start(filters.since, zone))
    if filters.until:
        found = found.filter(happened_at__lt=day_end(filters.until, zone))
    if filters.theme:
        found = found.filter(_tagged(theme_id=filters.theme))
    if filters.untagged:
        found = found.filter(~_tagged())
    if filters.text:
        found = _with_words(found, filters.text)
    return found


def newest(survey: Survey | None, *, kind: str = "", limit: int) -> list[CountedAnswer]:
    """The latest comments, of one survey, of a kind, or of all."""
    found = comments()
    if survey is not None:
        found = found.filter(survey=survey)
    if kind:
        found = found.filter(kind=kind)
    return list(found.order_by("-happened_at", "-id")[:limit])


def exported(workspace_id: int, filters: CommentFilters, *, zone: str) -> Iterator[CountedAnswer]:
    """Every comment that passes, in chunks that each open a scope: for streamed exports."""
    cursor: str | None = None
    while True:
        with scope(workspace_id):
            found = page_of(
                filtered(filters, zone=zone), purpose="comments-export", sort=NEWEST_FIRST,
                limit=_EXPORT_CHUNK, cursor=cursor,
            )  # fmt: skip
        yield from found.rows
        cursor = found.next
        if cursor is None:
            return


def words_of(text: str) -> list[str]:
    """The words of a search as comments are folded."""
    return fold(text.replace("\x00", "")).split()


def themes_for_choice() -> list[Theme]:
    """Themes that can be put on a comment, by name."""
    return list(Theme.objects.filter(is_archived=False).order_by("name"))


def _with_words(found: QuerySet[CountedAnswer], text: str) -> QuerySet[CountedAnswer]:
    words = words_of(text)
    if not words:
        return found
    likes = [f"%{_escaped(word)}%" for word in words]
    binds = {"likes": likes, "longest": max(likes, key=len), "limit": RARE + 1}
    ids = [row["id"] for row in sql.rows("surveys/comment_matches", binds)]
    if len(ids) <= RARE:
        return found.filter(pk__in=ids)
    return found.filter(*[Q(search_text__contains=word) for word in words])


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _tagged(**theme: Any) -> Exists:
    return Exists(
        ResponseTheme.objects.filter(response=OuterRef("response"), is_removed=False, **theme)
    )


GROUPS: Sequence[str] = ("good", "middle", "bad")


def _in_group(group: str) -> Q:
    """Answers of the good, the middle or the bad group of whatever scale they are on."""
    found = Q(pk__in=[])
    for scale in (scales.NPS, scales.CSAT, scales.CES5, scales.CES7):
        grades = {
            "good": list(scale.good),
            "middle": list(scale.middle),
            "bad": [g for g in scale.grades if g not in scale.good and g not in scale.middle],
        }[group]
        found |= Q(kind=scale.kind, scale=scale.highest, score__in=grades)
    return found
