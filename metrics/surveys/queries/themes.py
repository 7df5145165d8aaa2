"""Themes with their counts, and words that no theme has yet."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from metrics.surveys.models import (
    CountedAnswer,
    Response,
    ResponseTheme,
    Theme,
    ThemeFigure,
    ThemeReach,
)
from metrics.surveys.rollup import reach_since
from metrics.surveys.theme_rules import terms

# The newest comments, of which the untagged ones are drawn upon for suggestions.
_READ = 1_500
_SUGGESTED = 20
_LEAST = 3


@dataclass(frozen=True)
class ThemeRow:
    """A theme with its comments since a month, by what their authors scored.

    ``reach`` are the accounts that name it and what they pay, as the workers last counted them.
    """

    theme: Theme
    comments: int
    good: int
    middle: int
    bad: int
    reach: ThemeReach | None

    @property
    def accounts(self) -> int:
        """Accounts that name it; 0 where they have not been counted yet."""
        return self.reach.accounts if self.reach else 0

    @property
    def arr(self) -> Decimal:
        """What those accounts pay a year; 0 where it has not been counted yet."""
        return self.reach.arr if self.reach else Decimal()


@dataclass(frozen=True)
class Suggestion:
    """A word that untagged comments have in common, and how many of them."""

    word: str
    comments: int


# What the list of themes can be sorted by.
SORTS = ("comments", "bad", "accounts", "arr")


def theme_rows(*, months: int, today: dt.date, sort: str = "-comments") -> list[ThemeRow]:
    """Every theme with what was said on it in the last ``months`` months (of `REACH_MONTHS`).

    By one of `SORTS`, with ``-`` the largest first; put-away ones last.
    """
    span = Q(figures__month__gte=reach_since(months, today))
    themes = Theme.objects.annotate(
        comments=Sum("figures__comments", filter=span, default=0),
        good=Sum("figures__good", filter=span, default=0),
        middle=Sum("figures__middle", filter=span, default=0),
        bad=Sum("figures__bad", filter=span, default=0),
    )
    reach = {row.theme_id: row for row in ThemeReach.objects.filter(months=months)}
    rows = [ThemeRow(t, t.comments, t.good, t.middle, t.bad, reach.get(t.pk)) for t in themes]
    sign = -1 if sort.startswith("-") else 1
    column = sort.removeprefix("-")
    return sorted(
        rows,
        key=lambda row: (row.theme.is_archived, sign * getattr(row, column), row.theme.name),
    )


def reach_of(theme: Theme, months: int) -> ThemeReach | None:
    """The accounts that name a theme, as last counted; None before they have been."""
    found: ThemeReach | None = ThemeReach.objects.filter(theme=theme, months=months).first()
    return found


def theme_months(theme: Theme, *, since: dt.date) -> Sequence[ThemeFigure]:
    """A theme's comments by month, oldest first."""
    found = ThemeFigure.objects.filter(theme=theme, month__gte=since, comments__gt=0)
    return list(found.order_by("month"))


def suggestions() -> list[Suggestion]:
    """Words of the untagged among the newest comments, each with the number of comments it is in.

    Kanji and katakana runs and Latin words; a word inside a longer one that is as frequent is left
    out.
    """
    newest = list(
        CountedAnswer.objects.exclude(search_text="")
        .order_by("-happened_at", "-id")
        .values_list("response_id", flat=True)[:_READ]
    )
    tagged = ResponseTheme.objects.filter(response_id__in=newest, is_removed=False)
    untagged = set(newest) - set(tagged.values_list("response_id", flat=True))
    counts: Counter[str] = Counter()
    texts = Response.objects.filter(pk__in=untagged).values_list("comment", flat=True)
    for comment in texts:
        counts.update(terms(comment))
    frequent = [(word, n) for word, n in counts.most_common(4 * _SUGGESTED) if n >= _LEAST]
    found = [
        Suggestion(word, n)
        for word, n in frequent
        if not any(word != other and word in other and n <= m for other, m in frequent)
    ]
    return found[:_SUGGESTED]
