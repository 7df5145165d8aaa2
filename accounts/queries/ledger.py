"""What the contract ledger says."""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.ledger import State, Stretch
from accounts.models import Account, ContractEvent, Subscription

_STATELESS = (ContractEvent.Kind.VOID, ContractEvent.Kind.ONE_OFF)


def last_states(subscription_ids: Iterable[int]) -> dict[int, State]:
    """The state after the last entry of each contract, by id; one query.

    A contract whose entries were all voided is left out.
    """
    entries = (
        ContractEvent.objects.filter(
            subscription_id__in=list(subscription_ids), voided_by__isnull=True
        )
        .exclude(kind__in=_STATELESS)
        .select_related("plan")
        .order_by("subscription_id", "-effective_on", "-id")
        .distinct("subscription_id")
    )
    return {entry.subscription_id: state_of(entry) for entry in entries}


def state_of(entry: ContractEvent) -> State:
    """The state that holds from an entry on."""
    return State(
        since=entry.effective_on,
        starts_on=entry.starts_on,  # type: ignore[arg-type]
        plan=entry.plan,
        seats=entry.seats,
        unit_price=entry.unit_price,
        mrr=entry.mrr,
        currency=entry.currency,
        billing_months=entry.billing_months,
        term_ends_on=entry.term_ends_on,
        term_months=entry.term_months,
        auto_renew=entry.auto_renew,
        notice_deadline_on=entry.notice_deadline_on,
        notice_given_on=entry.notice_given_on,
        is_paused=entry.is_paused,
        ended_on=entry.last_paid_on if entry.kind == ContractEvent.Kind.CHURN else None,
    )


def ledger(account: Account) -> QuerySet[ContractEvent]:
    """Every entry of an account's contracts, newest first, voided ones with what voided them."""
    return (
        ContractEvent.objects.filter(account=account)
        .select_related("subscription__product", "plan", "recorded_by__user", "voids", "voided_by")
        .order_by("-effective_on", "-id")
    )


def stretches(account_ids: Iterable[int]) -> dict[int, list[Stretch]]:
    """The contracts of accounts as stretches of time, by account; one query."""
    found: dict[int, list[Stretch]] = {}
    rows = (
        Subscription.objects.filter(account_id__in=list(account_ids))
        .exclude(status=Subscription.Status.VOIDED)
        .values_list("account_id", "product_id", "starts_on", "ended_on")
    )
    for account_id, product_id, starts_on, ended_on in rows:
        found.setdefault(account_id, []).append(Stretch(product_id, starts_on, ended_on))
    return found
