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
# Comments that are read for words before an index is asked.
PROBE = 1_000
NEWEST_FIRST = Sort("happened_at", descending=True)
_PURPOSE = "comments"
_EXPORT_CHUNK = 1_000
# A trigram is as long; the words of Japanese are often shorter.
_TRIGRAM = 3
# A comment's place in the order of the list.
_Place = tuple[dt.datetime, int]


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


def answers_with_words(account_id: int) -> list[int]:
    """Ids of the newest answers of an account that have a comment, at most ``RARE``.

    Looked up by themselves: joined, all comments would be walked for the few of one account.
    """
    found = Response.objects.filter(account_id=account_id).exclude(comment="")
    return list(found.order_by("-happened_at", "-id").values_list("pk", flat=True)[:RARE])


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


def _narrowed(filters: CommentFilters, *, zone: str) -> tuple[QuerySet[CountedAnswer], bool]:
    """The comments that pass all filters but the words, and whether finding a page of them may
    take reading many that do not pass.
    """
    found = _bounded(CountedAnswer.objects.exclude(search_text=""), filters, zone=zone)
    if filters.account:
        found = found.filter(response_id__in=answers_with_words(filters.account))
    for name, value in (("segment", filters.segment), ("owner", filters.owner)):
        if value:
            found = found.filter(**{name: value})
    if filters.group:
        found = found.filter(_in_group(filters.group))
    if filters.theme:
        found = found.filter(_tagged(theme_id=filters.theme))
    if filters.untagged:
        found = found.filter(~_tagged())
    narrowed = (filters.segment, filters.owner, filters.group, filters.theme, filters.untagged)
    return found, any(narrowed) and not filters.account


def _passing(
    found: QuerySet[CountedAnswer], words: Sequence[str]
) -> tuple[QuerySet[CountedAnswer], bool]:
    """Those of the comments that contain all words, and whether an index knows them."""
    if not words:
        return found, False
    matches = _matches(words)
    if matches is None:
        return _with_words(found, words), False
    return found.filter(pk__in=matches), True


def _with_words(found: QuerySet[CountedAnswer], words: Sequence[str]) -> QuerySet[CountedAnswer]:
    return found.filter(*[Q(search_text__contains=word) for word in words])


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

    def page(rows: QuerySet[CountedAnswer]) -> Page:
        return page_of(
            rows.values("pk", "happened_at"),
            purpose=_PURPOSE,
            sort=NEWEST_FIRST,
            limit=limit,
            cursor=cursor,
        )

    found, is_narrowed = _narrowed(filters, zone=zone)
    words = words_of(filters.text)
    is_forward = at is None or not at.backward
    if words and is_forward:
        # a common word fills the page from the newest; only a rarer one needs its index
        near = _floor(filters, at, zone=zone, comments=PROBE)
        shown = page(_above(_with_words(found, words), near))
        if shown.next is not None:
            return Look(_in_full(shown), shown.next, shown.previous)
    if words:
        found, is_known = _passing(found, words)
        is_narrowed = not is_known
    floor = _floor(filters, at, zone=zone, comments=LOOK) if is_narrowed and is_forward else None
    shown = page(_above(found, floor))
    rows = _in_full(shown)
    if floor is None or shown.next is not None:
        return Look(rows, shown.next, shown.previous)
    further = encode(f"{_PURPOSE}:{NEWEST_FIRST}", Cursor(floor))
    return Look(rows, None, shown.previous, further, floor[0])


def _in_full(page: Page) -> list[CountedAnswer]:
    """The rows of a page, found by their own table alone, with everything that is shown of them."""
    ids = [row["pk"] for row in page.rows]
    rows = {row.pk: row for row in comments().filter(pk__in=ids)}
    return [rows[pk] for pk in ids]


def _floor(
    filters: CommentFilters, at: Cursor | None, *, zone: str, comments: int
) -> _Place | None:
    """The last of so many comments from a cursor on; None where there are no more."""
    rows = _bounded(CountedAnswer.objects.exclude(search_text=""), filters, zone=zone)
    if at is not None:
        moment = CountedAnswer._meta.get_field("happened_at").to_python(at.values[0])
        rows = rows.filter(TupleLessThan(Tuple(F("happened_at"), F("id")), (moment, at.values[1])))
    ends = rows.order_by("-happened_at", "-id").values_list("happened_at", "id")
    last = list(ends[comments - 1 : comments + 1])
    return last[0] if len(last) > 1 else None


def _above(found: QuerySet[CountedAnswer], floor: _Place | None) -> QuerySet[CountedAnswer]:
    if floor is None:
        return found
    at_least: Any = TupleGreaterThanOrEqual(Tuple(F("happened_at"), F("id")), floor)
    return found.filter(at_least)


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
            narrowed, _is_narrowed = _narrowed(filters, zone=zone)
            rows, _is_known = _passing(narrowed, words_of(filters.text))
            found = page_of(
                rows.values("pk", "happened_at"),
                purpose="comments-export", sort=NEWEST_FIRST, limit=_EXPORT_CHUNK, cursor=cursor,
            )  # fmt: skip
            full = _in_full(found)
        yield from full
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
