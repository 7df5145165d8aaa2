"""Tasks the product words itself: kept as a key and its words, said in each reader's language.

Whoever reads a task need not be who it was made for, and a worker that makes one speaks for nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

WORDINGS: Mapping[str, Any] = {
    "follow_up": _("%(kind)s %(score)s of %(best)s from %(name)s: contact them"),
    "anonymous_follow_up": _(
        "%(kind)s %(score)s of %(best)s from an anonymous person: contact them"
    ),
}


@dataclass(frozen=True)
class Worded:
    """A title by its key in ``WORDINGS`` and the words it is made with, which are JSON."""

    key: str
    words: Mapping[str, Any]

    def text(self) -> str:
        """The title in the active language."""
        return str(WORDINGS[self.key]) % self.words


def said(title: str, wording: str, words: Mapping[str, Any]) -> str:
    """What a stored task says in the active language: its title, unless the product worded it."""
    return Worded(wording, words).text() if wording else title
