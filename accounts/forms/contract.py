"""Forms of contract changes. Amounts are per month and before tax."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.fields import currencies
from accounts.forms.account import ExternalIdField
from accounts.models import Account, ContractEvent, Plan, Product, Subscription
from cs_platform.core.days import NearDays


def _note() -> forms.CharField:
    return forms.CharField(
        required=False, label=_("Note"), widget=forms.Textarea(attrs={"rows": 2})
    )


def shortest(amount: Decimal) -> str:
    """An amount without the zeros a column of four decimals gives it: 45, 0.125."""
    return f"{amount.normalize():f}"


class PlanField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A plan, told apart by its product."""

    def label_from_instance(self, obj: Plan) -> str:
        return f"{obj.product.name} · {obj.name}"


class TermsForm(NearDays, forms.Form):
    """Plan, seats, price and how the contract goes on."""

    plan = PlanField(queryset=None, required=False, label=_("Plan"))
    seats = forms.IntegerField(min_value=0, required=False, label=_("Seats"))
    unit_price = forms.DecimalField(
        min_value=0,
        max_digits=18,
        decimal_places=4,
        required=False,
        label=_("Unit price per month"),
        help_text=_("Per seat where there are seats, before tax."),
    )
    billing_months = forms.IntegerField(
        min_value=1,
        max_value=120,
        initial=1,
        required=False,
        label=_("Billing interval in months"),
    )
    auto_renew = forms.BooleanField(required=False, label=_("Renews by itself"))
    notice_deadline_on = forms.DateField(required=False, label=_("Cancellation-notice deadline"))
    note = _note()

    def __init__(self, *args: Any, subscription: Subscription | None = None, **kwargs: Any) -> None:
        if subscription is not None:
            names = ("plan", "seats", "unit_price", "billing_months", "auto_renew")
            known = {name: getattr(subscription, name) for name in names}
            if known["unit_price"] is not None:
                known["unit_price"] = shortest(known["unit_price"])
            if "notice_deadline_on" in self.base_fields:
                known["notice_deadline_on"] = subscription.notice_deadline_on
            kwargs["initial"] = {**known, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        plans = Plan.objects.select_related("product").order_by("product__name", "rank", "name")
        if subscription is not None:
            plans = plans.filter(product_id=subscription.product_id)
        self.fields["plan"].queryset = plans  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What goes to the action: fields left blank are not touched."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value is not None and (value != "" or name == "note")
        }


class StartForm(TermsForm):
    """A contract from its first day."""

    product: Any = forms.ModelChoiceField(queryset=None, label=_("Product"))
    external_id = ExternalIdField()
    starts_on = forms.DateField(label=_("Start"))
    term_months = forms.IntegerField(
        min_value=1,
        max_value=600,
        required=False,
        label=_("Term in months"),
        help_text=_("Left blank, the contract is open-ended."),
    )
    currency = forms.ChoiceField(label=_("Currency"))

    field_order = (
        "product",
        "plan",
        "seats",
        "unit_price",
        "currency",
        "starts_on",
        "term_months",
        "auto_renew",
        "notice_deadline_on",
        "billing_months",
        "external_id",
        "note",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            (code, code) for code in sorted(currencies())
        ]


class ChangeForm(TermsForm):
    """New terms from a day on."""

    effective_on = forms.DateField(label=_("Effective on"))
    field_order = ("effective_on", "plan", "seats", "unit_price")


class RenewForm(TermsForm):
    """A further term."""

    effective_on = forms.DateField(
        required=False,
        label=_("First day of the new term"),
        help_text=_("Left blank: the day after the current term."),
    )
    term_months = forms.IntegerField(
        min_value=1, max_value=600, required=False, label=_("Term in months")
    )
    field_order = ("effective_on", "term_months", "plan", "seats", "unit_price")

    def __init__(self, *args: Any, subscription: Subscription | None = None, **kwargs: Any) -> None:
        super().__init__(*args, subscription=subscription, **kwargs)
        # the deadline of the old term: the new one's moves along with the term
        self.initial["notice_deadline_on"] = None
        if subscription is not None:
            self.initial["term_months"] = subscription.term_months


class ReactivateForm(TermsForm):
    """The contract again, after its end."""

    effective_on = forms.DateField(label=_("First day"))
    term_months = forms.IntegerField(
        min_value=1, max_value=600, required=False, label=_("Term in months")
    )
    field_order = ("effective_on", "term_months", "plan", "seats", "unit_price")

    def __init__(self, *args: Any, subscription: Subscription | None = None, **kwargs: Any) -> None:
        super().__init__(*args, subscription=subscription, **kwargs)
        self.initial["notice_deadline_on"] = None


class PlainForm(NearDays, forms.Form):
    """Base of the changes that only have a day and a note."""

    note = _note()

    def __init__(self, *args: Any, subscription: Subscription | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """What goes to the action."""
        return dict(self.cleaned_data)


class OnForm(PlainForm):
    """A day from which something holds."""

    effective_on = forms.DateField(label=_("Effective on"))
    field_order = ("effective_on", "note")


class NoticeForm(PlainForm):
    """Notice given by the customer."""

    given_on = forms.DateField(label=_("Notice given on"))
    reason = forms.ChoiceField(
        choices=[("", "—"), *ContractEvent.Reason.choices], required=False, label=_("Reason")
    )
    field_order = ("given_on", "reason", "note")


class EndForm(PlainForm):
    """Churn, with why."""

    last_paid_on = forms.DateField(
        label=_("Last paid day"), help_text=_("The contract counts up to and including this day.")
    )
    reason = forms.ChoiceField(
        choices=[("", "—"), *ContractEvent.Reason.choices], label=_("Reason")
    )
    competitor = forms.CharField(max_length=200, required=False, label=_("Competitor"))
    field_order = ("last_paid_on", "reason", "competitor", "note")


class VoidForm(PlainForm):
    """Why an entry was a mistake."""


class OneOffForm(NearDays, forms.Form):
    """A purchase outside the recurring revenue."""

    effective_on = forms.DateField(label=pgettext_lazy("purchase", "Date"))
    amount = forms.DecimalField(
        min_value=0, max_digits=18, decimal_places=4, label=_("Amount before tax")
    )
    currency = forms.ChoiceField(label=_("Currency"))
    subscription: Any = forms.ModelChoiceField(
        queryset=None, required=False, label=_("With contract")
    )
    note = _note()

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            (code, code) for code in sorted(currencies())
        ]
        self.fields["subscription"].queryset = Subscription.objects.filter(  # type: ignore[attr-defined]
            account=account
        )
