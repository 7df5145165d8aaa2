"""The audit log."""

from django.db.models import QuerySet

from accounts.models import AuditEntry


def audit_log() -> QuerySet[AuditEntry]:
    """Who did what, newest first."""
    return AuditEntry.objects.select_related("actor").order_by("-happened_at", "-id")
