"""What is written down about a loss."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ContractEvent
from metrics.kpis.actions.reviews import LONGEST_COMPETITOR, LONGEST_LESSON
from metrics.kpis.models import ChurnReview


class ReviewForm(forms.Form):
    """Reason, avoidable or not, competitor, lesson."""

    reason = forms.ChoiceField(label=_("Reason"), choices=ContractEvent.Reason.choices)
    avoidable = forms.ChoiceField(
        label=_("Could it have been avoided?"),
        choices=ChurnReview.Avoidable.choices,
        widget=forms.RadioSelect,
    )
    competitor = forms.CharField(
        label=_("Moved to"),
        max_length=LONGEST_COMPETITOR,
        required=False,
        help_text=_("The competitor, where there is one."),
    )
    lesson = forms.CharField(
        label=_("What we learn from it"),
        max_length=LONGEST_LESSON,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
