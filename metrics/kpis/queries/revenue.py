"""The revenue bridge and the cohort tables."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import DomainError
from metrics.kpis.models import Figure
from metrics.kpis.periods import quarter_start
from metrics.kpis.queries.periods import periods
from metrics.kpis.queries.shapes import (
    Bridge,
    BridgeStep,
    CohortCell,
    CohortRow,
    CohortTable,
    PeriodView,
)

STEPS = ("start", "new", "reactivation", "expansion", "contraction", "churn", "end")
_TOTALS = {"start", "end"}
_KPI = {"customers": "customers", "revenue": "mrr"}
_STEP_MONTHS = {"month": 1, "quarter": 3}


def bridge(period: PeriodView, dimension: str = "", value: str = "") -> Bridge | None:
    """The revenue bridge of a period, or of one group of accounts; None where it has none."""
    row = Figure.objects.filter(
        period_id=period.id, kpi="bridge", dimension=dimension, value=value
    ).first()
    if row is None:
        return None
    steps = [
        BridgeStep(key, Decimal(amount), accounts, key in _TOTALS)
        for key in STEPS
        for amount, accounts in [row.detail[key]]
    ]
    return Bridge(period, steps, Decimal(row.detail["currency_effect"]), row.missing)


def cohort_table(
    kind: str = "customers",
    by: str = "month",
    *,
    until: dt.date | None = None,
    as_of: dt.date | None = None,
    columns: int = 36,
) -> CohortTable:
    """What is left of each cohort at the end of each period since its start.

    ``kind``: ``customers`` or ``revenue`` (at the rates of each period's end). ``by``: ``month`` or
    ``quarter`` (fiscal); cohorts and columns are both of that length. The ``columns`` newest
    periods that begin by ``until`` are read, with every cohort in them; with ``as_of`` as they were
    known at the end of that past day. Raises ``DomainError`` (``unknown_kind``).
    """
    if kind not in _KPI or by not in _STEP_MONTHS:
        raise DomainError("There is no such cohort table.", code="unknown_kind", field="kind")
    fiscal_start = current_workspace().fiscal_year_start_month
    shown = {p.id: p for p in periods(by, as_of=as_of) if until is None or p.starts_on <= until}
    shown = dict(list(shown.items())[:columns])
    dimension = Figure.Dimension.COHORT if by == "month" else Figure.Dimension.COHORT_QUARTER
    amounts: dict[tuple[dt.date, dt.date], Decimal] = {}
    sums: dict[dt.date, Decimal] = defaultdict(Decimal)
    for period_id, value, numerator in Figure.objects.filter(
        period_id__in=list(shown), kpi=_KPI[kind], dimension=dimension
    ).values_list("period_id", "value", "numerator"):
        starts_on = shown[period_id].starts_on
        sums[starts_on] += numerator or 0
        if value:
            cohort = dt.date.fromisoformat(value)
            key = (cohort, starts_on)
            amounts[key] = amounts.get(key, Decimal(0)) + (numerator or 0)
    starts = sorted(sums)
    cohorts = sorted({cohort for cohort, _start in amounts})
    rows = [_row(cohort, starts, amounts, by, fiscal_start) for cohort in cohorts]
    totals = [CohortCell(start, 0, sums[start], None) for start in starts]
    return CohortTable(kind, by, rows, totals)


def _row(
    cohort: dt.date,
    starts: list[dt.date],
    amounts: dict[tuple[dt.date, dt.date], Decimal],
    by: str,
    fiscal_start: int,
) -> CohortRow:
    first = cohort if by == "month" else quarter_start(cohort, fiscal_start)
    size = amounts.get((cohort, first))
    cells = []
    for start in starts:
        if start < first:
            continue
        amount = amounts.get((cohort, start), Decimal(0))
        months = (start.year - first.year) * 12 + start.month - first.month
        share = float(amount / size) if size else None
        cells.append(CohortCell(start, months // _STEP_MONTHS[by], amount, share))
    return CohortRow(cohort, size, cells)
