"""The at-risk list (解約リスク顧客): who needs attention, dearest first."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import F, Q, QuerySet

from cs_platform.core import paging
from health.models import AccountCurrent, RiskState, ScoreDay

OPEN_STATES = (RiskState.State.NEW, RiskState.State.WORKING, RiskState.State.WAITING)
_PURPOSE = "at-risk:expected-loss"


@dataclass(frozen=True)
class RiskFilters:
    """What a list is cut to; the defaults are the whole list.

    ``owner`` 0 is "nobody's". The renewal window is days from today, both ends included.
    ``reason`` is the key of a measure among the top reasons. ``states`` empty means the open ones.
    ``matching`` is a further condition on the current rows. A past day has neither tier nor that.
    """

    owner: int | None = None
    segment: str = ""
    tier: str = ""
    stage: str = ""
    band: str = ""
    reason: str = ""
    states: tuple[str, ...] = ()
    renewal_within: tuple[int, int] | None = None
    with_snoozed: bool = False
    with_dismissed: bool = False
    matching: Q = field(default_factory=Q)


def at_risk(*, today: dt.date, filters: RiskFilters | None = None) -> QuerySet[AccountCurrent]:
    """Accounts in the yellow or red band, and those flagged by judgement, green ones included.

    Snoozed ones, those marked "not a risk" and settled ones (saved, lost) are left out unless
    asked for. Sorted by expected loss; the nearer deadline or renewal breaks ties. ``today`` is
    the workspace-local day.
    """
    filters = filters or RiskFilters()
    found = AccountCurrent.objects.filter(
        _shared(filters, today),
        filters.matching,
        is_at_risk=True,
        risk_state__in=filters.states or OPEN_STATES,
    )
    if filters.tier:
        found = found.filter(tier=filters.tier)
    if filters.reason:
        found = found.filter(reasons__contains=[{"measure": filters.reason}])
    if not filters.with_snoozed:
        found = found.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lt=today))
    if not filters.with_dismissed:
        found = found.filter(is_dismissed=False)
    return found.select_related("owner__user").order_by(
        F("expected_loss").desc(nulls_last=True), F("urgency_on").asc(nulls_last=True), "id"
    )


def at_risk_on(day: dt.date, filters: RiskFilters | None = None) -> QuerySet[ScoreDay]:
    """The same list as of a past day, off the score-days; workflow states have no history here."""
    return ScoreDay.objects.filter(
        _shared(filters or RiskFilters(), day),
        Q(band__in=("yellow", "red")) | Q(is_flagged=True),
        day=day,
        series=ScoreDay.Series.LIVE,
    ).order_by(
        F("expected_loss").desc(nulls_last=True), F("renewal_on").asc(nulls_last=True), "account_id"
    )


def _shared(filters: RiskFilters, today: dt.date) -> Q:
    condition = Q()
    if filters.owner is not None:
        condition &= Q(owner_id=filters.owner) if filters.owner else Q(owner_id__isnull=True)
    for name in ("segment", "stage", "band"):
        if value := getattr(filters, name):
            condition &= Q(**{name: value})
    if filters.renewal_within is not None:
        first, last = (today + dt.timedelta(days=days) for days in filters.renewal_within)
        condition &= Q(renewal_on__range=(first, last))
    return condition


def at_risk_page(
    *,
    today: dt.date,
    filters: RiskFilters | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page:
    """One keyset page of `at_risk` in its own order. Raises ``paging.BadCursor``."""
    return _page(at_risk(today=today, filters=filters), limit, cursor)


def at_risk_ids(
    *, today: dt.date, filters: RiskFilters, limit: int, cursor: str | None = None
) -> paging.Page:
    """As ``at_risk_page``, with rows of nothing but their ``id`` and what they are sorted by."""
    rows = at_risk(today=today, filters=filters).values("id", "expected_loss", "urgency_on")
    return _page(rows, limit, cursor)


def _page(rows: QuerySet[Any], limit: int, cursor: str | None) -> paging.Page:
    position = paging.decode(_PURPOSE, cursor) if cursor else None
    backward = position is not None and position.backward
    if position is not None:
        rows = rows.filter(_beyond(*position.values, backward=backward))
    if backward:
        rows = rows.reverse()
    found = list(rows[: limit + 1])
    is_more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    has_next = bool(found) and (is_more or backward)
    has_previous = bool(found) and (is_more if backward else position is not None)
    return paging.Page(
        found,
        _encode(found[-1], backward=False) if has_next else None,
        _encode(found[0], backward=True) if has_previous else None,
    )


def _encode(row: Any, *, backward: bool) -> str:
    read = row.get if isinstance(row, dict) else partial(getattr, row)
    position = tuple(read(name) for name in ("expected_loss", "urgency_on", "id"))
    return paging.encode(_PURPOSE, paging.Cursor(position, backward))


def _beyond(loss: str | None, urgency: str | None, pk: int, *, backward: bool) -> Q:
    """Rows after the position in the order (loss descending, urgency ascending, id), or before it;
    empty values come last in both columns."""
    later = {"id__lt": pk} if backward else {"id__gt": pk}
    same_loss = Q(expected_loss__isnull=True) if loss is None else Q(expected_loss=Decimal(loss))
    if urgency is None:
        after_urgency = Q(urgency_on__isnull=True, **later)
        if backward:
            after_urgency |= Q(urgency_on__isnull=False)
    else:
        beyond = Q(urgency_on__lt=urgency) if backward else Q(urgency_on__gt=urgency)
        after_urgency = Q(urgency_on=urgency, **later) | beyond
        if not backward:
            after_urgency |= Q(urgency_on__isnull=True)
    condition = same_loss & after_urgency
    if loss is None:
        return condition | Q(expected_loss__isnull=False) if backward else condition
    if backward:
        return condition | Q(expected_loss__gt=Decimal(loss))
    return condition | Q(expected_loss__lt=Decimal(loss)) | Q(expected_loss__isnull=True)
