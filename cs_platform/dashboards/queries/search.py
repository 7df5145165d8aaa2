"""Search over accounts and contacts that does not care about kana, width or case."""

from dataclasses import dataclass
from typing import Any

from accounts import folding
from accounts.queries.matching import patterns
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
