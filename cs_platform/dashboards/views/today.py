"""Today: what needs me, what is due, what is near, what changed, and what went well."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.dashboards.queries import today as queries
from cs_platform.dashboards.queries.account import owned_by
from cs_platform.dashboards.views.common import Scene, answer, risk_rows
from health.queries.at_risk import RiskFilters, at_risk
from metrics.surveys.queries import follow_ups
from metrics.surveys.queries.account import new_answers

MINE, TEAM = "mine", "team"
# What one person can work on in a day.
NEEDS_YOU = 10


@page(Permission.VIEW)
def today(request: HttpRequest) -> HttpResponse:
    """The reader's own day; the team's for those without accounts, or with ``?scope=team``."""
    scene = Scene(request)
    me = request.membership
    has_own = owned_by(me)
    asked = request.GET.get("scope", "")
    is_mine = has_own and asked != TEAM
    owner_id = me.pk if is_mine else None
    risks = at_risk(today=scene.today, filters=RiskFilters(owner=owner_id))
    need = list(risks[: NEEDS_YOU + 1])
    moves = queries.band_moves(owner_id=owner_id, today=scene.today)
    context: dict[str, Any] = {
        "today": scene.today,
        "greeting": _greeting(scene),
        "is_mine": is_mine,
        "has_own": has_own,
        "may": scene.may(),
        "needs": risk_rows(need[:NEEDS_YOU], today=scene.today),
        "has_more_needs": len(need) > NEEDS_YOU,
        "needs_count": len(need[:NEEDS_YOU]),
        "counts": queries.counts(owner_id=owner_id, today=scene.today),
        "tasks": list(queries.due_tasks(me if is_mine else None, today=scene.today)),
        "deadlines": queries.deadlines(owner_id=owner_id, today=scene.today),
        "changed": moves[1],
        "recovered": [row for row in moves[queries.NEWS_DAYS] if row["is_better"]],
        "expansions": queries.expansions(owner_id=owner_id, today=scene.today),
        "answers": new_answers(
            since=scene.now - dt.timedelta(days=queries.NEWS_DAYS),
            owner_id=owner_id,
            limit=queries.ROWS,
        ),
        "open_loops": follow_ups.counts(today=scene.today, owner=me if is_mine else None),
        "list_owner": owner_id or "all",
    }
    return answer(request, "dashboards/today.html", "dashboards/_today.html", context)


def _greeting(scene: Scene) -> str:
    name = str(scene.request.membership.user)
    hour = timezone.localtime(scene.now).hour
    if 4 <= hour < 11:
        return _("Good morning, %(name)s") % {"name": name}
    if 11 <= hour < 18:
        return _("Hello, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}
