"""Forms of schedules and of reports asked for by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Workspace
from accounts.queries.members import active_members
from metrics.reports.models import ReportSchedule, Section


class _Members(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Members by name and address."""

    def label_from_instance(self, obj: Membership) -> str:
        user = obj.user
        return f"{user.name} ({user.email})" if user.name else user.email


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """When a report is sent, to whom, and what is in it."""

    day_of_month = forms.IntegerField(min_value=1, max_value=31, label=_("Day of the month"))
    hour = forms.TypedChoiceField(
        coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)], label=_("Hour")
    )
    sections = forms.MultipleChoiceField(
        choices=Section.choices, widget=forms.CheckboxSelectMultiple, label=_("Sections")
    )
    recipients = _Members(
        queryset=Membership.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label=_("Recipients"),
    )
    is_active = forms.BooleanField(required=False, label=_("Send every month"))

    class Meta:
        model = ReportSchedule
        fields = (
            "name", "language", "day_of_month", "hour", "sections", "recipients", "is_active",
        )  # fmt: skip

    field_order = Meta.fields

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        initial = {"sections": Section.values, "is_active": True, "hour": 8, "day_of_month": 3}
        instance = kwargs.get("instance")
        if instance is not None:
            initial = {"recipients": [row.member_id for row in instance.recipients.all()]}
        kwargs["initial"] = {**initial, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields["recipients"].queryset = active_members(workspace)  # type: ignore[attr-defined]
        self.fields["day_of_month"].help_text = _(
            "A shorter month has it on its last day. The time is the workspace's: %(zone)s."
        ) % {"zone": workspace.timezone}

    def _post_clean(self) -> None:
        """The action checks and saves; the form only reads."""
