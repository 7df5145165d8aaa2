"""Open loops: who is still owed an answer to a bad one."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from accounts.models import Membership
from metrics.surveys.models import FollowUp, Survey

_OPEN = ~Q(state=FollowUp.State.RESOLVED)


def follow_ups() -> QuerySet[FollowUp]:
    """Every follow-up with what a list shows of it."""
    return FollowUp.objects.select_related(
        "response__account", "response__contact", "response__survey", "owner__user", "task"
    )


def listed() -> QuerySet[FollowUp]:
    """Follow-ups for a long list: they are found by their own table alone, the rest looked up."""
    return FollowUp.objects.prefetch_related(
        "response__account", "response__contact", "owner__user"
    )


def open_of(found: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Those of them that are not resolved."""
    return found.filter(_OPEN)


def open_follow_ups(*, owner: Membership | None = None) -> QuerySet[FollowUp]:
    """Those not resolved, of one owner or of all."""
    found = open_of(follow_ups())
    return found if owner is None else found.filter(owner=owner)


def open_count(*, survey: Survey | None = None) -> int:
    """How many loops are open, of one survey or of all."""
    found = FollowUp.objects.filter(_OPEN)
    return (found if survey is None else found.filter(survey=survey)).count()


def counts(*, today: dt.date, owner: Membership | None = None) -> dict[str, int]:
    """Open loops and the overdue ones among them."""
    found = FollowUp.objects.filter(_OPEN)
    if owner is not None:
        found = found.filter(owner=owner)
    overdue = Q(state=FollowUp.State.OPEN, due_on__lt=today)
    return found.aggregate(open=Count("pk"), overdue=Count("pk", filter=overdue))


def of_account(account_id: int, *, limit: int) -> list[FollowUp]:
    """An account's loops: open ones first, then the latest."""
    found = follow_ups().filter(response__account_id=account_id)
    return list(found.order_by("resolved_at", "-opened_at")[:limit])


def by_response(response_ids: Iterable[int]) -> dict[int, FollowUp]:
    """Follow-ups by the response they belong to."""
    found = FollowUp.objects.filter(response_id__in=list(response_ids))
    return {follow_up.response_id: follow_up for follow_up in found.select_related("owner__user")}
