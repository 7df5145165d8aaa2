"""The public addresses of surveys, absolute, for letters and for copying."""

from urllib.parse import urlencode

from django.conf import settings

from accounts.models import Contact, Workspace
from metrics.surveys.models import Invitation, Survey
from metrics.surveys.tokens import invitation_token, unsubscribe_token


def _absolute(workspace: Workspace, *steps: str, **query: object) -> str:
    path = "/".join(["s", workspace.slug, *steps, ""])
    parameters = f"?{urlencode(query)}" if query else ""
    return f"{settings.PUBLIC_URL}/{path}{parameters}"


def answer_url(workspace: Workspace, invitation: Invitation, score: int | None = None) -> str:
    """Where the invited person answers; a ``score`` is chosen beforehand, not stored."""
    query = {} if score is None else {"score": score}
    return _absolute(workspace, "a", invitation_token(invitation), **query)


def unsubscribe_url(workspace: Workspace, contact: Contact) -> str:
    """Where the person says that it wants no more mail; a POST alone does it (RFC 8058)."""
    return _absolute(workspace, "u", unsubscribe_token(contact))


def open_url(workspace: Workspace, survey: Survey) -> str:
    """Where anybody who has the address answers."""
    return _absolute(workspace, "o", survey.open_key)


def logo_url(workspace: Workspace, survey: Survey) -> str:
    """The survey's logo."""
    return _absolute(workspace, "logo", survey.open_key)
