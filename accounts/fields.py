"""What one value of a record may be: the same rules for the API, imports and actions.

A rule turns what came in (text of a file, a JSON value, a form's clean value) into what is stored,
or raises ``BadValue`` with a stable code and a sentence. ``None`` and blank text mean "no value".
"""

import datetime as dt
import functools
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from cs_platform.core.days import out_of_range


class BadValue(ValueError):
    """A value that cannot be stored; ``code`` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Rule(Protocol):
    """How one field is read; ``empty`` is what no value is stored as."""

    @property
    def empty(self) -> Any: ...

    def read(self, value: Any) -> Any: ...


def read(rule: Rule, value: Any) -> Any:
    """``value`` by ``rule``; blank text and None give the rule's ``empty``. Raises BadValue."""
    if value is None or (isinstance(value, str) and not value.strip()):
        if rule.empty is REQUIRED:
            raise BadValue("required", _("This is required."))
        # a fresh container each time: the caller owns what it gets
        return rule.empty.copy() if isinstance(rule.empty, dict | list) else rule.empty
    return rule.read(value)


class _Required:
    """Marks a field that must have a value."""


REQUIRED = _Required()


@dataclass(frozen=True)
class Text:
    """Text of at most ``longest`` characters, trimmed; NUL characters are refused."""

    longest: int = 10_000
    empty: Any = ""

    def read(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise BadValue("not_text", _("This must be text."))
        text = str(value).strip()
        if "\x00" in text:
            raise BadValue("nul_character", _("This contains a NUL character."))
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadValue("bad_character", _("This contains half a character.")) from error
        if len(text) > self.longest:
            raise BadValue(
                "too_long",
                _("This has %(length)d characters; at most %(longest)d are kept.")
                % {"length": len(text), "longest": self.longest},
            )
        return text


@dataclass(frozen=True)
class Choice:
    """One of a closed set of codes, without regard to case."""

    codes: Collection[str]
    empty: Any = ""

    def read(self, value: Any) -> str:
        code = Text(100).read(value).casefold()
        if code not in self.codes:
            raise BadValue(
                "unknown_choice",
                _("“%(value)s” is not one of: %(choices)s.")
                % {"value": code, "choices": ", ".join(sorted(self.codes))},
            )
        return code


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds."""

    least: int = 0
    most: int = 2_147_483_647
    empty: Any = None

    def read(self, value: Any) -> int:
        number = Number(0, Decimal(self.least), Decimal(self.most)).read(value)
        if number != number.to_integral_value():
            raise BadValue("not_whole", _("“%(value)s” is not a whole number.") % {"value": value})
        return int(number)


@dataclass(frozen=True)
class Number:
    """A decimal number rounded half-even to ``places``; thousands separators are understood."""

    places: int = 4
    least: Decimal = Decimal(0)
    most: Decimal = Decimal("99999999999999")
    empty: Any = None

    def read(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise BadValue("not_a_number", _("This must be a number."))
        if isinstance(value, float) and not math.isfinite(value):
            raise BadValue("not_a_number", _("“%(value)s” is not a number.") % {"value": value})
        try:
            number = Decimal(str(value).strip().replace(",", ""))
        except InvalidOperation as error:
            raise BadValue(
                "not_a_number", _("“%(value)s” is not a number.") % {"value": value}
            ) from error
        if not number.is_finite():
            raise BadValue("not_a_number", _("“%(value)s” is not a number.") % {"value": value})
        if not self.least <= number <= self.most:
            raise BadValue(
                "out_of_range",
                _("%(value)s is not between %(least)s and %(most)s.")
                % {"value": value, "least": self.least, "most": self.most},
            )
        if -number.as_tuple().exponent > self.places:  # type: ignore[operator]
            return number if self.places == 0 else round(number, self.places)
        return number


_TRUE = {"true", "t", "yes", "y", "1", "on", "はい", "○"}
_FALSE = {"false", "f", "no", "n", "0", "off", "いいえ", "×"}


@dataclass(frozen=True)
class YesNo:
    """A truth value, or one of the usual words for it."""

    empty: Any = False

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise BadValue("not_yes_or_no", _("“%(value)s” is neither yes nor no.") % {"value": value})


@dataclass(frozen=True)
class Day:
    """A calendar day: ISO 8601, or a ``strptime`` format of the file."""

    empty: Any = None
    format: str = ""

    def read(self, value: Any) -> dt.date:
        day = self._day(value)
        if sentence := out_of_range(day):
            raise BadValue("out_of_range", sentence)
        return day

    def _day(self, value: Any) -> dt.date:
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        text = str(value).strip()
        try:
            if self.format:
                return dt.datetime.strptime(text, self.format).date()  # noqa: DTZ007 - a day has no zone
            return dt.date.fromisoformat(text[:10] if text[10:11] in {"T", " "} else text)
        except ValueError as error:
            raise BadValue(
                "not_a_date",
                _("“%(value)s” is not a date of the form %(format)s.")
                % {"value": text, "format": self.format or "YYYY-MM-DD"},
            ) from error


@dataclass(frozen=True)
class Moment:
    """A point in time, ISO 8601 or a ``strptime`` format; without an offset it is in ``zone``."""

    zone: dt.tzinfo = dt.UTC
    empty: Any = None
    format: str = ""

    def read(self, value: Any) -> dt.datetime:
        if isinstance(value, dt.datetime):
            moment = value
        elif isinstance(value, dt.date):
            moment = dt.datetime.combine(value, dt.time.min)
        else:
            text = str(value).strip()
            try:
                moment = (
                    dt.datetime.strptime(text, self.format)  # noqa: DTZ007 - the zone is put in below
                    if self.format
                    else dt.datetime.fromisoformat(text)
                )
            except ValueError as error:
                raise BadValue(
                    "not_a_time",
                    _("“%(value)s” is not a time of the form %(format)s.")
                    % {"value": text, "format": self.format or "YYYY-MM-DDTHH:MM:SS+09:00"},
                ) from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if sentence := out_of_range(moment):
            raise BadValue("out_of_range", sentence)
        return moment.astimezone(dt.UTC)


@dataclass(frozen=True)
class Email:
    """An e-mail address."""

    empty: Any = ""

    def read(self, value: Any) -> str:
        address = Text(254).read(value)
        try:
            validate_email(address)
        except ValidationError as error:
            raise BadValue(
                "not_an_email", _("“%(value)s” is not an e-mail address.") % {"value": address}
            ) from error
        return address


_is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class WebAddress:
    """An http or https address; a bare host gets https."""

    empty: Any = ""

    def read(self, value: Any) -> str:
        address = Text(300).read(value)
        if "://" not in address:
            address = f"https://{address}"
        try:
            _is_web_address(address)
        except ValidationError as error:
            raise BadValue(
                "not_a_web_address", _("“%(value)s” is not a web address.") % {"value": address}
            ) from error
        return address


@dataclass(frozen=True)
class Country:
    """A country by its two letters (ISO 3166-1)."""

    empty: Any = ""

    def read(self, value: Any) -> str:
        code = Text(100).read(value).upper()
        if len(code) != 2 or not (code.isascii() and code.isalpha()):
            raise BadValue(
                "not_a_country",
                _("“%(value)s” is not a country code of two letters.") % {"value": value},
            )
        return code


@functools.cache
def currencies() -> frozenset[str]:
    """Every ISO 4217 code."""
    return frozenset(list_currencies())


@dataclass(frozen=True)
class Currency:
    """A currency by its three letters (ISO 4217)."""

    empty: Any = ""

    def read(self, value: Any) -> str:
        code = Text(100).read(value).upper()
        if code not in currencies():
            raise BadValue(
                "not_a_currency",
                _("“%(value)s” is not a currency code such as JPY.") % {"value": value},
            )
        return code


@functools.cache
def time_zones() -> frozenset[str]:
    """Every IANA time zone name."""
    return frozenset(available_timezones())


@dataclass(frozen=True)
class TimeZone:
    """An IANA time zone such as ``Asia/Tokyo``."""

    empty: Any = REQUIRED

    def read(self, value: Any) -> str:
        name = Text(64).read(value)
        if name not in time_zones():
            raise BadValue(
                "not_a_time_zone",
                _("“%(value)s” is not a time zone such as Asia/Tokyo.") % {"value": value},
            )
        return name


@dataclass(frozen=True)
class Texts:
    """A list of texts: a JSON list, or text with the items between semicolons."""

    longest: int
    most: int = 100
    empty: Any = field(default_factory=list)

    def read(self, value: Any) -> list[str]:
        items = value.split(";") if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise BadValue("not_a_list", _("This must be a list."))
        if len(items) > self.most:
            raise BadValue("too_many", _("At most %(most)d items are kept.") % {"most": self.most})
        rule = Text(self.longest)
        # as a set, in the order given
        return list(dict.fromkeys(text for text in map(rule.read, items) if text))


_LONGEST_JSON = 32_768
# The escape itself, and not a backslash that is followed by these letters.
_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True)
class Attributes:
    """A JSON object of custom attributes, at most 32 KB."""

    empty: Any = field(default_factory=dict)

    def read(self, value: Any) -> dict[str, Any]:
        try:
            if isinstance(value, str):
                value = json.loads(value)
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
            size = len(text.encode())
        except (TypeError, ValueError, RecursionError) as error:
            raise BadValue("not_json", _("This is not JSON.")) from error
        if not isinstance(value, Mapping):
            raise BadValue("not_an_object", _("This must be a JSON object."))
        if size > _LONGEST_JSON:
            raise BadValue("too_long", _("Custom attributes may hold 32 KB."))
        if _NUL_IN_JSON.search(text):
            raise BadValue("nul_character", _("This contains a NUL character."))
        return dict(value)
