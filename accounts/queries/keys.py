"""Which key a secret belongs to."""

import datetime as dt
import hashlib
import time
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import ApiKey, Workspace
from cs_platform.core import clock

_TOUCH_EVERY = dt.timedelta(minutes=1)
_LONGEST_SECRET = 200
_RECENT_SECONDS = 1.0
_RECENT_MOST = 10_000


@dataclass(frozen=True)
class KeyIdentity:
    """A valid key with what its requests need of the workspace."""

    id: int
    workspace_id: int
    workspace_slug: str
    scopes: frozenset[str]
    name: str
    timezone: str
    currency: str
    unknown_accounts: str


def hash_secret(secret: str) -> str:
    """What is stored of a secret. A plain hash is enough: secrets hold 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find_key(secret: str) -> KeyIdentity | None:
    """The unrevoked key with this secret, or None. A revocation takes effect at once.

    Notes the use of the key, at most once a minute.
    """
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    key = (
        ApiKey.objects.select_related("workspace")
        .filter(key_hash=hash_secret(secret), revoked_at__isnull=True)
        .first()
    )
    if key is None:
        return None
    now = clock.now()
    if key.last_used_at is None or key.last_used_at < now - _TOUCH_EVERY:
        ApiKey.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=now - _TOUCH_EVERY), pk=key.pk
        ).update(last_used_at=now)
    return KeyIdentity(
        id=key.pk,
        workspace_id=key.workspace_id,
        workspace_slug=key.workspace.slug,
        scopes=frozenset(key.scopes),
        name=key.name,
        timezone=key.workspace.timezone,
        currency=key.workspace.currency,
        unknown_accounts=key.workspace.unknown_accounts,
    )


_recent: dict[str, tuple[float, KeyIdentity]] = {}


def find_recent_key(secret: str) -> KeyIdentity | None:
    """As ``find_key``, but what was found may be a second old: for thousands of requests a second.

    A revocation takes effect at once in the process that carried it out, within a second in others.
    """
    hashed = hash_secret(secret)
    now = time.monotonic()
    found_at, known = _recent.get(hashed, (0.0, None))
    if known is not None and now - found_at < _RECENT_SECONDS:
        return known
    key = find_key(secret)
    if key is None:
        _recent.pop(hashed, None)
        return None
    if len(_recent) >= _RECENT_MOST:
        _recent.clear()
    _recent[hashed] = now, key
    return key


def forget_recent_keys() -> None:
    """Look every key up again, because one has been revoked."""
    _recent.clear()


def keys(workspace: Workspace) -> QuerySet[ApiKey]:
    """The keys of a workspace, those in use first, newest first."""
    return ApiKey.objects.filter(workspace=workspace).order_by("-revoked_at", "-created_at", "-id")
