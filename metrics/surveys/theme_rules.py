"""Which words of a comment mean which theme. Pure: text and patterns, no database."""

import re
import unicodedata
from collections.abc import Iterable

from accounts.folding import fold

# A word of the Latin alphabet begins where it is written, so that "app" is not in "happy".
_WORD_START = "(^|[^a-z0-9])"


def keywords_of(text: str) -> list[str]:
    """Words and phrases as typed, one a line or separated by commas, folded, without repetition."""
    parts = re.split(r"[\n,、，;；]", text.replace("\x00", ""))
    return list(dict.fromkeys(word for part in parts if (word := fold(part))))


def pattern(keywords: Iterable[str]) -> str:
    """A regular expression, for PostgreSQL and Python alike, that finds any of the keywords in
    folded text; '' where there are none.

    Keywords that begin with a Latin letter or a digit match at the start of a word, with any
    ending; others (Japanese) anywhere.
    """
    found = []
    for keyword in keywords:
        folded = fold(keyword)
        if folded:
            start = _WORD_START if re.match(r"[a-z0-9]", folded) else ""
            found.append(start + re.sub(r"([.^$*+?()\[\]{}|\\-])", r"\\\1", folded))
    return "|".join(found)


# Runs of kanji or katakana are words often enough; hiragana between them is grammar.
_TERM = re.compile(r"[㐀-鿿々]{2,8}|[ァ-ヴー]{3,15}|[a-z][a-z'-]{2,20}")
_COMMON_WORDS = (
    "the and for are but not you all any can had has have her was one our out day get him his "
    "how man new now old see two way who its let say she too use that with this from they will "
    "would there their what about which when make like time just know take into your some "
    "could them than then look only come over think also back after even want because these "
    "give should must most very been more much really does did were don't it's i'm well good great "
    "bad nice okay thanks thank please still always never every many other quite lot bit "
    "今回 対応 担当 以上 特 非常 大変 本当 全体 部分 場合 必要 可能 是非 "
    "少々 現在 今後 弊社 御社 貴社"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def terms(comment: str) -> set[str]:
    """What a comment might be about: runs of kanji, runs of katakana, Latin words.

    No dictionary: what is no word is rare, and the frequency of real words drowns it.
    """
    text = unicodedata.normalize("NFKC", comment).casefold()
    return {term for term in _TERM.findall(text) if term not in _COMMON}
