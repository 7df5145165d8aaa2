"""One KPI: what it means, what it is, how it has come to be so, and who is behind it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.core.errors import DomainError
from cs_platform.core.glossary import entry
from cs_platform.core.templatetags.formats import number
from metrics.charts import Chart
from metrics.kpis import charts
from metrics.kpis.definitions import KPIS, Kpi
from metrics.kpis.forms.goals import GoalForm
from metrics.kpis.models import Figure, Goal
from metrics.kpis.queries.accounts import accounts_behind
from metrics.kpis.queries.figures import cut, labels
from metrics.kpis.queries.goals import goals_of
from metrics.kpis.queries.series import Point, series
from metrics.kpis.queries.shapes import AccountsPage, FigureView, PeriodView
from metrics.kpis.views.cards import card, goal_line, metric_url, shown_figure
from metrics.kpis.views.formula import lifetime_facts, worked
from metrics.kpis.views.lens import CUTS, Lens
from metrics.kpis.views.waiting import is_polled, not_yet, part_or_page, refreshed
from metrics.kpis.wording import interval_text, value_text

ACCOUNTS = 50
DAY_KPIS = {"onboarding-completion", "onboarding-days", "mean-tenure"}


def kpi_or_404(slug: str) -> Kpi:
    """The KPI of an address."""
    found = KPIS.get(slug)
    if found is None:
        raise Http404
    return found


@page(Permission.VIEW)
def metric(request: HttpRequest, kpi: str) -> HttpResponse:
    """The page of a KPI; for htmx, the list of its accounts."""
    subject, lens = kpi_or_404(kpi), Lens(request)
    period = lens.period
    context: dict[str, Any] = {
        **lens.context(),
        "kpi": subject,
        "entry": entry(subject.glossary).text,
        "export_url": reverse("metric_export", args=[request.workspace.slug, subject.slug]),
        "api_url": api_url(subject, lens),
    }
    if period is None:
        return not_yet(request, lens, "kpis/metric.html", context)
    if is_polled(request):
        return refreshed()
    dimension, value = (lens.dimension, lens.value) if lens.value is not None else ("", "")
    context |= behind(subject, lens, period, dimension, value or "")
    if request.htmx and request.htmx.target == "list":
        return part_or_page(request, "kpis/metric.html", "kpis/_behind.html", context)
    points = series(lens.shown, [subject.slug])[subject.slug]
    goals = goals_of(subject.slug, lens.kind)
    coming = next((goal for goal in goals if goal.due_on >= lens.today), None)
    figure = shown_figure(points[-1])
    context |= {
        "card": card(subject, points, lens, coming),
        "figure": figure,
        "worked": worked(subject, figure, lens.currency) if figure else "",
        "facts": lifetime_facts(figure.detail, lens.currency) if figure else [],
        "first_text": value_text(figure.first, subject.unit, lens.currency)
        if figure and figure.is_restated
        else "",
        "missing": number(figure.missing) if figure and figure.missing else "",
        "previous": lens.label(lens.previous) if lens.previous else "",
        "trend": trend_chart(subject, points, lens, coming),
        "trend_n": sum(1 for point in points if point.figure),
        "trend_note": _trend_note(points),
        **cut_context(subject, lens, period),
        "goals": [
            goal_line(subject, goal, figure.figure if figure else None, lens) for goal in goals
        ],
        "goal_form": GoalForm(
            unit=subject.unit,
            currency=lens.currency,
            initial={
                "direction": Goal.Direction.AT_LEAST
                if subject.is_up_good
                else Goal.Direction.AT_MOST
            },
        ),
    }
    return part_or_page(request, "kpis/metric.html", "kpis/metric.html", context)


def _trend_note(points: list[Point]) -> str:
    notes = []
    if any(point.period.is_open for point in points):
        notes.append(_("* still running, to date"))
    if any(point.restated for point in points):
        notes.append(_("◇ with what became known after the period was closed"))
    return " · ".join(notes)


def api_url(kpi: Kpi, lens: Lens) -> str:
    """The same figures by the API."""
    query = f"?period={lens.kind}"
    if lens.as_of is not None:
        query += f"&as_of={lens.as_of.isoformat()}"
    return reverse("api_metric", args=[kpi.slug]) + query


def trend_chart(kpi: Kpi, points: list[Point], lens: Lens, goal: Goal | None) -> Chart:
    """The KPI period by period."""
    rows = [
        {
            "label": lens.short(point.period),
            "value": point.figure.figure if point.figure else None,
            "low": point.figure.low if point.figure else None,
            "high": point.figure.high if point.figure else None,
            "n": point.figure.n if point.figure else None,
            "restated": point.restated.figure if point.restated else None,
        }
        for point in points
    ]
    return charts.trend(
        rows,
        label=str(kpi.label),
        unit=kpi.unit,
        currency=lens.currency,
        target=float(goal.target) if goal else None,
    )


def cut_context(kpi: Kpi, lens: Lens, period: PeriodView) -> dict[str, Any]:
    """The KPI by the values of the chosen cut."""
    allowed = [choice for choice in CUTS if choice in kpi.cuts]
    if not allowed:
        return {"cut_rows": [], "cuts": []}
    dimension = lens.dimension if lens.dimension in allowed else allowed[0].value
    found = cut(kpi.slug, period, dimension)
    rows = [_cut_row(kpi, row, lens) for row in found]
    drawn = [row for row in rows if row["value"] is not None][: charts.MOST_ROWS]
    return {
        "cuts": [
            {
                "label": choice.label,
                "url": metric_url(lens, kpi.slug, cut=choice.value),
                "current": choice.value == dimension,
            }
            for choice in allowed
        ],
        "cut_rows": rows,
        "cut_label": dict(Figure.Dimension.choices)[dimension],
        "cut_n": sum(row["n"] for row in rows),
        "cut_chart": charts.cut(
            drawn,
            label=str(kpi.label),
            unit=kpi.unit,
            currency=lens.currency,
            first=str(dict(Figure.Dimension.choices)[dimension]),
        )
        if drawn
        else None,
    }


def _cut_row(kpi: Kpi, found: FigureView, lens: Lens) -> dict[str, Any]:
    return {
        "label": found.label,
        "value": found.figure,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "text": value_text(found.figure, kpi.unit, lens.currency),
        "interval": interval_text(found.low, found.high, kpi.unit, lens.currency),
        "is_current": lens.value == found.value,
        "url": metric_url(lens, kpi.slug, cut=found.dimension, value=found.value) + "#behind",
    }


def behind(kpi: Kpi, lens: Lens, period: PeriodView, dimension: str, value: str) -> dict[str, Any]:
    """The accounts behind the figure, one page of them."""
    cursor = lens.request.GET.get("cursor") or None
    found = _accounts(kpi, period, dimension, value, cursor)
    return {
        "accounts": found.rows,
        "page": found,
        "is_later": cursor is not None,
        "behind_label": labels(dimension, [value])[value] if dimension else "",
        "behind_all_url": metric_url(lens, kpi.slug, cut=lens.dimension) + "#behind",
        "amount_in_days": kpi.slug in DAY_KPIS,
    }


def _accounts(
    kpi: Kpi, period: PeriodView, dimension: str, value: str, cursor: str | None
) -> AccountsPage:
    try:
        return accounts_behind(kpi.slug, period, dimension, value, cursor=cursor, limit=ACCOUNTS)
    except DomainError:
        # A link gone stale shows the first page; a cut that does not exist shows nobody.
        if cursor is None:
            return AccountsPage([], None)
        return _accounts(kpi, period, dimension, value, None)
