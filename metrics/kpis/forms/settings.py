"""What a workspace chooses about its KPIs."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.kpis.models import Settings


class SettingsForm(forms.Form):
    """The gross margin in percent, the target of an onboarding, the convention of first days."""

    gross_margin = forms.DecimalField(
        label=_("Gross margin (%)"),
        min_value=-100,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text=_("Share of revenue left after the direct cost of delivering it; for LTV."),
    )
    onboarding_target_days = forms.IntegerField(
        label=_("Target days of an onboarding"),
        min_value=1,
        max_value=3650,
        help_text=_("Another margin or target holds from the running month on."),
    )
    first_day = forms.ChoiceField(
        label=_("Changes on the first day of a period"),
        choices=Settings.FirstDay.choices,
        help_text=_(
            "Another rule concerns every period: all of the past is computed anew and shown as "
            "restated, beside the figures as first known."
        ),
    )

    def clean_gross_margin(self) -> Decimal | None:
        """The margin as a share of one."""
        margin: Decimal | None = self.cleaned_data["gross_margin"]
        return None if margin is None else margin / 100
