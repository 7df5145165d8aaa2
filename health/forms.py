"""What the risk actions ask a person for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cs_platform.core.days import NearDays
from health.models import RiskState


class ReasonForm(NearDays, forms.Form):
    """Why: for "not a risk" and for a flag."""

    reason = forms.CharField(
        label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class SnoozeForm(ReasonForm):
    """Why, and until when."""

    until = forms.DateField(
        label=_("Leave out of the list through"), widget=forms.DateInput(attrs={"type": "date"})
    )
    field_order = ("until", "reason")


class MoveForm(forms.Form):
    """The state to move to; why, where that settles the risk."""

    state = forms.ChoiceField(label=pgettext_lazy("risk", "State"), choices=RiskState.State.choices)
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        required=False,
        help_text=_("Needed for “saved” and “lost”."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NothingForm(forms.Form):
    """For what needs no words: end a snooze, take a flag away."""


FORMS: dict[str, tuple[type[forms.Form], Any]] = {
    "snooze": (SnoozeForm, _("Snooze")),
    "dismiss": (ReasonForm, _("Not a risk")),
    "flag": (ReasonForm, _("Flag a risk")),
    "move": (MoveForm, _("Move")),
    "unsnooze": (NothingForm, _("End the snooze")),
    "unflag": (NothingForm, _("Take the flag away")),
}
