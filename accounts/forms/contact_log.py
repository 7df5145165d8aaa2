"""Forms of what was said and what was promised."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.log_offers import LogOffer, log_offers
from accounts.models import Account, Contact, Interaction, Membership, Task
from cs_platform.core.days import NearDays

_SHORT = forms.Textarea(attrs={"rows": 2})


class InteractionForm(NearDays, forms.ModelForm):  # type: ignore[type-arg]
    """A contact with a customer, and what happens next."""

    contact: Any = forms.ModelChoiceField(queryset=None, required=False, label=_("With"))

    class Meta:
        model = Interaction
        fields = (
            "kind",
            "happened_at",
            "contact",
            "sentiment",
            "summary",
            "next_step",
            "next_step_on",
            "customer_words",
            "need",
            "is_read_back",
            "duration_minutes",
            "participants",
        )
        widgets = {  # noqa: RUF012 - read by the metaclass, never changed
            "summary": forms.Textarea(attrs={"rows": 3}),
            "customer_words": _SHORT,
            "need": _SHORT,
            "participants": _SHORT,
        }

    def __init__(self, *args: Any, account: Account, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for offer in log_offers:
            field = offer.field(account, now)
            if field is not None:
                self.fields[offer.name] = field
        self.fields["contact"].queryset = Contact.objects.filter(  # type: ignore[attr-defined]
            account=account, left_on__isnull=True
        ).order_by("name")

    @property
    def offered(self) -> list[forms.BoundField]:
        """The fields of offers, to be shown below the contact's own."""
        return [self[offer.name] for offer in log_offers if offer.name in self.fields]

    def logged(self) -> dict[str, Any]:
        """What was filled in of the contact itself."""
        names = {offer.name for offer in log_offers}
        return {name: value for name, value in self.cleaned_data.items() if name not in names}

    def accepted(self) -> list[tuple[LogOffer, str]]:
        """The offers that were taken up, each with what was chosen."""
        return [
            (offer, self.cleaned_data[offer.name])
            for offer in log_offers
            if self.cleaned_data.get(offer.name)
        ]

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in Interaction._meta.fields}


class TaskForm(NearDays, forms.ModelForm):  # type: ignore[type-arg]
    """Something to do by a day."""

    owner = forms.ModelChoiceField(
        queryset=Membership.objects.none(), label=pgettext_lazy("task", "Owner")
    )

    class Meta:
        model = Task
        fields = ("title", "due_on", "owner")

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members  # type: ignore[attr-defined]

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in Task._meta.fields}
