"""Comments: found by words, theme, grade and account; a page at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThanOrEqual, TupleLessThan

from accounts.folding import fold
from cs_platform.core import sql
from cs_platform.core.clock import day_end, day_start
from cs_platform.core.paging import BadCursor, Cursor, Page, Sort, decode, encode, page_of
from cs_platform.core.tenancy import scope
from metrics.surveys import scales
from metrics.surveys.models import CountedAnswer, FollowUp, Response, ResponseTheme, Survey, Theme

# Comments that are looked up by id; a commoner word is found sooner by reading the newest first.
RARE = 2_000
# Comments that one look goes through where no index knows which of them pass.
LOOK = 10_000
NEWEST_FIRST = Sort("happened_at", descending=True)
_PURPOSE = "comments"
_EXPORT_CHUNK = 1_000
# A trigram is as long; the words of Japanese are often shorter.
_TRIGRAM = 3


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


def _bounded(
    found: QuerySet[CountedAnswer], filters: CommentFilters, *, zone: str
) -> QuerySet[CountedAnswer]:
    """What indexes in the order of the list narrow down by themselves."""
    if filters.survey:
        found = found.filter(survey_id=filters.survey)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.since:
        found = found.filter(happened_at__gte=day_start(filters.since, zone))
    if filters.until:
        found = found.filter(happened_at__lt=day_end(filters.until, zone))
    return found


def _passing(filters: CommentFilters, *, zone: str) -> tuple[QuerySet[CountedAnswer], bool]:
    """The comments that pass, and whether an index knows all of them."""
    found = _bounded(CountedAnswer.objects.exclude(search_text=""), filters, zone=zone)
    if filters.account:
        answers = Response.objects.filter(account_id=filters.account).exclude(comment="")
        found = found.filter(response_id__in=list(answers.values_list("pk", flat=True)[:RARE]))
    for name, value in (("segment", filters.segment), ("owner", filters.owner)):
        if value:
            found = found.filter(**{name: value})
    if filters.group:
        found = found.filter(_in_group(filters.group))
    if filters.theme:
        found = found.filter(_tagged(theme_id=filters.theme))
    if filters.untagged:
        found = found.filter(~_tagged())
    words = words_of(filters.text)
    if words:
        matches = _matches(words)
        if matches is not None:
            return found.filter(pk__in=matches), True
        found = found.filter(*[Q(search_text__contains=word) for word in words])
    narrowed = (filters.segment, filters.owner, filters.group, filters.theme, filters.untagged)
    return found, bool(filters.account) or not (any(narrowed) or words)


@dataclass(frozen=True)
class Look:
    """A page of comments, and how far the look for them went.

    Where a page is not full and older comments have not been looked at, ``further`` is the cursor
    to go on from and ``back_to`` the moment the look went back to.
    """

    rows: list[CountedAnswer]
    next_cursor: str | None
    previous_cursor: str | None
    further: str | None = None
    back_to: dt.datetime | None = None


def look(filters: CommentFilters, *, zone: str, cursor: str | None, limit: int) -> Look:
    """A page of the comments that pass, newest first.

    One look reads a bounded number of comments, however many there are and however few pass.
    """
    try:
        at = decode(f"{_PURPOSE}:{NEWEST_FIRST}", cursor) if cursor else None
    except BadCursor:
        at = cursor = None
    found, is_looked_up = _passing(filters, zone=zone)
    floor = None
    if not is_looked_up and not (at and at.backward):
        floor = _floor(filters, at, zone=zone)
    if floor is not None:
        found = found.filter(_at_least(floor))

    shown = page_of(
        found.values("id", "happened_at"),
        purpose=_PURPOSE,
        sort=NEWEST_FIRST,
        limit=limit,
        cursor=cursor,
    )
    rows = _in_full(shown)
    if floor is None or shown.next is not None:
        return Look(rows, shown.next, shown.previous)
    further = encode(f"{_PURPOSE}:{NEWEST_FIRST}", Cursor(floor))
    return Look(rows, None, shown.previous, further, floor[0])


def _in_full(page: Page) -> list[CountedAnswer]:
    """The rows of a page, found by their own table alone, with everything that is shown of them."""
    ids = [row["id"] for row in page.rows]
    rows = {row.pk: row for row in comments().filter(pk__in=ids)}
    return [rows[pk] for pk in ids]


def _floor(
    filters: CommentFilters, at: Cursor | None, *, zone: str
) -> tuple[dt.datetime, int] | None:
    """The last comment of a look that begins at a cursor; None where it reaches the end."""
    rows = _bounded(CountedAnswer.objects.exclude(search_text=""), filters, zone=zone)
    if at is not None:
        moment = CountedAnswer._meta.get_field("happened_at").to_python(at.values[0])
        rows = rows.filter(TupleLessThan(Tuple(F("happened_at"), F("id")), (moment, at.values[1])))
    ends = rows.order_by("-happened_at", "-id").values_list("happened_at", "id")
    last = list(ends[LOOK - 1 : LOOK + 1])
    return last[0] if len(last) > 1 else None


def _at_least(floor: tuple[dt.datetime, int]) -> Any:
    return TupleGreaterThanOrEqual(Tuple(F("happened_at"), F("id")), floor)


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
                _passing(filters, zone=zone)[0].values("id", "happened_at"),
                purpose="comments-export", sort=NEWEST_FIRST, limit=_EXPORT_CHUNK, cursor=cursor,
            )  # fmt: skip
            rows = _in_full(found)
        yield from rows
        cursor = found.next
        if cursor is None:
            return


def words_of(text: str) -> list[str]:
    """The words of a search as comments are folded."""
    return fold(text.replace("\x00", "")).split()


def themes_for_choice() -> list[Theme]:
    """Themes that can be put on a comment, by name."""
    return list(Theme.objects.filter(is_archived=False).order_by("name"))


def _matches(words: Sequence[str]) -> list[int] | None:
    """Ids of the comments with all of these words.

    None where they are too many to be looked up by id, or no index knows such short words.
    """
    binds: dict[str, Any] = {
        "likes": [f"%{_escaped(word)}%" for word in words], "limit": RARE + 1,
    }  # fmt: skip
    longest = max(words, key=len)
    pairs = [pair for word in words for pair in _pairs(word)]
    if len(longest) >= _TRIGRAM:
        name, binds["longest"] = "surveys/comment_matches", f"%{_escaped(longest)}%"
    elif pairs:
        name, binds["pairs"] = "surveys/comment_bigrams", pairs
    else:
        return None
    ids = [row["id"] for row in sql.rows(name, binds)]
    return ids if len(ids) <= RARE else None


def _pairs(word: str) -> list[str]:
    """Neighbouring characters of a word as the index of bigrams keeps them."""
    pairs = [word[place : place + 2] for place in range(len(word) - 1)]
    return [pair for pair in pairs if not pair.isascii()]


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
