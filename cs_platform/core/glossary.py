"""The glossary: what every figure and word of the product means, in English and Japanese.

One entry per term; pages link to it by its slug with ``{% define "slug" %}``. The text of the
entries is in `cs_platform.core.glossary_entries`, and a formula stands for the one computation.
"""

from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True)
class Text:
    """An entry in one language."""

    term: str
    definition: str
    formula: str = ""


@dataclass(frozen=True)
class Entry:
    """A term, its group on the glossary page and its text per language."""

    slug: str
    group: str
    en: Text
    ja: Text

    @property
    def text(self) -> Text:
        """The entry in the viewer's language."""
        return self.ja if get_language() == "ja" else self.en

    @property
    def other(self) -> Text:
        """The entry in the other language, for teams that speak both."""
        return self.en if get_language() == "ja" else self.ja


def entry(slug: str) -> Entry:
    """The entry named ``slug``. Raises ``LookupError`` where there is none."""
    from cs_platform.core.glossary_entries import ENTRIES

    try:
        return ENTRIES[slug]
    except KeyError:
        raise LookupError(f"no glossary entry named {slug!r}") from None
