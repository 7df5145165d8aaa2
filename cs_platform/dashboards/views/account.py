"""One account, 360 degrees: overview, usage, timeline, contract."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.core.paging import BadCursor
from cs_platform.dashboards import charts
from cs_platform.dashboards.breakdown import change_words, measure_lines, rule_words
from cs_platform.dashboards.queries import account as queries
from cs_platform.dashboards.queries import usage
from cs_platform.dashboards.queries.timeline import KINDS, timeline
from cs_platform.dashboards.views.common import Scene, answer
from cs_platform.dashboards.wording import KIND_LABELS, entry
from health.queries.explain import explain, history
from health.renewals import wording as renewal_wording
from health.renewals.queries.lists import account_renewals

HISTORY_DAYS = 180


def _context(scene: Scene, account_id: int, tab: str) -> dict[str, Any]:
    """What the header of every tab shows."""
    subject = queries.subject(account_id)
    return {
        "account": subject.account,
        "current": subject.current,
        "risk": subject.risk,
        "today": scene.today,
        "may": scene.may(),
        f"tab_{tab}": True,
    }


@page(Permission.VIEW)
def overview_tab(request: HttpRequest, account_id: int) -> HttpResponse:
    """Why the score is what it is, how it came to be so, and who and what is open."""
    scene = Scene(request)
    context = _context(scene, account_id, "overview")
    account, today = context["account"], scene.today
    explanation = explain(account)
    scored = history(account, HISTORY_DAYS, until=today) if explanation else []
    days = usage.usage_days(account.pk, today=today)
    context |= {
        "explanation": explanation,
        "measures": measure_lines(explanation) if explanation else [],
        "changes": change_words(explanation) if explanation else [],
        "rules": rule_words(explanation) if explanation else [],
        "history": charts.score_history(
            [{"day": row.day, "score": row.score, "band": row.band} for row in scored],
            yellow_from=explanation.version.yellow_from if explanation else 0,
            green_from=explanation.version.green_from if explanation else 0,
        ),
        "history_n": len(scored),
        "has_usage": any(row["events"] for row in days),
        "events": sum(row["events"] for row in days),
        "usage": charts.usage_by_day(days),
        "people": queries.people(account),
        "tasks": queries.open_tasks(account),
    }
    return render(request, "dashboards/account.html", context)


@page(Permission.VIEW)
def usage_tab(request: HttpRequest, account_id: int) -> HttpResponse:
    """What the account's users do: events by name, users against seats, adoption by week."""
    scene = Scene(request)
    context = _context(scene, account_id, "usage")
    account, today = context["account"], scene.today
    days = usage.usage_days(account.pk, today=today)
    found = usage.features(account.pk, today=today)
    shown = found[: usage.FEATURES_SHOWN]
    weeks = usage.weeks_until(today, usage.FEATURE_WEEKS)
    context |= {
        "has_usage": bool(found) or any(row["events"] for row in days),
        "events": sum(row["events"] for row in days),
        "daily": charts.usage_by_day(days),
        "users": charts.active_users(
            usage.weekly_users(account.pk, today=today), seats=account.seats
        ),
        "heatmap": charts.adoption_heatmap(weeks, {f.name: f.by_week for f in shown}),
        "features": found,
        "features_shown": len(shown),
        "heatmap_height": 90 + 22 * len(shown),
        "days_shown": usage.DAYS,
        "weeks_shown": usage.FEATURE_WEEKS,
    }
    return render(request, "dashboards/account_usage.html", context)


@page(Permission.VIEW)
def timeline_tab(request: HttpRequest, account_id: int) -> HttpResponse:
    """Everything that happened to the account, newest first, by kind if asked."""
    scene = Scene(request)
    context = _context(scene, account_id, "timeline")
    kind = request.GET.get("kind", "")
    kinds = (kind,) if kind in KINDS else KINDS
    cursor = request.GET.get("cursor") or None
    options: dict[str, Any] = {"zone": request.workspace.timezone, "names": scene.names}
    try:
        found = timeline(account_id, kinds=kinds, cursor=cursor, **options)
    except BadCursor:
        raise Http404 from None
    context |= {
        "entries": [entry(moment) for moment in found.moments],
        "page": found,
        "kind": kind if kind in KINDS else "",
        "kind_choices": list(KIND_LABELS.items()),
        "is_later": cursor is not None,
    }
    return answer(request, "dashboards/account_timeline.html", "dashboards/_timeline.html", context)


@page(Permission.VIEW)
def contract_tab(request: HttpRequest, account_id: int) -> HttpResponse:
    """The account's contracts and the ledger they are the sum of."""
    scene = Scene(request)
    context = _context(scene, account_id, "contract")
    context |= {
        "contracts": queries.contracts(context["account"]),
        "ledger": queries.ledger(context["account"]),
        "ledger_limit": queries.LEDGER_SHOWN,
        "renewal_rows": renewal_wording.rows(account_renewals(context["account"]), scene.today),
    }
    return render(request, "dashboards/account_contract.html", context)
