"""Numbers, money, shares, dates and times as the viewer's language writes them.

The language is the active one; times are shown in the active time zone, which is the workspace's
on every page below ``/w/<slug>/``. A missing value is an em dash, never a zero.
"""

import datetime as dt
import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from babel import Locale, dates, numbers
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext

from cs_platform.core import clock

register = template.Library()

MISSING = "—"
_MINUS = "\N{MINUS SIGN}"
_MOMENT = {"en": "MMM d, y, HH:mm", "ja": "y/MM/dd HH:mm"}


def viewer_locale() -> Locale:
    """Babel's locale of the active language."""
    return _locale(get_language() or "en")


# A list shows hundreds of numbers; reading the locale and the pattern took longer than using them.
@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@functools.cache
def _pattern(decimals: int, suffix: str = "") -> numbers.NumberPattern:
    return numbers.parse_pattern("#,##0" + ("." + "0" * decimals if decimals else "") + suffix)


def _is_missing(value: Any) -> bool:
    return value is None or value == ""


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


@register.filter
def number(value: Any, decimals: int = 0) -> str:
    """1234.5 → 1,235 (or 1,234.5 with one decimal), halves rounded to even."""
    if _is_missing(value):
        return MISSING
    text = numbers.format_decimal(_decimal(value), _pattern(int(decimals)), viewer_locale())
    return text.replace("-", _MINUS)


@register.filter
def signed(value: Any, decimals: int = 0) -> str:
    """A change: +3.2, −1.5 with a real minus sign, and 0.0 without a sign."""
    if _is_missing(value):
        return MISSING
    rounded = round(_decimal(value), int(decimals))
    return ("+" if rounded > 0 else "") + number(rounded if rounded else abs(rounded), decimals)


@register.filter
def percent(value: Any, decimals: int = 0) -> str:
    """A share of one as a percentage: 0.256 → 26%."""
    if _is_missing(value):
        return MISSING
    text = numbers.format_percent(_decimal(value), _pattern(int(decimals), "%"), viewer_locale())
    return text.replace("-", _MINUS)


@register.filter
def exchange_rate(value: Decimal | None) -> str:
    """What one unit is worth, with two decimals at least: 161.60 or 0.006189."""
    if _is_missing(value):
        return MISSING
    return numbers.format_decimal(_decimal(value), "#,##0.00######", viewer_locale())


@register.filter
def points(value: Any, decimals: int = 1) -> str:
    """A change between two shares of one, in percentage points: 0.012 → +1.2 pt."""
    if _is_missing(value):
        return MISSING
    # Translators: a change in percentage points, such as "+1.2 pt".
    return pgettext("percentage points", "%s pt") % signed(_decimal(value) * 100, decimals)


@register.filter
def money(value: Any, currency: str) -> str:
    """An amount with its currency's symbol and its usual number of decimals."""
    if _is_missing(value):
        return MISSING
    text = numbers.format_currency(_decimal(value), currency, locale=viewer_locale())
    return text.replace("-", _MINUS)


@register.filter
def money_short(value: Any, currency: str) -> str:
    """An amount to three figures for a card or an axis: $1.23M, ￥123万."""
    if _is_missing(value):
        return MISSING
    amount = _decimal(value)
    if abs(amount) < 10_000:
        return money(amount, currency)
    text = numbers.format_compact_currency(
        amount, currency, locale=viewer_locale(), fraction_digits=1
    )
    return text.replace("-", _MINUS)


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """A calendar day: Nov 3, 2026 or 2026/11/03. A moment falls on its local day."""
    if _is_missing(value):
        return MISSING
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    return dates.format_date(value, "medium", locale=viewer_locale())


@register.filter
def day_short(value: dt.date | dt.datetime | None) -> str:
    """A day of this year without its year: Nov 3 or 11月3日; another year's in full."""
    if _is_missing(value):
        return MISSING
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    if value.year != timezone.localtime(clock.now()).year:  # type: ignore[union-attr]
        return day(value)
    return dates.format_skeleton("MMMd", value, locale=viewer_locale())


@register.filter
def month(value: dt.date | None) -> str:
    """The month a day is in: September 2026 or 2026年9月."""
    if _is_missing(value):
        return MISSING
    return dates.format_skeleton("yMMMM", value, locale=viewer_locale())


@register.filter
def month_short(value: dt.date | None) -> str:
    """The month a day is in, for an axis or a column: Sep 2026 or 2026年9月."""
    if _is_missing(value):
        return MISSING
    return dates.format_skeleton("yMMM", value, locale=viewer_locale())


@register.filter
def moment(value: dt.datetime | None) -> str:
    """A moment to the minute, on the 24-hour clock, in the active time zone."""
    if _is_missing(value):
        return MISSING
    local = timezone.localtime(value).replace(tzinfo=None)
    locale = viewer_locale()
    return dates.format_datetime(local, _MOMENT[locale.language], locale=locale)


@register.filter
def clock_time(value: dt.datetime | None) -> str:
    """The time of day to the second, for "as of 09:15:02"."""
    return MISSING if value is None else f"{timezone.localtime(value):%H:%M:%S}"


@register.filter
def ago(value: dt.date | dt.datetime | None) -> str | SafeString:
    """How long ago (or in how long), as a ``<time>`` with the exact moment as its title.

    Whole days are counted up to two months, because deadlines are.
    """
    if value is None or value == "":
        return MISSING
    now = clock.now()
    if isinstance(value, dt.datetime):
        distance, exact = value - now, moment(value)
    else:
        distance, exact = value - timezone.localtime(now).date(), day(value)
    if not distance:
        text = pgettext("relative day", "today")
    elif dt.timedelta(days=1) <= abs(distance) <= dt.timedelta(days=60):
        text = _relative(distance, granularity="day", threshold=100)
    else:
        text = _relative(distance, granularity="second", threshold=1.5)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, text)


def _relative(distance: dt.timedelta, *, granularity: Any, threshold: float) -> str:
    text = dates.format_timedelta(
        distance, granularity, threshold, add_direction=True, locale=viewer_locale()
    )
    # CLDR sets off Japanese figures by a space, which newspapers and our own pages do not.
    return text.replace(" ", "") if get_language() == "ja" else text


@register.filter
def labelled(label: Any, text: Any) -> str:
    """A label before its text, as the language punctuates it: "Due: today", 期限：今日."""
    return pgettext("label before a text", "%(label)s: %(text)s") % {"label": label, "text": text}


@register.filter
def listed(members: Iterable[Any]) -> str:
    """The members of a list beside each other: English, Japanese; 英語、日本語."""
    return pgettext("between the members of a list", ", ").join(str(member) for member in members)


# How customers are looked after, by the field's usual codes; any other tier is shown as it is.
TIERS = {
    "high_touch": gettext_lazy("High touch"),
    "mid_touch": gettext_lazy("Mid touch"),
    "low_touch": gettext_lazy("Low touch"),
    "tech_touch": gettext_lazy("Tech touch"),
}


@register.filter
def tier(value: str) -> str:
    """A tier in the reader's words, where it is one of the field's usual codes."""
    return str(TIERS.get(value, value))
