"""What the event browser can be asked."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cs_platform.core.clock import day_end, day_start
from cs_platform.core.days import NearDays
from metrics.usage.queries import EventFilter


class EventFilterForm(NearDays, forms.Form):
    """Filters of the event browser; anything left empty does not filter."""

    name = forms.CharField(label=_("Event"), max_length=200, required=False)
    user = forms.CharField(label=_("User"), max_length=200, required=False)
    account = forms.CharField(label=_("Account id"), max_length=200, required=False)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    unattributed = forms.BooleanField(label=_("Without an account only"), required=False)

    def clean_account(self) -> Account | None:
        external_id = self.cleaned_data["account"]
        if not external_id:
            return None
        account: Account | None = Account.objects.filter(external_id=external_id).first()
        if account is None:
            raise forms.ValidationError(_("There is no account with this id."))
        return account

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("first") and cleaned.get("last") and cleaned["last"] < cleaned["first"]:
            self.add_error("last", _("This day is before the first one."))
        return cleaned

    def wanted(self, zone: str) -> EventFilter:
        """The filter; days are those of ``zone``."""
        chosen = self.cleaned_data
        first: dt.date | None = chosen["first"]
        last: dt.date | None = chosen["last"]
        return EventFilter(
            name=chosen["name"] or None,
            user_id=chosen["user"] or None,
            account_id=chosen["account"].pk if chosen["account"] else None,
            is_unattributed=chosen["unattributed"],
            starts_at=day_start(first, zone) if first else None,
            ends_at=day_end(last, zone) if last else None,
        )
