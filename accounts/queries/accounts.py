"""One account and what hangs on it."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, AttributeChange, AuditEntry, Contact, Interaction
from cs_platform.core.errors import NotFound


def account(account_id: int) -> Account:
    """The account with its owner and references. Raises ``NotFound``."""
    found = (
        Account.objects.select_related(
            "owner__user", "sales_owner__user", "parent", "referrer", "workspace"
        )
        .filter(pk=account_id)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such account."))
    return found


def contacts(account: Account) -> QuerySet[Contact]:
    """People at an account: those still there first, deciders and champions before others."""
    return Contact.objects.filter(account=account).order_by(
        "-left_on", "-is_decision_maker", "-is_champion", "name", "id"
    )


def interactions(account: Account) -> QuerySet[Interaction]:
    """What was said, newest first."""
    return (
        Interaction.objects.filter(account=account)
        .select_related("contact", "author__user")
        .order_by("-happened_at", "-id")
    )


def changes(account: Account) -> QuerySet[AttributeChange]:
    """The history of what the account is cut by, newest first."""
    return (
        AttributeChange.objects.filter(account=account)
        .select_related("changed_by__user")
        .order_by("-happened_at", "-id")
    )


def audit_log() -> QuerySet[AuditEntry]:
    """Who did what, newest first."""
    return AuditEntry.objects.select_related("actor").order_by("-happened_at", "-id")
