"""What the page of one account shows beside its score and its usage."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q
from django.shortcuts import get_object_or_404

from accounts.models import Account, Contact, ContractEvent, Membership, Subscription, Task
from health.models import AccountCurrent, RiskState

LEDGER_SHOWN = 200
PEOPLE_SHOWN = 50
TASKS_SHOWN = 20


@dataclass(frozen=True)
class Subject:
    """An account, its row in the lists and its risk; the latter two may not exist yet."""

    account: Account
    current: AccountCurrent | None
    risk: RiskState | None


def subject(account_id: int) -> Subject:
    """The account of the open scope with that id, or 404.

    Its ``is_lost`` says whether it was a customer and all its contracts have ended.
    """
    counted = Subscription.objects.filter(account=OuterRef("pk")).exclude(
        status__in=[Subscription.Status.VOIDED, Subscription.Status.UPCOMING]
    )
    ended = Q(status=Subscription.Status.ENDED)
    account = get_object_or_404(
        Account.objects.select_related(
            "owner__user", "sales_owner__user", "parent", "referrer"
        ).annotate(is_lost=Exists(counted.filter(ended)) & ~Exists(counted.exclude(ended))),
        pk=account_id,
    )
    return Subject(
        account,
        AccountCurrent.objects.select_related("version").filter(account=account).first(),
        RiskState.objects.select_related("flagged_by__user").filter(account=account).first(),
    )


def people(account: Account) -> list[Contact]:
    """Contacts at the account: those still there first, decision-makers and champions on top."""
    return list(
        Contact.objects.filter(account=account).order_by(
            F("left_on").desc(nulls_first=True), "-is_decision_maker", "-is_champion", "name", "id"
        )[:PEOPLE_SHOWN]
    )


def open_tasks(account: Account) -> list[Task]:
    """Open tasks of the account, the most urgent first."""
    return list(
        Task.objects.filter(account=account, done_at__isnull=True)
        .select_related("owner__user")
        .order_by(F("due_on").asc(nulls_last=True), "id")[:TASKS_SHOWN]
    )


def contracts(account: Account) -> list[Subscription]:
    """The account's contracts, running ones first."""
    found = Subscription.objects.filter(account=account).select_related("product", "plan")
    return list(found.order_by(F("ended_on").desc(nulls_first=True), "-starts_on", "id"))


def ledger(account: Account) -> list[ContractEvent]:
    """The contract ledger, the latest entry first; at most ``LEDGER_SHOWN`` entries."""
    return list(
        ContractEvent.objects.filter(account=account)
        .select_related("subscription__product", "plan", "recorded_by__user", "voided_by")
        .order_by("-effective_on", "-id")[:LEDGER_SHOWN]
    )


def owned_by(member: Membership) -> bool:
    """Whether the member looks after any account."""
    return AccountCurrent.objects.filter(owner=member).exists()
