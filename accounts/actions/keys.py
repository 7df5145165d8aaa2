"""Credentials of other systems."""

import datetime as dt
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.models import ApiKey, Workspace
from accounts.queries.keys import forget_recent_keys, hash_secret
from cs_platform.core.errors import DomainError, NotFound

_PREFIX_LENGTH = 12


@transaction.atomic
def create_key(
    *, actor: Actor, workspace: Workspace, name: str, scopes: Iterable[str], now: dt.datetime
) -> tuple[ApiKey, str]:
    """Make a key; the second value is its secret, which is stored nowhere and shown once.

    Errors: ``name_required``, ``scope_required``, ``unknown_scope``.
    """
    name, wanted = name.strip(), set(scopes)
    if not name or len(name) > 100:
        raise DomainError(
            _("Give the key a name of at most 100 characters."), code="name_required", field="name"
        )
    if not wanted:
        raise DomainError(_("Choose at least one scope."), code="scope_required", field="scopes")
    if wanted - set(ApiKey.Scope.values):
        raise DomainError(_("There is no such scope."), code="unknown_scope", field="scopes")
    secret = f"csk_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        workspace=workspace,
        name=name,
        prefix=secret[:_PREFIX_LENGTH],
        key_hash=hash_secret(secret),
        scopes=[scope for scope in ApiKey.Scope.values if scope in wanted],
        created_by=actor.membership.user if actor.membership else None,
    )
    audit.record(actor=actor, action="key_created", obj=key, detail={"scopes": key.scopes}, now=now)
    return key, secret


@transaction.atomic
def revoke_key(*, actor: Actor, workspace: Workspace, key_id: int, now: dt.datetime) -> ApiKey:
    """Refuse the key from now on; revoking twice is harmless. Errors: ``not_found``."""
    key = ApiKey.objects.select_for_update().filter(workspace=workspace, pk=key_id).first()
    if key is None:
        raise NotFound(_("There is no such key."))
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit.record(actor=actor, action="key_revoked", obj=key, now=now)
        transaction.on_commit(forget_recent_keys)
    return key
