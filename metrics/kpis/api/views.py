"""KPIs: all of one period, and each with its trend, its cut and any past day."""

import datetime as dt
from typing import Any

from django.urls import reverse

from accounts.api.base import WorkspaceView
from accounts.queries.workspaces import current_workspace
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.problems import ApiProblem, FieldError
from metrics.kpis.actions.as_of import request_as_of
from metrics.kpis.api.resources import (
    CUTS,
    EXAMPLE,
    METRIC,
    METRICS,
    WAITING,
    cut_row,
    figure_row,
    kpi_row,
    period_row,
    point_row,
)
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import AsOfRequest, Period
from metrics.kpis.queries.figures import current_figures, cut
from metrics.kpis.queries.periods import find_period, periods
from metrics.kpis.queries.series import closed_before, series
from metrics.kpis.queries.shapes import PeriodView

RETRY_SECONDS = 2
_MOST_PERIODS = 60
PERIOD_KIND = parameters.choice(
    "period",
    "The kind of period; fiscal quarters and years are the workspace's. `trailing12` by default.",
    Period.Kind.values,
)
START = parameters.day("start", "The period that begins on this day, instead of the latest one.")
AS_OF = parameters.day(
    "as_of",
    "As it would have been shown at the end of this past day. The first time it has to be "
    "computed: 202 with `Location` and `Retry-After`.",
)
CUT = parameters.choice("cut", "By the values of this dimension.", CUTS)
PERIODS = parameters.whole(
    "periods", "How many periods of the trend.", least=1, most=_MOST_PERIODS, default=12
)
_NAME = {
    "name": {
        "description": "The KPI's name, as in the list.",
        "schema": {"type": "string", "enum": list(KPIS)},
        "example": EXAMPLE,
    }
}


class MetricsView(WorkspaceView):
    """What both views share: finding the period asked for, or having it computed."""

    tag = "metrics"

    @property
    def kind(self) -> str:
        """The kind of period."""
        kind: str = self.query.get("period", Period.Kind.TRAILING.value)
        return kind

    @property
    def as_of(self) -> dt.date | None:
        """The past day asked for; today is no past day."""
        asked: dt.date | None = self.query.get("as_of")
        today = clock.local_date(clock.now(), self.identity.timezone)
        if asked is not None and asked > today:
            detail = "as_of must not be in the future."
            error = FieldError("in_future", detail, parameter="as_of")
            raise ApiProblem(400, "in_future", detail, errors=[error])
        return None if asked == today else asked

    def choices(self) -> list[PeriodView]:
        """The stored periods of the kind, newest first."""
        if self.as_of is not None:
            return closed_before(self.kind, self.as_of, limit=_MOST_PERIODS)
        return periods(self.kind, limit=_MOST_PERIODS)

    def period(self) -> PeriodView | None:
        """The period asked for; None where there is none (yet). Raises ``ApiProblem`` 404."""
        start = self.query.get("start")
        if start is not None:
            found = next((p for p in self.choices() if p.starts_on == start), None)
            if found is None:
                raise ApiProblem(404, "no_period", "No period of this kind begins on that day.")
            return found
        return find_period(self.kind, as_of=self.as_of)

    def waiting(self) -> Answer | None:
        """The answer while the day asked for is being computed; None where none was asked for.

        Raises ``DomainError`` where it cannot be.
        """
        if self.as_of is None:
            return None
        asked = request_as_of(actor=self.actor, now=clock.now(), as_of=self.as_of)
        if asked.state == AsOfRequest.State.DONE:
            return None
        return Answer(
            {"state": asked.state, "as_of": asked.as_of, "requested_at": asked.requested_at},
            status=202,
            headers={
                "Location": self.request.get_full_path(),
                "Retry-After": str(RETRY_SECONDS),
            },
        )


class MetricsList(MetricsView):
    """Every KPI."""

    @operation(
        "read",
        "List the KPIs with their figures of a period",
        answers={200: METRICS, 202: WAITING},
        parameters=(PERIOD_KIND, START, AS_OF),
        refusals=(404, 422),
    )
    def get(self, request: Any) -> Answer:
        found = self.period()
        if found is None and (answer := self.waiting()):
            return answer
        figures = current_figures(found) if found else {}
        currency = current_workspace().currency
        return Answer(
            {
                "period": period_row(found),
                "items": [
                    {**kpi_row(kpi, currency), "current": figure_row(figures.get(kpi.slug))}
                    for kpi in KPIS.values()
                ],
            }
        )


class MetricItem(MetricsView):
    """One KPI."""

    path_parameters = _NAME

    @operation(
        "read",
        "Read a KPI: figure, trend, cut",
        answers={200: METRIC, 202: WAITING},
        parameters=(PERIOD_KIND, START, AS_OF, CUT, PERIODS),
        refusals=(404, 422),
    )
    def get(self, request: Any, name: str) -> Answer:
        kpi = KPIS.get(name)
        if kpi is None:
            raise ApiProblem(404, "not_found", f"There is no such KPI; see {_list_url()}.")
        found = self.period()
        if found is None and (answer := self.waiting()):
            return answer
        shown: list[PeriodView] = []
        if found is not None:
            before = [period for period in self.choices() if period.ends_on < found.ends_on]
            shown = [found, *before][: self.query.get("periods", PERIODS.schema["default"])]
        points = series(shown, [kpi.slug])[kpi.slug]
        dimension = self.query.get("cut")
        rows = None
        if dimension is not None:
            rows = [cut_row(row) for row in cut(kpi.slug, found, dimension)] if found else []
        last = points[-1] if points else None
        return Answer(
            {
                **kpi_row(kpi, current_workspace().currency),
                "period": period_row(found),
                "current": figure_row((last.restated or last.figure) if last else None),
                "trend": [point_row(point) for point in points],
                "cut": rows,
            }
        )


def _list_url() -> str:
    return reverse("api_metrics")
