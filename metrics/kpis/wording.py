"""A KPI's figures in words: values, changes and intervals as their unit is written."""

from typing import Any

from django.utils.translation import gettext as _

from cs_platform.core.templatetags.formats import (
    MISSING,
    money,
    money_short,
    number,
    percent,
    points,
    signed,
)


def value_text(value: Any, unit: str, currency: str, *, short: bool = False) -> str:
    """A value with its unit: 4.2%, ¥1,234,567 (short: ¥123万), 8.1 months; none is a dash."""
    if value is None:
        return MISSING
    match unit:
        case "money":
            text = money_short(value, currency) if short else money(value, currency)
        case "share":
            text = percent(value, 1)
        case "months":
            text = _("%s months") % number(value, 1)
        case "days":
            text = _("%s days") % number(value, 0 if float(value).is_integer() else 1)
        case "count":
            text = number(value)
        case _:
            text = number(value, 1)
    return text


def change_text(new: Any, old: Any, unit: str, currency: str) -> str:
    """What a value has changed by, with its sign: +1.2 pt, −¥12万; "" where either is missing."""
    if new is None or old is None:
        return ""
    if unit == "share":
        return points(float(new) - float(old))
    if unit == "money":
        difference = round(new - old)
        return ("+" if difference > 0 else "") + money_short(difference, currency)
    return signed(float(new) - float(old), 0 if unit == "count" else 1)


def interval_text(low: Any, high: Any, unit: str, currency: str) -> str:
    """95% interval as "3.1% – 5.6%"; "" where there is none."""
    if low is None or high is None:
        return ""
    ends = (value_text(end, unit, currency, short=True) for end in (low, high))
    return " – ".join(ends)
