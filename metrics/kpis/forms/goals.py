"""A goal as a person writes it: shares in percent."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cs_platform.core.days import NearDays
from metrics.kpis.models import Goal

_MOST = 10**15


class GoalForm(NearDays, forms.Form):
    """The target in the KPI's unit, percent for shares."""

    direction = forms.ChoiceField(
        label=pgettext_lazy("target", "Goal"), choices=Goal.Direction.choices
    )
    target = forms.DecimalField(
        label=_("Target"),
        min_value=-_MOST,
        max_value=_MOST,
        max_digits=20,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    due_on = forms.DateField(label=_("By"))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, unit: str, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        labels: dict[str, Any] = {
            "share": _("in percent"),
            "money": currency,
            "months": _("in months"),
            "days": _("in days"),
        }
        self.fields["target"].help_text = labels.get(unit, "")

    def clean_target(self) -> Decimal:
        """The target in the KPI's own unit."""
        target: Decimal = self.cleaned_data["target"]
        return target / 100 if self.unit == "share" else target
