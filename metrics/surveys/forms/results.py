"""Forms of themes, of open loops and of the sample-size planner."""

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.surveys.models import Theme


class ThemeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A theme, its keywords one a line or separated by commas."""

    keywords = forms.CharField(
        label=_("Keywords"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Words and phrases in any language, separated by commas or lines. A comment that "
            "contains one gets the theme; kana, width and case do not matter."
        ),
    )

    class Meta:
        model = Theme
        fields = ("name", "factor", "driver", "is_archived")
        labels = {"is_archived": _("Put away: tag no more comments")}  # noqa: RUF012

    def _post_clean(self) -> None:
        """The action checks the name's uniqueness, with the row locked."""


class OutcomeForm(forms.Form):
    """What was done for the customer."""

    note = forms.CharField(
        label=_("What was done for the customer"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PlannerForm(forms.Form):
    """What is wanted of a survey, to tell how many people to ask."""

    kind = forms.ChoiceField(
        label=_("Figure"),
        choices=[
            ("share", _("A share, such as satisfied customers")),
            ("nps", _("The NPS itself")),
        ],
        initial="share",
    )
    margin = forms.FloatField(
        label=_("Margin of error, ± points"),
        min_value=0.5,
        max_value=50,
        initial=5,
        help_text=_("Percentage points of a share, or points of the NPS."),
    )
    population = forms.IntegerField(
        label=_("Customers there are in all"),
        required=False,
        min_value=1,
        max_value=100_000_000,
        help_text=_("Leave empty if it is not known, or very large."),
    )
    response_rate = forms.FloatField(
        label=_("Expected response rate, %"), min_value=0.1, max_value=100, initial=20
    )
