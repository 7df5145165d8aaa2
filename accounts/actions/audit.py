"""The log of who did what."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import models

from accounts.actors import Actor
from accounts.models import AuditEntry


def record(
    *,
    actor: Actor,
    action: str,
    obj: models.Model,
    detail: Mapping[str, Any] | None = None,
    now: dt.datetime,
) -> None:
    """Append an entry to the open scope's audit log; ``detail`` must be JSON and hold no secret."""
    AuditEntry.objects.create(
        actor=actor.membership.user if actor.membership else None,
        actor_label=actor.label[:200],
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(obj.pk),
        object_label=str(obj)[:300],
        detail=dict(detail or {}),
        happened_at=now,
    )
