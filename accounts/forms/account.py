"""Forms of accounts and of the people at them."""

import secrets
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, Contact, Membership
from cs_platform.core.days import NearDays
from cs_platform.core.templatetags.formats import TIERS, tier


def made_up_id() -> str:
    """An external id for what was entered by hand and has none elsewhere."""
    return f"cs-{secrets.token_hex(6)}"


class ExternalIdField(forms.CharField):
    """An id that is made up when left blank."""

    def __init__(self) -> None:
        super().__init__(
            max_length=200,
            required=False,
            label=_("External id"),
            help_text=_("What other systems call it. Left blank, one is made."),
        )

    def clean(self, value: Any) -> str:
        return super().clean(value) or made_up_id()


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class SuggestingInput(forms.TextInput):
    """A text box that offers words, and takes any other."""

    def __init__(self, words: Iterable[Any]) -> None:
        super().__init__()
        self.words = words

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        known = f"{name}-known"
        control = super().render(name, value, {**(attrs or {}), "list": known}, renderer)
        options = format_html_join("", '<option value="{}">', ((word,) for word in self.words))
        return format_html('{}<datalist id="{}">{}</datalist>', control, known, options)


class TierField(forms.CharField):
    """How a customer is looked after: said in the reader's words, kept as the field's code."""

    def __init__(self) -> None:
        super().__init__(
            max_length=50, required=False, label=_("Tier"), widget=SuggestingInput(TIERS.values())
        )

    def prepare_value(self, value: Any) -> Any:
        return tier(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        codes = {str(word).casefold(): code for code, word in TIERS.items()}
        return codes.get(text.casefold(), text)


class AccountForm(NearDays, forms.ModelForm):  # type: ignore[type-arg]
    """An account's facts. Owner and stage have forms of their own, because they are dated."""

    external_id = ExternalIdField()
    tier = TierField()
    website = forms.URLField(
        assume_scheme="https", max_length=300, required=False, label=_("Website")
    )
    sales_owner = forms.ModelChoiceField(
        queryset=Membership.objects.none(), required=False, label=_("Sales owner")
    )
    parent_external_id = forms.CharField(
        max_length=200, required=False, label=_("External id of the parent account")
    )
    referrer_external_id = forms.CharField(
        max_length=200, required=False, label=_("External id of the account that referred it")
    )

    class Meta:
        model = Account
        fields = (
            "external_id",
            "name",
            "name_reading",
            "segment",
            "tier",
            "stage",
            "industry",
            "country",
            "website",
            "seats",
            "fit",
            "sales_owner",
            "parent_external_id",
            "referrer_external_id",
            "onboarding_started_on",
            "onboarding_due_on",
            "onboarding_completed_on",
            "goals",
            "handover_note",
        )
        widgets = {  # noqa: RUF012 - read by the metaclass, never changed
            "goals": forms.Textarea(attrs={"rows": 3}),
            "handover_note": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {"country": _("Two letters, such as JP.")}  # noqa: RUF012

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sales_owner"].queryset = members  # type: ignore[attr-defined]
        if self.instance.pk:
            # the id is what imports know the account by; the stage is changed with its date
            del self.fields["external_id"], self.fields["stage"]
            for name in ("parent", "referrer"):
                other = getattr(self.instance, name)
                self.fields[f"{name}_external_id"].initial = other.external_id if other else ""

    def _get_validation_exclusions(self) -> set[str]:
        # the action is the one place that validates and says so in its own words
        return {field.name for field in Account._meta.fields}

    def values(self) -> dict[str, Any]:
        """What goes to the action: blank references mean none."""
        values = dict(self.cleaned_data)
        for name in ("parent_external_id", "referrer_external_id"):
            values[name] = values[name] or None
        return values


class StageForm(NearDays, forms.Form):
    """A move to another lifecycle stage."""

    stage = forms.ChoiceField(choices=Account.Stage.choices, label=_("Lifecycle stage"))
    happened_on = forms.DateField(label=pgettext_lazy("date", "Since"))


class OwnerForm(forms.Form):
    """Another CSM for an account."""

    owner = forms.ModelChoiceField(
        queryset=Membership.objects.none(),
        required=False,
        label=_("Owner (CSM)"),
        empty_label=_("Nobody"),
    )

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members  # type: ignore[attr-defined]


class ContactForm(NearDays, forms.ModelForm):  # type: ignore[type-arg]
    """A person at an account."""

    external_id = ExternalIdField()
    phones = LinesField(required=False, label=_("Phone numbers"), help_text=_("One a line."))
    user_ids = LinesField(
        required=False,
        label=_("User ids"),
        help_text=_("Ids under which this person's usage events arrive, one a line."),
    )

    class Meta:
        model = Contact
        fields = (
            "external_id",
            "name",
            "name_reading",
            "email",
            "phones",
            "department",
            "title",
            "language",
            "timezone",
            "consent",
            "is_champion",
            "is_decision_maker",
            "user_ids",
            "left_on",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["external_id"]

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in Contact._meta.fields}
