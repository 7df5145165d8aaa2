"""Search over accounts and contacts that does not care about kana, width or case."""

from dataclasses import dataclass
from typing import Any

from accounts import folding
from cs_platform.core import sql

# Matches that are ranked: a common word has thousands, and nobody reads past the first screen.
CONSIDERED = 500
MIN_PHONE_DIGITS = 5


@dataclass(frozen=True)
class Found:
    """What a search found, as rows of search_accounts.sql and search_contacts.sql."""

    text: str
    accounts: list[dict[str, Any]]
    contacts: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        return not self.accounts and not self.contacts


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


def _phones(text: str) -> list[str]:
    candidates = {folding.digits(text, country) for country in ("", "JP")}
    return sorted(found for found in candidates if len(found) >= MIN_PHONE_DIGITS)


def search(text: str, *, limit: int) -> Found:
    """The best ``limit`` accounts and contacts for a text as typed; every word must occur."""
    binds = patterns(text)
    if binds is None:
        return Found(text, [], [])
    binds |= {"limit": limit, "considered": CONSIDERED}
    return Found(
        text,
        sql.rows("dashboards/search_accounts", binds),
        sql.rows("dashboards/search_contacts", {**binds, "phones": _phones(text)}),
    )


def matching_accounts(text: str, *, limit: int) -> list[int] | None:
    """Ids of the accounts that match, or None when more than ``limit`` do."""
    binds = patterns(text)
    if binds is None:
        return []
    found = sql.rows("dashboards/matching_accounts", {**binds, "limit": limit + 1})
    return None if len(found) > limit else [row["id"] for row in found]
