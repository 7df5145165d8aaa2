"""Accounts by what is typed of them: kana, width and case make no difference."""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Q, Subquery

from accounts import folding
from accounts.models import Account
from cs_platform.core import sql
from cs_platform.core.reading import Among

# Up to here the text's matches are listed first; a text with more of them is so common that
# reading the list in order meets a page of matches at once.
RARE = 5000


def escaped(word: str) -> str:
    """A word as it must be written inside a LIKE pattern to stand for itself."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def folded_words(text: str) -> list[str]:
    """The words of a text as search_text is spelt."""
    return folding.fold(text.replace("\x00", "")).split()


def patterns(text: str) -> dict[str, Any] | None:
    """Binds of the search files for a text as typed; None when nothing is left of it."""
    words = folded_words(text)
    if not words:
        return None
    likes = [f"%{escaped(word)}%" for word in words]
    return {
        "likes": likes,
        "longest": max(likes, key=len),
        "start": f"{escaped(' '.join(words))}%",
    }


def matching_accounts(text: str, *, limit: int) -> list[int] | None:
    """Ids of the accounts that match, or None when more than ``limit`` do."""
    binds = patterns(text)
    if binds is None:
        return []
    found = sql.rows("accounts/matching_accounts", {**binds, "limit": limit + 1})
    return None if len(found) > limit else [row["id"] for row in found]


def text_matches(text: str) -> Q:
    """Rows of accounts whose name, reading or id contains every word of ``text``."""
    ids = matching_accounts(text, limit=RARE)
    if ids is not None:
        return Q(Among(F("account_id"), ids))
    every = Q(*[Q(search_text__contains=word) for word in folded_words(text)])
    # Asked of each row as it is read. As a join the planner, which under row-level security takes
    # every LIKE for rare, would look all matching accounts up first.
    asked = Account.objects.filter(pk=OuterRef("account_id")).values_list(
        ExpressionWrapper(every, output_field=BooleanField())
    )
    return Q(Subquery(asked))
