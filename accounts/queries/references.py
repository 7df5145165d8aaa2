"""Rows by what the outside calls them, many at a time."""

from collections.abc import Iterable

from django.db.models.functions import Lower

from accounts.models import Account, Contact, Membership
from cs_platform.core.tenancy import current_workspace_id


def members_by_email(emails: Iterable[str]) -> dict[str, Membership]:
    """Active members of the open scope by case-folded address."""
    wanted = [email.casefold() for email in emails]
    if not wanted:
        return {}
    found = (
        Membership.objects.filter(workspace_id=current_workspace_id(), is_active=True)
        .alias(address=Lower("user__email"))
        .filter(address__in=wanted)
        .select_related("user")
    )
    return {member.user.email.casefold(): member for member in found}


def accounts_by_external_id(ids: Iterable[str]) -> dict[str, Account]:
    """Accounts of the open scope by external id."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {a.external_id: a for a in Account.objects.filter(external_id__in=wanted)}


def contacts_by_external_id(ids: Iterable[str]) -> dict[str, Contact]:
    """Contacts of the open scope by external id."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {c.external_id: c for c in Contact.objects.filter(external_id__in=wanted)}
