"""Months, changes and kinds in words of the document's language."""

import datetime as dt

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.core.templatetags.formats import signed, viewer_locale
from cs_platform.documents.period import Period
from health.models import Band
from metrics.surveys import scales


def month_labels(months: list[dt.date]) -> list[str]:
    """Short names of months for an axis: Nov, Dec, Jan 2027, Feb."""
    locale = viewer_locale()
    return [
        dates.format_skeleton("yMMM" if month.month == 1 else "MMM", month, locale=locale)
        for month in months
    ]


def period_name(period: Period) -> str:
    """July – September 2026; both years where they differ; a single month by its name."""
    if period.first_month == period.last_month:
        return month_name(period.first_month)
    locale = viewer_locale()
    if period.first_month.year == period.last_month.year and locale.language == "en":
        first = dates.format_date(period.first_month, "LLLL", locale=locale)
    else:
        first = month_name(period.first_month)
    return f"{first} – {month_name(period.last_month)}"


def change_share(now: float, before: float) -> str:
    """What a count has changed by, in percent of what it was: +12%; '' where it was nothing."""
    if not before:
        return ""
    return f"{signed((now - before) / before * 100)}%"


def survey_name(kind: str) -> str:
    """What a kind of survey asks, for people who do not know its letters."""
    match kind:
        case "nps":
            return _("Willingness to recommend us")
        case "csat":
            return pgettext("document", "Satisfaction")
        case _:
            return _("Effort to get things done")


def scale_name(kind: str, highest: int | None) -> str:
    """The scale and its good end: 0–10, 10 is best."""
    scale = scales.of(kind, highest)
    if scale is None:
        return ""
    return _("%(lowest)d–%(highest)d, %(best)d is best") % {
        "lowest": scale.lowest,
        "highest": scale.highest,
        "best": scale.highest if scale.is_high_good else scale.lowest,
    }


def survey_short(kind: str) -> str:
    """A kind of survey by the letters its readers know."""
    return {"nps": "NPS", "csat": "CSAT", "ces": "CES"}.get(kind, kind)


def band_word(band: str) -> str:
    """A band of health in a word."""
    return str(Band(band).label) if band else _("Not enough data")
