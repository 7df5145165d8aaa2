"""What the audit log says of surveys."""

from typing import Any

from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Any] = {
    "contact_opted_in": _("A person agreed to mail again"),
    "contact_opted_out": _("A person wants no more mail"),
    "survey_changed": _("Changed a survey"),
    "survey_closed": _("Closed a survey"),
    "survey_created": _("Made a survey"),
    "survey_deleted": _("Deleted the draft of a survey"),
    "survey_link_renewed": _("Made a new link of a survey"),
    "survey_logo_changed": _("Changed the logo of a survey"),
    "survey_paused": _("Paused a survey"),
    "survey_published": _("Published a survey"),
    "survey_questions_changed": _("Changed the questions of a survey"),
}
NAMES: dict[str, Any] = {
    "fields": _("fields"),
    "questions": _("questions"),
    "source": _("known from"),
}
