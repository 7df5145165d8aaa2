"""What is behind a figure, as CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import HttpRequest, page
from accounts.models import ContractEvent
from accounts.permissions import Permission
from cs_platform.core.errors import DomainError
from cs_platform.core.exports import csv_response
from cs_platform.core.tenancy import scope
from metrics.kpis.definitions import Kpi
from metrics.kpis.queries.accounts import accounts_behind
from metrics.kpis.queries.series import series
from metrics.kpis.queries.shapes import PeriodView
from metrics.kpis.views.detail import kpi_or_404
from metrics.kpis.views.lens import Lens

CHUNK = 1000


@page(Permission.VIEW)
def export(request: HttpRequest, kpi: str) -> StreamingHttpResponse:
    """The accounts behind the figure, or with ``?rows=periods`` its trend."""
    subject, lens = kpi_or_404(kpi), Lens(request)
    period = lens.period
    if period is None:
        raise Http404
    name = f"{subject.slug}-{period.kind}-{period.starts_on:%Y-%m-%d}"
    if request.GET.get("rows") == "periods":
        return csv_response(f"{name}-trend.csv", *_trend(subject, lens))
    dimension, value = (lens.dimension, lens.value) if lens.value is not None else ("", "")
    currency = lens.currency
    header = [
        _("Account"),
        _("Counts in the numerator"),
        _("MRR at the start (%(currency)s)") % {"currency": currency},
        _("MRR at the end (%(currency)s)") % {"currency": currency},
        _("Change (%(currency)s)") % {"currency": currency},
        _("Last paid day"),
        _("Reason"),
    ]
    lines = _accounts(request.workspace.pk, subject, period, dimension, value or "")
    return csv_response(f"{name}.csv", header, lines)


def _accounts(
    workspace_id: int, kpi: Kpi, period: PeriodView, dimension: str, value: str
) -> Iterator[Sequence[Any]]:
    """Every account, in chunks that each open and close the scope."""
    yes, no = _("yes"), _("no")
    reasons = {key: str(label) for key, label in ContractEvent.Reason.choices}

    def lines() -> Iterator[Sequence[Any]]:
        cursor: str | None = None
        while True:
            with scope(workspace_id):
                try:
                    found = accounts_behind(
                        kpi.slug, period, dimension, value, cursor=cursor, limit=CHUNK
                    )
                except DomainError:
                    return
            for row in found.rows:
                yield (
                    row.name,
                    yes if row.counts else no,
                    row.mrr_opening,
                    row.mrr_closing,
                    row.change,
                    row.churned_on,
                    reasons.get(row.reason, row.reason),
                )
            cursor = found.next_cursor
            if cursor is None:
                return

    return lines()


def _trend(kpi: Kpi, lens: Lens) -> tuple[list[str], list[list[Any]]]:
    header = [
        _("Period from"),
        _("First day after it"),
        str(kpi.label),
        _("95% interval from"),
        pgettext("interval", "to"),
        _("Numerator"),
        _("Denominator"),
        "n",
        _("With what became known later"),
    ]
    rows = []
    for point in series(lens.shown, [kpi.slug])[kpi.slug]:
        figure = point.figure
        if figure is None:
            continue
        rows.append(
            [
                point.period.starts_on,
                point.period.ends_on,
                figure.figure,
                figure.low,
                figure.high,
                figure.numerator,
                figure.denominator,
                figure.n,
                point.restated.figure if point.restated else None,
            ]
        )
    return header, rows
