"""One account's satisfaction: what its people answered, and what was done about it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.dashboards.queries.account import subject
from cs_platform.dashboards.views.common import Scene
from metrics.surveys import charts
from metrics.surveys.models import Span
from metrics.surveys.queries import account as queries
from metrics.surveys.queries import follow_ups
from metrics.surveys.queries.letters import waiting_letters

_COMMENTS = 20
_LOOPS = 20
_LETTERS = 20


@page(Permission.VIEW)
def satisfaction_tab(request: HttpRequest, account_id: int) -> HttpResponse:
    """Latest grades per person, their trend, comments and loops."""
    scene = Scene(request)
    found = subject(account_id)
    zone = request.workspace.timezone
    context: dict[str, Any] = {
        "account": found.account,
        "current": found.current,
        "risk": found.risk,
        "today": scene.today,
        "may": scene.may(),
        "tab_satisfaction": True,
        "parts": [
            {
                "kind": part.scale.kind,
                "label": part.scale.kind.upper(),
                "scale": part.scale,
                "tally": part.tally,
                "figure": part.tally.figure,
                "places": charts.decimals(part.scale),
                "people": part.people,
                "trend": charts.trend(part.quarters, part.scale, Span.QUARTER),
                "trend_n": sum(quarter.tally.n for quarter in part.quarters),
                "unit": charts.axis_title(part.scale),
            }
            for part in queries.satisfaction(account_id, today=scene.today, zone=zone)
        ],
        "comments": queries.account_comments(account_id, limit=_COMMENTS),
        "loops": follow_ups.of_account(account_id, limit=_LOOPS),
        "letters": waiting_letters(account_id, limit=_LETTERS),
    }
    return render(request, "dashboards/account_satisfaction.html", context)
