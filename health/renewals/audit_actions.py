"""What the audit log says of renewals."""

from typing import Any

from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Any] = {
    "renewal_forecast": _("Forecast a renewal"),
    "renewal_step": _("Moved a renewal"),
}
