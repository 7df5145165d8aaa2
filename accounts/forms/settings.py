"""Forms of the workspace's administration."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from accounts.fields import currencies, time_zones
from accounts.models import ApiKey, ContactBudget, ExchangeRate, Product, Role, Workspace
from cs_platform.core.days import NearDays


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Settings that every figure depends on."""

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_(
            "Usage of past days stays counted by the old zone until an administrator of the server "
            "runs “manage.py rollup”."
        ),
    )
    currency = forms.ChoiceField(label=_("Currency"))
    fiscal_year_start_month = forms.TypedChoiceField(
        coerce=int,
        choices=list(MONTHS.items()),
        label=_("First month of the fiscal year"),
    )

    class Meta:
        model = Workspace
        fields = ("name", "timezone", "currency", "fiscal_year_start_month", "unknown_accounts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("timezone", time_zones()), ("currency", currencies())):
            self.fields[name].choices = [(x, x) for x in sorted(known)]  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    """A person to be added."""

    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(max_length=150, required=False, label=_("Name"))
    role = forms.ChoiceField(label=_("Role"))
    password = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        label=_("Initial password"),
        help_text=_("Left blank, you get a link by which the person sets one."),
    )

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(r.value, r.label) for r in roles]  # type: ignore[attr-defined]


class KeyForm(forms.Form):
    """A key to be made."""

    name = forms.CharField(
        max_length=100, label=_("Name"), help_text=_("The system that will use it.")
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple, label=_("Scopes")
    )


class RateForm(NearDays, forms.ModelForm):  # type: ignore[type-arg]
    """A rate from a day on."""

    currency = forms.ChoiceField(label=_("Currency"))

    class Meta:
        model = ExchangeRate
        fields = ("currency", "valid_from", "rate")

    def __init__(self, *args: Any, own: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            (code, code) for code in sorted(currencies() - {own})
        ]

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in ExchangeRate._meta.fields}


class ProductNameForm(forms.Form):
    """A product that is there."""

    name = forms.CharField(max_length=200, label=_("Name"))


class ProductForm(ProductNameForm):
    """A product to be added."""

    code = forms.CharField(
        max_length=100, label=_("Code"), help_text=_("What imports and the API call it.")
    )


class PlanTermsForm(forms.Form):
    """A grade of a product that is there."""

    name = forms.CharField(max_length=200, label=_("Name"))
    rank = forms.IntegerField(
        min_value=0,
        max_value=32_767,
        initial=0,
        label=_("Rank"),
        help_text=_("A change to a plan of higher rank is an upsell."),
    )


class PlanForm(PlanTermsForm):
    """A grade of a product to be added."""

    product: Any = forms.ModelChoiceField(queryset=None, label=_("Product"))
    code = forms.CharField(max_length=100, label=_("Code"))
    field_order = ("product", "name", "code", "rank")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.order_by("name")  # type: ignore[attr-defined]


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """How often customers may be written to."""

    class Meta:
        model = ContactBudget
        fields = ("days_between", "account_most")
        labels: ClassVar = {
            "days_between": _("Days between two requests to the same person"),
            "account_most": _("Most letters to one account within 30 days"),
        }
        help_texts: ClassVar = {
            "days_between": _("0: no limit. A reminder belongs to its request."),
            "account_most": _("Blank: no limit. Reminders count."),
        }

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in ContactBudget._meta.fields}
