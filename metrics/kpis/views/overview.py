"""The metrics of the workspace on one page, and the parts of it that are pages of their own."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.core.templatetags.formats import money_short, number
from metrics.kpis import charts
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import Figure, Period
from metrics.kpis.queries.figures import churn_reasons
from metrics.kpis.queries.goals import next_goals
from metrics.kpis.queries.lifetime import ltv_by, survival
from metrics.kpis.queries.periods import last_refresh
from metrics.kpis.queries.revenue import bridge, cohort_table
from metrics.kpis.queries.series import series
from metrics.kpis.queries.shapes import (
    Bridge,
    CohortTable,
    CurvePoint,
    Ltv,
    PeriodView,
    SurvivalCurve,
)
from metrics.kpis.views.cards import HEADLINE, SPARK, cards, metric_url
from metrics.kpis.views.lens import Lens, month_text
from metrics.kpis.views.waiting import is_polled, not_yet, part_or_page, refreshed
from metrics.surveys import charts as survey_charts
from metrics.surveys.models import Span, Survey
from metrics.surveys.queries import results

# Beyond these a chart cannot be read; the page of the KPI has all of them.
CURVES = 4
COHORTS = 24
STEPS_DRAWN = 60
STEPS: dict[str, Any] = {
    "start": pgettext_lazy("revenue bridge", "Start"),
    "new": pgettext_lazy("revenue bridge", "New"),
    "reactivation": _("Returned"),
    "expansion": pgettext_lazy("revenue bridge", "Expansion"),
    "contraction": _("Contraction"),
    "churn": pgettext_lazy("revenue bridge", "Churn"),
    "end": pgettext_lazy("revenue bridge", "End"),
}
# Answers add up over no other periods.
_KINDS_OF_ANSWERS = (Period.Kind.MONTH, Period.Kind.QUARTER)
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Revenue"), ("mrr", "arr", "customers", "ltv-revenue", "ltv-margin")),
    (
        _("Churn and retention"),
        (
            "customer-churn",
            "logo-retention",
            "revenue-churn-gross",
            "revenue-churn-cancelled",
            "revenue-churn-net",
            "grr",
            "nrr",
            "early-churn",
            "mean-tenure",
            "retention-6m",
            "retention-12m",
        ),
    ),
    (
        _("Renewal and growth"),
        (
            "renewal-rate",
            "renewal-rate-value",
            "upsell-rate",
            "upsell-rate-value",
            "cross-sell-rate",
            "cross-sell-rate-value",
            "referrals",
        ),
    ),
    (_("Onboarding"), ("onboarding-completion", "onboarding-days")),
)


@page(Permission.VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """KPI row, every KPI with its trend, revenue bridge, churn reasons, LTV by segment."""
    lens = Lens(request)
    period = lens.period
    context = {**lens.context(), "tab_overview": True}
    if period is None:
        return not_yet(request, lens, "kpis/overview.html", context)
    if is_polled(request):
        return refreshed()
    found = cards(
        series(lens.shown[:SPARK], KPIS),
        lens,
        next_goals(list(KPIS), lens.kind, today=lens.today),
    )
    context |= {
        "headline": [found[slug] for slug in HEADLINE if slug in found],
        "groups": [
            (label, [found[slug] for slug in slugs if slug in found]) for label, slugs in GROUPS
        ],
        "previous": lens.label(lens.previous) if lens.previous else "",
        "bridge": _bridge(bridge(period), lens),
        "reasons": _reasons(period, lens),
        "ltv": _ltv(ltv_by(period, Figure.Dimension.SEGMENT), lens),
        "refreshed_at": last_refresh(),
    }
    return render(request, "kpis/overview.html", context)


@page(Permission.VIEW)
def cohorts(request: HttpRequest) -> HttpResponse:
    """What is left of each cohort, of its customers and of its revenue."""
    lens = Lens(request)
    period = lens.period
    context = {**lens.context(), "tab_cohorts": True}
    if period is None:
        return not_yet(request, lens, "kpis/cohorts.html", context)
    if is_polled(request):
        return refreshed()
    by = "quarter" if lens.request.GET.get("by") == "quarter" else "month"
    customers, revenue = (
        cohort_table(kind, by, until=period.last_on, as_of=lens.as_of)
        for kind in ("customers", "revenue")
    )
    context |= {
        "by": by,
        "customers": _cohorts(customers, lens),
        "revenue": _cohorts(revenue, lens),
    }
    return part_or_page(request, "kpis/cohorts.html", "kpis/_cohorts.html", context)


@page(Permission.VIEW)
def survival_curves(request: HttpRequest) -> HttpResponse:
    """How long customers stay: overall with its band, and by a cut."""
    lens = Lens(request)
    period = lens.period
    context = {**lens.context(), "tab_survival": True}
    if period is None:
        return not_yet(request, lens, "kpis/survival.html", context)
    if is_polled(request):
        return refreshed()
    dimension = lens.dimension
    overall, by_cut = survival(period), survival(period, dimension)
    context |= {
        "overall": charts.survival(_curves(overall)) if overall else None,
        "overall_n": sum(curve.n for curve in overall),
        "by_cut": charts.survival(_curves(by_cut[:CURVES])) if by_cut else None,
        "by_cut_n": sum(curve.n for curve in by_cut[:CURVES]),
        "curves_shown": CURVES if len(by_cut) > CURVES else 0,
        "dimension_label": dict(Figure.Dimension.choices)[dimension],
    }
    return part_or_page(request, "kpis/survival.html", "kpis/_survival.html", context)


@page(Permission.VIEW)
def satisfaction(request: HttpRequest) -> HttpResponse:
    """How NPS, CSAT and CES went, each with its interval: of all surveys on a scale together."""
    lens = Lens(request)
    span = Span.QUARTER if lens.kind == Period.Kind.QUARTER else Span.MONTH
    if lens.as_of is None:
        trends = {
            scale: results.trend(results.Source.all(scale), span)
            for scale in results.scales_in_use()
        }
    else:
        trends = results.trend_as_of(lens.as_of, span)
    shown = [
        {
            "slug": scale.kind,
            "title": dict(Survey.Kind.choices)[scale.kind],
            "chart": survey_charts.trend(periods, scale, span),
            "unit": survey_charts.axis_title(scale),
            "n": sum(period.tally.n for period in periods),
        }
        for scale, periods in trends.items()
    ]
    context = {
        "lens": lens,
        "kind_choices": [(kind.value, kind.label) for kind in _KINDS_OF_ANSWERS],
        "today": lens.today,
        "tab_satisfaction": True,
        "scales": shown,
    }
    return part_or_page(request, "kpis/satisfaction.html", "kpis/_satisfaction.html", context)


def _bridge(found: Bridge | None, lens: Lens) -> dict[str, Any] | None:
    if found is None:
        return None
    steps = [
        {
            "label": str(STEPS[step.key]),
            "value": step.amount,
            "accounts": step.accounts,
            "is_total": step.is_total,
        }
        for step in found.steps
        if step.is_total or step.amount or step.accounts
    ]
    return {
        "chart": charts.bridge(steps, currency=lens.currency),
        "n": max((step.accounts for step in found.steps if step.is_total), default=0),
        "currency_effect": money_short(found.currency_effect, lens.currency)
        if found.currency_effect
        else "",
        "missing": number(found.missing) if found.missing else "",
    }


def _reasons(period: PeriodView, lens: Lens) -> dict[str, Any] | None:
    rows = churn_reasons(period)
    if not rows:
        return None
    shown = [{"label": row.label, "accounts": row.accounts, "lost": row.lost} for row in rows]
    return {
        "chart": charts.reasons(shown, currency=lens.currency),
        "n": sum(row.accounts for row in rows),
    }


def _ltv(rows: list[Ltv], lens: Lens) -> dict[str, Any] | None:
    shown = [
        {
            "label": row.label,
            "n": row.revenue.n if row.revenue else 0,
            "revenue": row.revenue.figure if row.revenue else None,
            "margin": row.margin.figure if row.margin else None,
        }
        for row in rows
    ]
    if not any(row["revenue"] is not None for row in shown):
        return None
    return {
        "chart": charts.lifetime_values(shown, currency=lens.currency, first=str(_("Segment"))),
        "n": sum(int(str(row["n"])) for row in shown),
        "url": metric_url(lens, "ltv-revenue"),
        "has_margin": any(row["margin"] is not None for row in shown),
    }


def _cohorts(table: CohortTable, lens: Lens) -> dict[str, Any] | None:
    rows = [
        {
            "label": month_text(row.cohort),
            "n": number(row.size)
            if table.kind == "customers"
            else money_short(row.size, lens.currency),
            "shares": _by_offset(row.cells),
        }
        for row in table.rows[-COHORTS:]
        if row.size
    ]
    if not rows:
        return None
    chart = charts.cohort_map(rows, first=str(_("Cohort")))
    return {
        "chart": chart,
        "n": len(rows),
        "height": 120 + 18 * len(rows),
        "is_cut": len(table.rows) > COHORTS,
    }


def _by_offset(cells: list[Any]) -> list[float | None]:
    found = {cell.offset: cell.share for cell in cells}
    return [found.get(offset) for offset in range(max(found, default=-1) + 1)]


def _curves(found: list[SurvivalCurve]) -> list[dict[str, Any]]:
    return [
        {
            "label": curve.label or str(_("All customers")),
            "n": curve.n,
            "points": [
                (point.months, point.survival, point.low, point.high)
                for point in thinned(curve.points)
            ],
        }
        for curve in found
    ]


def thinned(points: list[CurvePoint]) -> list[CurvePoint]:
    """A curve of at most ``STEPS_DRAWN`` steps: of a long one, what it had come to by the end of
    each equal stretch of days."""
    if len(points) <= STEPS_DRAWN:
        return points
    last = points[-1].days
    kept: dict[int, CurvePoint] = {}
    for point in points:
        kept[point.days * STEPS_DRAWN // (last + 1)] = point
    return [
        points[0],
        *(point for stretch, point in sorted(kept.items()) if point is not points[0]),
    ]
