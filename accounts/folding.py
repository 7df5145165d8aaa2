"""One spelling for text that people search by: width, case, kana and spaces do not matter."""

import re
import unicodedata

import jaconv

# Country calling codes where a number is dialled with a leading 0 inside the country.
_TRUNK_ZERO = {"JP": "81", "GB": "44", "DE": "49", "FR": "33", "AU": "61", "KR": "82", "IN": "91"}
# Countries without it: calling code and length of a national number.
_NO_TRUNK = {"US": ("1", 10), "CA": ("1", 10), "SG": ("65", 8)}
_SHORTEST_NATIONAL = 9


def fold(text: str) -> str:
    """``text`` as search sees it: NFKC, case-folded, hiragana as katakana, spaces squeezed."""
    wide = unicodedata.normalize("NFKC", text)
    return " ".join(jaconv.hira2kata(wide.casefold()).split())


def digits(phone: str, country: str = "") -> str:
    """The digits of a phone number, in international form where it can be told.

    ``+81 3-1234-5678`` and, for ``country="JP"``, ``03-1234-5678`` both give ``81312345678``;
    a number that is neither international nor of a known country keeps its own digits.
    """
    normal = unicodedata.normalize("NFKC", phone).strip()
    found = re.sub(r"\D", "", normal)[:20]
    if normal.startswith("+"):
        return found
    if found.startswith("00") and len(found) > _SHORTEST_NATIONAL:
        return found[2:]
    if found.startswith("0") and country in _TRUNK_ZERO:
        return (_TRUNK_ZERO[country] + found[1:])[:20]
    code, length = _NO_TRUNK.get(country, ("", 0))
    return code + found if len(found) == length else found
