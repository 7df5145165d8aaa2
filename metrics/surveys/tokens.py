"""Addresses that carry their own permission: signed, expiring, nothing stored for them.

A token says whose it is, and until when; the signature says that we said so. What it opens is
still checked against the row (`metrics.surveys.queries.public`): an invitation's nonce can be
changed, which makes every address given out for it dead.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.core import signing
from django.core.signing import b62_decode, b62_encode

from accounts.models import Contact
from metrics.surveys.models import Invitation, Survey

_SALT = "metrics.surveys"
_LONGEST = 300


class BadToken(ValueError):
    """It was not made here, or not for this purpose, or it has been changed."""


@dataclass(frozen=True)
class InvitationClaim:
    """What an invitation's address says. ``expires_at`` is for the first answer; an answer that
    was given may be changed until the survey closes."""

    workspace_id: int
    invitation_id: int
    nonce: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class ContactClaim:
    """Whose mail an unsubscribing address ends."""

    workspace_id: int
    contact_id: int


def _sign(purpose: str, *parts: str) -> str:
    return signing.Signer(salt=f"{_SALT}.{purpose}", sep=".").sign("-".join(parts))


def _unsign(purpose: str, token: str, count: int) -> list[str]:
    if len(token) > _LONGEST or not token.isascii():
        raise BadToken
    try:
        parts = signing.Signer(salt=f"{_SALT}.{purpose}", sep=".").unsign(token).split("-")
    except signing.BadSignature as error:
        raise BadToken from error
    if len(parts) != count:
        raise BadToken
    return parts


def _moment(seconds: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(b62_decode(seconds), dt.UTC)


def invitation_token(invitation: Invitation) -> str:
    """What the invitation's address carries."""
    return _sign(
        "invitation",
        b62_encode(invitation.workspace_id),
        b62_encode(invitation.pk),
        invitation.nonce,
        b62_encode(int(invitation.expires_at.timestamp())),
    )


def read_invitation_token(token: str) -> InvitationClaim:
    """What a token says, expired or not. Raises ``BadToken``."""
    workspace_id, pk, nonce, expires = _unsign("invitation", token, 4)
    return InvitationClaim(b62_decode(workspace_id), b62_decode(pk), nonce, _moment(expires))


def unsubscribe_token(contact: Contact) -> str:
    """What the address to want no more mail carries. It does not expire: nor does the wish."""
    return _sign("unsubscribe", b62_encode(contact.workspace_id), b62_encode(contact.pk))


def read_unsubscribe_token(token: str) -> ContactClaim:
    """Whose wish it is. Raises ``BadToken``."""
    workspace_id, pk = _unsign("unsubscribe", token, 2)
    return ContactClaim(b62_decode(workspace_id), b62_decode(pk))


def form_stamp(now: dt.datetime, survey: Survey) -> str:
    """A hidden field of an open form: when it was handed out, and for which survey."""
    return _sign("form", b62_encode(survey.pk), b62_encode(int(now.timestamp() * 1000)))


def stamp_age(stamp: str, now: dt.datetime, survey: Survey) -> dt.timedelta | None:
    """How long ago the form was handed out; None for a stamp of another survey, or none at all."""
    try:
        pk, milliseconds = _unsign("form", stamp, 2)
    except BadToken:
        return None
    if b62_decode(pk) != survey.pk:
        return None
    return now - dt.datetime.fromtimestamp(b62_decode(milliseconds) / 1000, dt.UTC)


def new_respondent() -> str:
    """The value of a cookie that knows a browser again, and nothing about who sits at it."""
    return _sign("respondent", secrets.token_hex(16))


def read_respondent(cookie: str) -> str:
    """What is stored for the cookie's browser, '' where the cookie is not one of ours."""
    try:
        (number,) = _unsign("respondent", cookie, 1)
    except BadToken:
        return ""
    return hashlib.sha256(f"{_SALT}.respondent:{number}".encode()).hexdigest()
