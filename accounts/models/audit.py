from typing import ClassVar

from django.db import models

from accounts.models.workspace import User
from cs_platform.core.tenancy import TenantModel


class AuditEntry(TenantModel):
    """Who did what to whom: members, keys, settings, owners, contracts. Append-only."""

    application_grants = "SELECT, INSERT"

    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # name of the API key, or of the command, where no person acted
    actor_label = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    object_label = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "happened_at", "id"], name="accounts_audit_by_time")
        ]
