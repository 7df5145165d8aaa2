"""What the simulator is asked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.kpis.simulator import MOST_YEARS

_MOST_MONEY = 10**12


def _percent(label: Any, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=7,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        **options,
    )


def _money(label: Any, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=_MOST_MONEY,
        max_digits=16,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        **options,
    )


class SimulatorForm(forms.Form):
    """Percentages as a person writes them: −5 is five points less."""

    change = _percent(
        _("Change in annual churn (percentage points)"), min_value=-100, max_value=100
    )
    years = forms.TypedChoiceField(
        label=_("Years"), coerce=int, choices=[(n, str(n)) for n in range(1, MOST_YEARS + 1)]
    )
    margin = _percent(_("Gross margin (%)"), min_value=0, max_value=100, required=False)
    acquisition = _money(_("Cost of winning one account"))
    retention = _money(_("Cost of the retention work per year"))

    def __init__(self, *args: Any, churn: float, currency: str, **kwargs: Any) -> None:
        """``churn`` is today's annual rate, a share of one, which the change is applied to."""
        super().__init__(*args, **kwargs)
        self.churn = churn
        for name in ("acquisition", "retention"):
            self.fields[name].help_text = currency

    def clean_change(self) -> float:
        """The change as a share; refused where it would leave a rate below 0% or above 100%."""
        change = float(self.cleaned_data["change"]) / 100
        changed = self.churn + change
        if not -1e-9 <= changed <= 1 + 1e-9:
            raise forms.ValidationError(
                _("Churn is %(churn).1f%% today: the change may be from %(least).1f to %(most).1f.")
                % {
                    "churn": self.churn * 100,
                    "least": -self.churn * 100,
                    "most": (1 - self.churn) * 100,
                }
            )
        return change

    @property
    def changed_churn(self) -> float:
        """The rate after the change."""
        return min(max(self.churn + self.cleaned_data["change"], 0.0), 1.0)
