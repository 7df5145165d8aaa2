"""What the audit log says of reports."""

from typing import Any

from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Any] = {
    "report_schedule_created": _("Scheduled a report"),
    "report_schedule_changed": _("Changed the schedule of a report"),
    "report_schedule_deleted": _("Ended the schedule of a report"),
}
