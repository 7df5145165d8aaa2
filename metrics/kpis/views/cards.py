"""A KPI in one line: value, change, interval, n, goal and the way it has come."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cs_platform.core.templatetags.formats import day, number
from metrics.kpis.definitions import KPIS, Kpi
from metrics.kpis.models import Goal
from metrics.kpis.progress import Progress, progress
from metrics.kpis.queries.series import Point
from metrics.kpis.queries.shapes import FigureView
from metrics.kpis.views.lens import Lens
from metrics.kpis.wording import change_text, interval_text, value_text

SPARK = 13

# The headline, and the order of the table beneath it.
HEADLINE = (
    "mrr",
    "customers",
    "customer-churn",
    "grr",
    "nrr",
    "renewal-rate",
    "onboarding-completion",
    "ltv-revenue",
)


@dataclass(frozen=True)
class GoalLine:
    """A goal in words, and how far it has come."""

    goal: Goal
    text: str
    due_on: dt.date
    progress: Progress

    @property
    def percent(self) -> int | None:
        """The way gone, in whole percent."""
        share = self.progress.share
        return None if share is None else round(share * 100)


@dataclass(frozen=True)
class Card:
    """What a page shows of a KPI in one period."""

    kpi: Kpi
    value: str
    change: str
    interval: str
    n: str
    notes: list[str]
    is_restated: bool
    url: str
    spark: list[float | None]
    goal: GoalLine | None

    @property
    def good(self) -> str:
        """The direction of good news."""
        return self.kpi.direction


def shown_figure(point: Point | None) -> FigureView | None:
    """The figure a page shows: with what became known later, where that changed it."""
    return None if point is None else point.restated or point.figure


def card(kpi: Kpi, points: list[Point], lens: Lens, goal: Goal | None = None) -> Card:
    """The line of ``kpi``; ``points`` are its periods, oldest first, the one looked at last."""
    now = shown_figure(points[-1] if points else None)
    before = shown_figure(points[-2] if len(points) > 1 else None)
    figure = now.figure if now else None
    interval = ""
    if now is not None:
        interval = interval_text(now.low, now.high, kpi.unit, lens.currency)
    n = number(now.n) if now is not None else ""
    parts = []
    if interval:
        parts.append(interval)
    if n:
        parts.append(f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n}")
    return Card(
        kpi=kpi,
        value=value_text(figure, kpi.unit, lens.currency, short=True),
        change=change_text(figure, before.figure if before else None, kpi.unit, lens.currency),
        interval=interval,
        n=n,
        notes=parts,
        is_restated=bool(now and now.is_restated),
        url=metric_url(lens, kpi.slug),
        spark=[_figure(point) for point in points[-SPARK:]],
        goal=goal_line(kpi, goal, figure, lens) if goal else None,
    )


def _figure(point: Point) -> float | None:
    found = shown_figure(point)
    return found.figure if found else None


def cards(
    found: Mapping[str, list[Point]], lens: Lens, goals: Mapping[str, Goal]
) -> dict[str, Card]:
    """The lines of several KPIs by slug."""
    return {slug: card(KPIS[slug], found[slug], lens, goals.get(slug)) for slug in found}


def goal_line(kpi: Kpi, goal: Goal, figure: float | None, lens: Lens) -> GoalLine:
    """A goal beside the figure of the period looked at."""
    is_at_least = goal.direction == Goal.Direction.AT_LEAST
    target = float(goal.target)
    text = value_text(target, kpi.unit, lens.currency, short=True)
    sign = "≥" if is_at_least else "≤"
    return GoalLine(
        goal=goal,
        text=_("%(target)s by %(day)s") % {"target": f"{sign} {text}", "day": day(goal.due_on)},
        due_on=goal.due_on,
        progress=progress(
            figure,
            target=target,
            baseline=None if goal.baseline is None else float(goal.baseline),
            is_at_least=is_at_least,
        ),
    )


def choice_query(lens: Lens, **more: str) -> str:
    """The reader's choice of period and day as a query string, for links that keep it."""
    kept = {
        name: lens.request.GET[name]
        for name in ("period", "start", "as_of")
        if lens.request.GET.get(name)
    }
    chosen = {**kept, **more}
    return f"?{urlencode(chosen)}" if chosen else ""


def metric_url(lens: Lens, slug: str, **more: str) -> str:
    """The page of a KPI, seen through the same period and day."""
    address = reverse("metric", args=[lens.request.workspace.slug, slug])
    return address + choice_query(lens, **more)
