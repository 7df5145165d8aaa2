"""Why an item was refused, in the reader's words; the ingest itself speaks to programs."""

from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Any] = {
    "malformed": _("It is not JSON"),
    "invalid_unicode": _("Its text is not valid Unicode"),
    "invalid_type": _("A value has the wrong type"),
    "unknown_type": _("The type of call is unknown"),
    "missing_event": _("The event has no name"),
    "missing_user": _("It names neither a user nor an account"),
    "missing_group": _("A group call names no account"),
    "invalid_timestamp": _("Its time cannot be read"),
    "timestamp_out_of_range": _("Its time is out of range"),
    "number_out_of_range": _("A number is out of range"),
    "nul_character": _("A text holds a NUL character"),
    "too_long": _("A name or id is too long"),
    "too_deep": _("It is nested too deeply"),
    "message_too_large": _("The message is too large"),
    "too_many_items": _("The body holds too many items"),
}


def reason(code: str) -> str:
    """What a code of the ingest means; the code itself where nobody worded it."""
    return str(REASONS.get(code, code))
