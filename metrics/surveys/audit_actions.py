"""What the audit log says of surveys."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from metrics.surveys.models import Survey

ACTIONS: dict[str, Any] = {
    "contact_opted_in": _("A person agreed to mail again"),
    "contact_opted_out": _("A person wants no more mail"),
    "follow_up_contacted": _("Contacted a customer who had answered badly"),
    "follow_up_reopened": _("Opened a loop again"),
    "follow_up_resolved": _("Closed a loop"),
    "invitation_withdrawn": _("Took an invitation to a survey back"),
    "survey_changed": _("Changed a survey"),
    "survey_closed": _("Closed a survey"),
    "survey_created": _("Made a survey"),
    "survey_deleted": _("Deleted the draft of a survey"),
    "survey_link_renewed": _("Made a new link of a survey"),
    "survey_logo_changed": _("Changed the logo of a survey"),
    "survey_paused": _("Paused a survey"),
    "survey_published": _("Published a survey"),
    "survey_questions_changed": _("Changed the questions of a survey"),
    "theme_changed": _("Changed a theme"),
    "theme_created": _("Made a theme"),
}
NAMES: dict[str, Any] = {
    "contact": _("person"),
    "fields": _("fields"),
    "note": _("what was done"),
    "questions": _("questions"),
    "source": _("known from"),
}
VALUES: dict[str, dict[str, Any]] = {
    "fields": {field.name: field.verbose_name for field in Survey._meta.fields},
}
