"""The work on one account's risk."""

from django.db.models import QuerySet

from accounts.models import Account
from health.models import RiskNote, RiskState


def risk_state(account: Account) -> RiskState | None:
    """What was decided about the account's risk; None where nobody worked on it yet."""
    return RiskState.objects.filter(account=account).select_related("flagged_by__user").first()


def risk_notes(account: Account) -> QuerySet[RiskNote]:
    """The log of those decisions, latest first."""
    return (
        RiskNote.objects.filter(account=account)
        .select_related("author__user")
        .order_by("-happened_at", "-id")
    )
