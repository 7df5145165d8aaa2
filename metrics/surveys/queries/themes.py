"""Themes with their counts, and words that no theme has yet."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Sum

from metrics.surveys.models import CountedAnswer, Response, ResponseTheme, Theme, ThemeFigure
from metrics.surveys.theme_rules import terms

# The newest untagged comments that suggestions are drawn from.
_READ = 3_000
_SUGGESTED = 20
_LEAST = 3


@dataclass(frozen=True)
class ThemeRow:
    """A theme with its comments since a month, by what their authors scored."""

    theme: Theme
    comments: int
    good: int
    middle: int
    bad: int


@dataclass(frozen=True)
class Suggestion:
    """A word that untagged comments have in common, and how many of them."""

    word: str
    comments: int


def theme_rows(*, since: dt.date, until: dt.date | None = None) -> list[ThemeRow]:
    """Every theme, those spoken of most since the month ``since`` first, put-away ones last."""
    span = Q(figures__month__gte=since)
    if until is not None:
        span &= Q(figures__month__lt=until)
    themes = Theme.objects.annotate(
        comments=Sum("figures__comments", filter=span, default=0),
        good=Sum("figures__good", filter=span, default=0),
        middle=Sum("figures__middle", filter=span, default=0),
        bad=Sum("figures__bad", filter=span, default=0),
    ).order_by("is_archived", "-comments", "name")
    return [ThemeRow(t, t.comments, t.good, t.middle, t.bad) for t in themes]


def theme_months(theme: Theme, *, since: dt.date) -> Sequence[ThemeFigure]:
    """A theme's comments by month, oldest first."""
    return list(ThemeFigure.objects.filter(theme=theme, month__gte=since).order_by("month"))


def suggestions() -> list[Suggestion]:
    """Words of the newest untagged comments, each with the number of comments it is in.

    Kanji and katakana runs and Latin words; a word inside a longer one that is as frequent is left
    out.
    """
    tags = ResponseTheme.objects.filter(response=OuterRef("response"), is_removed=False)
    newest = (
        CountedAnswer.objects.exclude(search_text="")
        .filter(~Exists(tags))
        .order_by("-happened_at", "-id")
        .values_list("response_id", flat=True)[:_READ]
    )
    counts: Counter[str] = Counter()
    texts = Response.objects.filter(pk__in=list(newest)).values_list("comment", flat=True)
    for comment in texts:
        counts.update(terms(comment))
    frequent = [(word, n) for word, n in counts.most_common(4 * _SUGGESTED) if n >= _LEAST]
    found = [
        Suggestion(word, n)
        for word, n in frequent
        if not any(word != other and word in other and n <= m for other, m in frequent)
    ]
    return found[:_SUGGESTED]
