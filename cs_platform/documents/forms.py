"""What is chosen for a document."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Task
from cs_platform.documents.review import Choices
from metrics.reports.actions.reviews import LONGEST_NOTE
from metrics.reports.models import ReviewSheet
from metrics.reports.models.report import LANGUAGES


class ReviewForm(forms.Form):
    """Language, sections, open items and the note of a review sheet."""

    language = forms.ChoiceField(choices=LANGUAGES, label=_("Language"))
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 5}),
        label=_("Note for the meeting"),
        help_text=_("Printed on top. The customer reads it."),
    )
    sections = forms.MultipleChoiceField(
        choices=ReviewSheet.Section.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Sections"),
    )
    tasks = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Tasks the customer sees"),
        help_text=_("Ticked at first: next steps of talks the customer took part in."),
    )

    def __init__(
        self, data: Any = None, *, choices: Choices, tasks: Iterable[Task], **kwargs: Any
    ) -> None:
        initial = {
            "language": choices.language,
            "note": choices.note,
            "sections": choices.sections,
            "tasks": list(choices.tasks),
        }
        super().__init__(data, initial=initial, **kwargs)
        offered = [(task.pk, task.text) for task in tasks]
        self.fields["tasks"].choices = offered  # type: ignore[attr-defined]
        if not offered:
            del self.fields["tasks"]
