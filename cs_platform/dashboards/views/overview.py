"""The team's page: where the book of business stands, and where it moved."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import HttpRequest, page
from accounts.models import Account
from accounts.permissions import Permission
from cs_platform.core.templatetags.formats import (
    day_short,
    money_short,
    number,
    points,
    signed,
)
from cs_platform.dashboards import charts
from cs_platform.dashboards.queries import overview as queries
from cs_platform.dashboards.views.common import Scene

BAND_ORDER = ("green", "yellow", "red", "")
OWNERS_SHOWN = 15


@page(Permission.VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """Key figures, health and its movement, revenue at risk, renewals, onboarding, workload."""
    scene = Scene(request)
    asked, problem = scene.asked
    day = queries.last_scored_day(until=asked)
    context: dict[str, Any] = {
        "asked": asked,
        "day": day,
        "today": scene.today,
        "is_today": asked == scene.today,
        "problem": problem,
    }
    if day is None:
        return render(request, "dashboards/overview.html", context)
    now, before = queries.standing(day), queries.totals(day - queries.WEEK)
    before_day = day - queries.WEEK if before else None
    labels: dict[Any, Any] = {**scene.names, None: _("No owner")}
    context |= {
        "totals": now.totals,
        **_changes(request, now.totals, before),
        "since": _("since %(day)s") % {"day": day_short(before_day)} if before_day else "",
        "before_day": before_day,
        **_links(request, asked if asked < scene.today else None),
        "bands": [(band, now.bands.get(band, 0)) for band in BAND_ORDER],
        "distribution": charts.health_distribution(now.histogram),
        **_risk_charts(request, now, labels),
        "renewals": charts.renewals_by_month(now.renewals, currency=request.workspace.currency),
        "renewals_n": sum(row["accounts"] for row in now.renewals),
        "moves": _matrix(now.moves) if now.moves else None,
        "workload": _workload(now.owners, labels, scene) if asked == scene.today else None,
        "onboarding": queries.onboarding(scene.today) if asked == scene.today else None,
    }
    return render(request, "dashboards/overview.html", context)


def _links(request: HttpRequest, past: dt.date | None) -> dict[str, str]:
    """Addresses of the accounts behind a figure, as of the same day."""
    everybody = f"?owner=all&as_of={past}" if past else "?owner=all"
    accounts = reverse("accounts", args=[request.workspace.slug]) + everybody
    return {
        "accounts_url": accounts,
        "at_risk_url": reverse("at_risk", args=[request.workspace.slug]) + everybody,
        "arr_url": f"{accounts}&sort=-mrr",
        "health_url": f"{accounts}&sort=score",
        "no_data_url": f"{accounts}&band=none",
    }


def _changes(
    request: HttpRequest, now: queries.Totals, before: queries.Totals | None
) -> dict[str, Any]:
    """What each key figure has changed by since the earlier day, with its sign."""
    mean = _("mean %(mean)s") % {"mean": number(now.mean_score, 1)}
    if before is None:
        return {"change": {}, "mean_note": mean}
    currency = request.workspace.currency

    def money_change(name: str) -> str:
        # Whole units: sums of binary fractions differ in their last digits.
        difference = round(getattr(now, name) - getattr(before, name)) or 0
        return ("+" if difference > 0 else "") + money_short(difference, currency)

    def change(name: str, decimals: int = 0) -> str:
        new, old = getattr(now, name), getattr(before, name)
        return "" if new is None or old is None else signed(new - old, decimals)

    coverage = None
    if now.coverage is not None and before.coverage is not None:
        coverage = now.coverage - before.coverage
    return {
        "mean_note": mean,
        "change": {
            "accounts": change("accounts"),
            "arr": money_change("arr"),
            "at_risk": change("at_risk"),
            "arr_at_risk": money_change("arr_at_risk"),
            "expected_loss": money_change("expected_loss"),
            "median": change("median_score", 1),
            "coverage": "" if coverage is None else points(coverage),
        },
    }


def _risk_charts(
    request: HttpRequest, now: queries.Standing, labels: dict[int | None, str]
) -> dict[str, Any]:
    segments = dict(Account.Segment.choices)

    def largest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        at_risk = [row for row in rows if row["arr_at_risk"]]
        return sorted(at_risk, key=lambda row: row["expected_loss"], reverse=True)[:OWNERS_SHOWN]

    def named(rows: list[dict[str, Any]], names: Any, key: str) -> list[dict[str, Any]]:
        return [
            {**row, "label": names.get(row[key]) or _("None given"), "accounts": row["at_risk"]}
            for row in rows
        ]

    currency = request.workspace.currency
    return {
        "by_owner": charts.money_bars(
            named(largest(now.owners), labels, "owner_id"),
            label=pgettext("account", "Owner"),
            currency=currency,
        ),
        "by_segment": charts.money_bars(
            named(largest(now.segments), segments, "segment"),
            label=_("Segment"),
            currency=currency,
        ),
    }


def _matrix(moves: list[queries.Move]) -> dict[str, Any]:
    """Rows: the band a week ago; columns: the band now. And how many got worse, and better."""
    cells: dict[tuple[str, str], queries.Move] = {(m.old_band, m.new_band): m for m in moves}
    rank = {"green": 2, "yellow": 1, "red": 0}
    changed: dict[str, int] = defaultdict(int)
    for (old, new), move in cells.items():
        if old in rank and new in rank and old != new:
            changed["better" if rank[new] > rank[old] else "worse"] += move.accounts
    seen = {band for pair in cells for band in pair}
    shown = [band for band in BAND_ORDER if band or band in seen]
    return {
        "columns": shown,
        "rows": [
            {
                "band": old,
                "cells": [{"move": cells.get((old, new)), "is_same": old == new} for new in shown],
            }
            for old in shown
        ],
        "better": changed["better"],
        "worse": changed["worse"],
        "n": sum(move.accounts for move in moves),
    }


def _workload(
    owners: list[dict[str, Any]], labels: dict[int | None, str], scene: Scene
) -> list[dict[str, Any]]:
    tasks = queries.workload(scene.today)
    slug = scene.request.workspace.slug
    rows = []
    for row in owners:
        owner_id = row["owner_id"]
        query = urlencode({"owner": owner_id or "none"})
        rows.append(
            {
                **row,
                "label": labels.get(owner_id, "—"),
                "open_tasks": tasks.get(owner_id, {}).get("open_tasks", 0),
                "overdue_tasks": tasks.get(owner_id, {}).get("overdue_tasks", 0),
                "url": f"{reverse('accounts', args=[slug])}?{query}",
                "risk_url": f"{reverse('at_risk', args=[slug])}?{query}",
            }
        )
    return sorted(rows, key=lambda row: (-row["expected_loss"], row["label"]))
