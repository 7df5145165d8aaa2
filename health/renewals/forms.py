"""What working on a renewal asks a person for."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ContractEvent
from cs_platform.core.days import NearDays
from health.renewals.actions.steps import LONGEST_NOTE, LONGEST_PLAN
from health.renewals.models import Forecast, Renewal, Step
from health.renewals.models.renewal import OPEN


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **more)


class RenewalForm(NearDays, forms.Form):
    """Base: every form carries the version of the row that was looked at."""

    # as a browser sends it
    data: MultiValueDict[str, str]

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, renewal: Renewal, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": renewal.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """What goes to the action."""
        return dict(self.cleaned_data)


class MoveForm(RenewalForm):
    """The step reached, and what comes next."""

    step = forms.ChoiceField(
        label=_("Step"), choices=[(step.value, step.label) for step in Step if step in OPEN]
    )
    happened_on = _day(label=_("Reached on"), required=False, help_text=_("Left blank: today."))
    next_step = forms.CharField(label=_("Next step"), required=False, max_length=LONGEST_PLAN)
    due_on = _day(label=pgettext_lazy("renewal", "Due"), required=False)
    note = _note()

    def __init__(self, *args: Any, renewal: Renewal, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "step": renewal.step,
            "next_step": renewal.next_step,
            "due_on": renewal.due_on,
        }
        super().__init__(*args, renewal=renewal, **kwargs)


class RenewedForm(RenewalForm):
    """How it renewed, for the contract ledger."""

    effective_on = _day(
        label=_("First day of the new term"),
        required=False,
        help_text=_("Left blank: the day after the current term."),
    )
    term_months = forms.IntegerField(
        label=_("Term in months"), min_value=1, max_value=600, required=False
    )
    seats = forms.IntegerField(label=_("Seats"), min_value=0, max_value=2**31 - 1, required=False)
    unit_price = forms.DecimalField(
        label=_("Unit price per month"),
        min_value=0,
        max_digits=18,
        decimal_places=4,
        required=False,
    )
    note = _note()

    def __init__(self, *args: Any, renewal: Renewal, **kwargs: Any) -> None:
        contract = renewal.subscription
        kwargs["initial"] = {
            "term_months": contract.term_months,
            "seats": contract.seats,
            "unit_price": contract.unit_price.normalize(),
        }
        super().__init__(*args, renewal=renewal, **kwargs)

    def values(self) -> dict[str, Any]:
        """What goes to the action: fields left blank stay as they are."""
        return {k: v for k, v in self.cleaned_data.items() if v is not None}


class LostForm(RenewalForm):
    """How it was lost, for the contract ledger."""

    last_paid_on = _day(
        label=_("Last paid day"),
        required=False,
        help_text=_("Left blank: the end of the term."),
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", "—"), *ContractEvent.Reason.choices]
    )
    competitor = forms.CharField(label=_("Competitor"), max_length=200, required=False)
    note = _note()


class ForecastForm(RenewalForm):
    """What a person expects of the renewal."""

    category = forms.ChoiceField(
        label=_("Forecast"),
        required=False,
        choices=[("", _("No forecast")), *Forecast.choices],
    )
    amount = forms.DecimalField(
        label=_("Yearly amount if it renews"),
        min_value=0,
        max_digits=18,
        decimal_places=4,
        required=False,
        help_text=_("Left blank: as before."),
    )
    note = _note()

    def __init__(self, *args: Any, renewal: Renewal, forecaster: str, **kwargs: Any) -> None:
        amount = getattr(renewal, f"{forecaster}_amount")
        kwargs["initial"] = {
            "category": getattr(renewal, f"{forecaster}_category"),
            "amount": None if amount is None else amount.normalize(),
        }
        super().__init__(*args, renewal=renewal, **kwargs)
