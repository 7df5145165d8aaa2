"""The at-risk list: who needs attention first, why, and what has been done about it."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from accounts.queries.matching import text_matches
from accounts.queries.saved_views import saved_views
from cs_platform.dashboards.filters import NOBODY, OVERDUE, AccountFilters
from cs_platform.dashboards.queries.lists import COUNTED, ListPage
from cs_platform.dashboards.queries.overview import last_scored_day, owners
from cs_platform.dashboards.queries.past_lists import past_page
from cs_platform.dashboards.views.common import Scene, answer, opening_redirect, risk_rows
from health.measures import BY_KEY, MEASURES
from health.models import RiskState
from health.queries.at_risk import (
    PAST_ORDER,
    RiskFilters,
    at_risk,
    at_risk_on,
    at_risk_page,
)

PAGE = "at_risk"
PAGE_SIZE = 50
CARDS = 20
# Further back than any overdue renewal: after 30 days it is churn.
OVERDUE_DAYS = 400
OPEN = "open"


def risk_filters(request: HttpRequest, filters: AccountFilters) -> RiskFilters:
    """The URL's filters as the list of risks takes them."""
    state = request.GET.get("state", OPEN)
    reason = request.GET.get("reason", "")
    return RiskFilters(
        owner=None if not filters.owner else 0 if filters.owner == NOBODY else int(filters.owner),
        segment=filters.segment,
        tier=filters.tier,
        stage=filters.stage,
        band="" if filters.band == "none" else filters.band,
        reason=reason if reason in BY_KEY else "",
        states=(state,) if state in RiskState.State.values else (),
        renewal_within=_window(filters.renewal),
        with_snoozed="snoozed" in request.GET,
        with_dismissed="dismissed" in request.GET,
        matching=text_matches(filters.text) if filters.text else Q(),
    )


def _window(renewal: str) -> tuple[int, int] | None:
    if not renewal:
        return None
    return (-OVERDUE_DAYS, -1) if renewal == OVERDUE else (0, int(renewal))


@page(Permission.VIEW)
def at_risk_list(request: HttpRequest) -> HttpResponse:
    """The list, or the same accounts on a board by the state of the work."""
    if not request.GET:
        return opening_redirect(request)
    scene = Scene(request)
    filters = scene.filters()
    wanted = risk_filters(request, filters)
    is_board = request.GET.get("view") == "board" and not scene.is_past
    slug, query = request.workspace.slug, request.GET.urlencode()
    context: dict[str, Any] = {
        "may": scene.may(),
        "wanted": wanted,
        "is_whole": wanted == RiskFilters(),
        "is_board": is_board,
        "state": request.GET.get("state", OPEN),
        "state_choices": [(OPEN, _("Open")), *RiskState.State.choices],
        "reason_choices": [(measure.key, measure.label) for measure in MEASURES],
        "views": saved_views(request.membership, PAGE, query, reverse(PAGE, args=[slug])),
        "save_url": reverse("save_view", args=[slug, PAGE]),
        **scene.filter_context(filters),
    }
    if is_board:
        context["columns"] = _board(wanted, scene.today)
    elif scene.is_past:
        context["day"] = last_scored_day(until=scene.asked[0])
        context["page"] = _past_page(scene, context["day"], wanted)
    else:
        context["page"] = _page(scene, wanted)
    if context.get("page"):
        context["rows"] = risk_rows(context["page"].rows, today=scene.today)
    if not (request.htmx or scene.is_past):
        context["loads"] = _capacity(scene)
    return answer(request, "dashboards/at_risk.html", "dashboards/_at_risk_list.html", context)


def _capacity(scene: Scene) -> list[dict[str, Any]]:
    """Accounts, accounts at risk and expected loss of every owner, the largest loss first."""
    day = last_scored_day(until=scene.today)
    return [
        {**row, "owner": scene.names.get(row["owner_id"], "")}
        for row in sorted(owners(day) if day else [], key=lambda row: -row["expected_loss"])
    ]


def _past_page(scene: Scene, day: dt.date | None, wanted: RiskFilters) -> ListPage | None:
    if day is None:
        return None
    found, purpose = at_risk_on(day, wanted), f"{PAGE}:{day}"
    return scene.page(
        lambda cursor: past_page(found, purpose=purpose, sort=PAST_ORDER, cursor=cursor)
    )


def _page(scene: Scene, wanted: RiskFilters) -> ListPage:
    return scene.page(lambda cursor: _risks(wanted, scene.today, cursor))


def _risks(wanted: RiskFilters, today: dt.date, cursor: str | None) -> ListPage:
    found = at_risk_page(today=today, filters=wanted, limit=PAGE_SIZE, cursor=cursor)
    if found.next is None and found.previous is None:
        total: int | None = len(found.rows)
    else:
        rows = at_risk(today=today, filters=wanted)
        # By key, so that no other workspace's rows are passed on the way; but PostgreSQL does not
        # know how common a reason is, and would sort all that have it.
        rows = rows.order_by() if wanted.reason else rows.order_by("pk")
        counted = rows[: COUNTED + 1].count()
        total = counted if counted <= COUNTED else None
    return ListPage(found.rows, found.next, found.previous, total)


def _board(wanted: RiskFilters, today: dt.date) -> list[dict[str, Any]]:
    """A column per state with its dearest accounts and how many there are."""
    states = RiskState.State.values
    everything = replace(wanted, states=tuple(states))
    counts = dict(
        at_risk(today=today, filters=everything)
        .order_by()
        .values_list("risk_state")
        .annotate(n=Count("pk"))
    )
    return [
        {
            "state": state,
            "label": RiskState.State(state).label,
            "count": counts.get(state, 0),
            "rows": list(at_risk(today=today, filters=replace(wanted, states=(state,)))[:CARDS])
            if counts.get(state)
            else [],
            "hidden": max(counts.get(state, 0) - CARDS, 0),
        }
        for state in states
    ]
