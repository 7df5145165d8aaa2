"""The days one can reckon with: beyond them, adding a term or a time zone leaves the calendar."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _

EARLIEST_YEAR = 1900
LATEST_YEAR = 2200


def out_of_range(day: dt.date) -> str:
    """A sentence that refuses a day, or a moment, too far away; '' where it is near enough."""
    if EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        return ""
    return _("This must be between the years %(first)d and %(last)d.") % {
        "first": EARLIEST_YEAR,
        "last": LATEST_YEAR,
    }


class NearDays(forms.BaseForm):
    """Mixin of forms: refuses every date and time that is out of range."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, dt.date) and (sentence := out_of_range(value)):
                self.add_error(name, sentence)
        return self.cleaned_data
