"""The key a request of the API carries."""

import base64
import binascii

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.queries.keys import KeyIdentity, find_recent_key


def secret_of(header: str) -> str:
    """The key in an ``Authorization`` header: Bearer, or the user name of HTTP Basic; else ''."""
    scheme, _space, credentials = header.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
        return decoded.partition(":")[0]
    return ""


class ApiKeyAuthentication(BaseAuthentication):
    """``request.auth`` is the key's identity; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, KeyIdentity] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        identity = find_recent_key(secret_of(header))
        if identity is None:
            raise AuthenticationFailed("This API key is not valid, or has been revoked.")
        return None, identity

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
