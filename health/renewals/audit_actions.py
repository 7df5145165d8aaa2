"""What the audit log says of renewals."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from health.renewals.models import Forecast, Step

ACTIONS: dict[str, Any] = {
    "renewal_forecast": _("Forecast a renewal"),
    "renewal_step": _("Moved a renewal"),
}
NAMES: dict[str, Any] = {
    "amount": _("amount"),
    "category": _("forecast"),
    "step": _("step"),
    "term_ends_on": _("end of the term"),
}
VALUES: dict[str, dict[str, Any]] = {
    "category": dict(Forecast.choices),
    "step": dict(Step.choices),
}
