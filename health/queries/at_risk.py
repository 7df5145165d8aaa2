"""The at-risk list (解約リスク顧客): who needs attention, dearest first."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from cs_platform.core import paging
from cs_platform.core.listing import Listing
from cs_platform.core.paging import Sort
from health.models import AccountCurrent, RiskState, ScoreDay
from health.queries.past import scored_on

OPEN_STATES = (RiskState.State.NEW, RiskState.State.WORKING, RiskState.State.WAITING)
RISKS = "at-risk"
RISK_ORDER = (
    Sort("loss_order", descending=True, nulls_last=True),
    Sort("urgency_on"),
    Sort("pk"),
)
PAST_ORDER = (
    Sort("expected_loss", descending=True, nulls_last=True),
    Sort("renewal_on"),
    Sort("account_id"),
)


@dataclass(frozen=True)
class RiskFilters:
    """What a list is cut to; the defaults are the whole list.

    ``owner`` 0 is "nobody's". The renewal window is days from today, both ends included.
    ``reason`` is the key of a measure among the top reasons. ``states`` empty means the open ones.
    ``matching`` is a further condition on the rows.
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
    found = risk_listing(today, filters).rows().filter(filters.matching)
    return found.select_related("owner__user").order_by(*(sort.expression() for sort in RISK_ORDER))


def risk_listing(today: dt.date, filters: RiskFilters) -> Listing:
    """The accounts of ``at_risk``, but for what is asked by ``matching``."""
    wanted = {
        **_shared(filters, today),
        "is_at_risk": True,
        "risk_state__among": list(filters.states or OPEN_STATES),
    }
    if filters.tier:
        wanted["tier"] = filters.tier
    if filters.reason:
        wanted["reasons__contains"] = [{"measure": filters.reason}]
    if not filters.with_dismissed:
        wanted["is_dismissed"] = False
    unwanted = {} if filters.with_snoozed else {"snoozed_until__gte": today}
    return Listing(AccountCurrent, wanted, unwanted)


def at_risk_on(day: dt.date, filters: RiskFilters | None = None) -> QuerySet[ScoreDay]:
    """The same accounts as of a past day, off the score-days, in the order ``PAST_ORDER``.

    Reasons and the state of the work have no history here: those filters are not heeded.
    """
    filters = filters or RiskFilters()
    return scored_on(day, tier=filters.tier).filter(
        Q(band__in=("yellow", "red")) | Q(is_flagged=True),
        filters.matching,
        **_shared(filters, day),
    )


def _shared(filters: RiskFilters, today: dt.date) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if filters.owner == 0:
        wanted["owner_id__isnull"] = True
    elif filters.owner is not None:
        wanted["owner_id"] = filters.owner
    for name in ("segment", "stage", "band"):
        if value := getattr(filters, name):
            wanted[name] = value
    if filters.renewal_within is not None:
        first, last = (today + dt.timedelta(days=days) for days in filters.renewal_within)
        wanted |= {"renewal_on__gte": first, "renewal_on__lte": last}
    return wanted


def at_risk_page(
    *,
    today: dt.date,
    filters: RiskFilters | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page:
    """One keyset page of `at_risk` in its own order. Raises ``paging.BadCursor``."""
    rows = at_risk(today=today, filters=filters)
    return paging.page_of(rows, purpose=RISKS, sort=RISK_ORDER, limit=limit, cursor=cursor)
