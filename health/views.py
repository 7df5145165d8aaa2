"""The scorecard, and the small forms by which people work on a risk."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account
from accounts.permissions import Permission
from accounts.queries.workspaces import today
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from health.actions import clear_flag, flag_risk, mark_not_a_risk, move_state, snooze, unsnooze
from health.forms import FORMS
from health.measures import BY_KEY, EXCEPTION_LABELS, GROUP_LABELS, PERCENTILE, UNIT_LABELS, Measure
from health.models import RiskState
from health.queries import risk_notes, risk_state
from health.scorecards import published_version

# Told to the page by htmx, so that lists showing the account fetch themselves again.
CHANGED = "risk-changed"

_ACTIONS: dict[str, Callable[..., RiskState]] = {
    "snooze": snooze,
    "dismiss": mark_not_a_risk,
    "flag": flag_risk,
    "move": move_state,
    "unsnooze": unsnooze,
    "unflag": clear_flag,
}


@dataclass(frozen=True)
class MeasureCard:
    """One measure of a scorecard as its page shows it; ``share`` is of the weight, in percent.

    ``line`` is the break points as an SVG polyline in a box of 200 × 60; empty for percentiles.
    """

    measure: Measure
    group: Any
    unit: Any
    weight: float
    share: float
    points: list[tuple[float, float]]
    line: str


@page(Permission.VIEW)
def scorecard(request: HttpRequest) -> HttpResponse:
    """The scorecard in force: measures, weights, break points, bands and exceptions."""
    version = published_version(now=clock.now())
    total = sum(entry["weight"] for entry in version.measures)
    rules = [{**rule, "label": EXCEPTION_LABELS.get(rule["key"], rule["key"])}
             for rule in version.exceptions]  # fmt: skip
    context = {
        "version": version,
        "cards": [_card(entry, total) for entry in version.measures],
        "exceptions": rules,
        "minimum_coverage": version.minimum_coverage,
    }
    return render(request, "health/scorecard.html", context)


def _card(entry: dict[str, Any], total: float) -> MeasureCard:
    measure = BY_KEY[entry["key"]]
    points = [] if entry["points"] == PERCENTILE else [(x, y) for x, y in entry["points"]]
    return MeasureCard(
        measure=measure,
        group=GROUP_LABELS[measure.group],
        unit=UNIT_LABELS[measure.unit],
        weight=entry["weight"],
        share=entry["weight"] / total,
        points=points,
        line=_polyline(points),
    )


def _polyline(points: list[tuple[float, float]]) -> str:
    if not points:
        return ""
    low, high = points[0][0], points[-1][0]
    margin = (high - low or 1) * 0.1
    drawn = [(low - margin, points[0][1]), *points, (high + margin, points[-1][1])]
    width = high - low + 2 * margin
    return " ".join(f"{200 * (x - low + margin) / width:.1f},{58 - 0.56 * y:.1f}" for x, y in drawn)


@page(Permission.WORK_RISK)
def risk_panel(request: HttpRequest, account_id: int) -> HttpResponse:
    """What can be done about one account's risk, and what was done so far: a partial."""
    return _panel(request, _account(account_id))


@page(Permission.WORK_RISK, methods=("POST",))
def risk_action(request: HttpRequest, account_id: int, verb: str) -> HttpResponse:
    """Do one of the risk actions.

    Answers htmx with the panel (422 with errors where the input is not accepted), others with a
    redirect to ``next`` or to the account.
    """
    account = _account(account_id)
    if verb not in _ACTIONS:
        raise Http404
    form = FORMS[verb][0](request.POST)
    if form.is_valid():
        try:
            _ACTIONS[verb](
                actor=Actor.of(request.membership),
                now=clock.now(),
                account=account,
                **form.cleaned_data,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    if form.errors:
        return _panel(request, account, failed=(verb, form))
    if request.htmx:
        response = _panel(request, account)
        response["HX-Trigger"] = json.dumps({CHANGED: {"account": account.pk}})
        return response
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = reverse("account", args=[request.workspace.slug, account.pk])
    return HttpResponseRedirect(target)


def _account(account_id: int) -> Account:
    found = Account.objects.filter(pk=account_id).first()
    if found is None:
        raise Http404
    return found


def _panel(
    request: HttpRequest, account: Account, *, failed: tuple[str, forms.Form] | None = None
) -> HttpResponse:
    risk = risk_state(account)
    day = today(clock.now())
    is_snoozed = bool(risk and risk.snoozed_until and risk.snoozed_until >= day)
    verbs = ["move", "unsnooze" if is_snoozed else "snooze", "dismiss"]
    verbs.append("unflag" if risk and risk.is_flagged else "flag")
    offered = []
    for verb in verbs:
        form_class, label = FORMS[verb]
        initial: dict[str, object] = {"until": day + dt.timedelta(weeks=1)}
        if risk:
            initial["state"] = risk.state
        form = form_class(initial=initial, auto_id=f"id_{verb}_%s")
        is_failed = failed is not None and failed[0] == verb
        if failed is not None and is_failed:
            form = failed[1]
            form.auto_id = f"id_{verb}_%s"
        offered.append({"verb": verb, "label": label, "form": form, "is_open": is_failed})
    context = {
        "account": account,
        "risk": risk,
        "is_snoozed": is_snoozed,
        "offered": offered,
        "notes": risk_notes(account)[:20],
        "next": request.POST.get("next", ""),
    }
    template = "health/_risk_panel.html" if request.htmx else "health/risk.html"
    return render(request, template, context, status=422 if failed else 200)
