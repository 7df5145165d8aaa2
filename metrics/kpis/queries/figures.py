"""Stored figures: current, as a trend, by a cut, and the accounts behind them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account, ContractEvent, Membership, Plan
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import Figure
from metrics.kpis.queries.shapes import FigureView, PeriodView, ReasonRow


def current_figures(period: PeriodView, kpis: Iterable[str] | None = None) -> dict[str, FigureView]:
    """The overall figures of a period by KPI (default: all)."""
    slugs = list(KPIS if kpis is None else kpis)
    found = Figure.objects.filter(period_id=period.id, dimension="", kpi__in=slugs)
    firsts = _firsts([period], slugs)
    return {row.kpi: _view(row, period, "", firsts) for row in found}


def trend(
    kpi: str, shown: Sequence[PeriodView], dimension: str = "", value: str = ""
) -> list[FigureView]:
    """One KPI over ``periods`` (of one kind), oldest first; periods without it are left out."""
    by_id = {period.id: period for period in shown}
    rows = Figure.objects.filter(
        period_id__in=list(by_id), kpi=kpi, dimension=dimension, value=value
    )
    firsts = _firsts(shown, [kpi], dimension, value)
    label = labels(dimension, [value]).get(value, value) if dimension else ""
    views = [_view(row, by_id[row.period_id], label, firsts) for row in rows]
    return sorted(views, key=lambda view: view.period.ends_on)


def cut(kpi: str, period: PeriodView, dimension: str) -> list[FigureView]:
    """One KPI by the values of a dimension, the largest group first; cohorts by age."""
    rows = list(Figure.objects.filter(period_id=period.id, kpi=kpi, dimension=dimension))
    names = labels(dimension, [row.value for row in rows])
    firsts = _firsts([period], [kpi], dimension)
    views = [_view(row, period, names.get(row.value, row.value), firsts) for row in rows]
    if dimension in {Figure.Dimension.COHORT, Figure.Dimension.COHORT_QUARTER}:
        return sorted(views, key=lambda view: view.value)
    return sorted(views, key=lambda view: (-view.n, view.label))


def churn_reasons(period: PeriodView) -> list[ReasonRow]:
    """Why accounts left, the dearest reason first."""
    found = Figure.objects.filter(
        period_id=period.id,
        kpi__in=("customer-churn", "revenue-churn-cancelled"),
        dimension=Figure.Dimension.REASON,
    )
    rows, lost = [], {}
    for row in found:
        if row.kpi == "customer-churn":
            rows.append(row)
        else:
            lost[row.value] = row.numerator or Decimal(0)
    names = labels(Figure.Dimension.REASON, [row.value for row in rows])
    told = [
        ReasonRow(
            reason=row.value,
            label=names[row.value],
            accounts=int(row.numerator or 0),
            lost=lost.get(row.value, Decimal(0)),
            share=row.figure or 0.0,
        )
        for row in rows
    ]
    return sorted(told, key=lambda row: (-row.lost, -row.accounts, row.reason))


def labels(dimension: str, values: Sequence[str]) -> dict[str, str]:
    """What the values of a dimension are called, in the reader's language."""
    none = _("Not given")
    if dimension == Figure.Dimension.SEGMENT:
        names: dict[str, Any] = dict(Account.Segment.choices)
    elif dimension == Figure.Dimension.REASON:
        names = dict(ContractEvent.Reason.choices) | {"": _("Unknown")}
    elif dimension == Figure.Dimension.PLAN:
        plans = Plan.objects.filter(pk__in=_ids(values)).select_related("product")
        names = {str(plan.pk): f"{plan.product.name} · {plan.name}" for plan in plans}
    elif dimension == Figure.Dimension.OWNER:
        owners = Membership.objects.filter(pk__in=_ids(values)).select_related("user")
        names = {str(owner.pk): str(owner) for owner in owners}
    else:
        names = {value: value[:7] for value in values}
    return {value: str(names.get(value) or value or none) for value in values}


def _ids(values: Iterable[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdecimal()]


_Key = tuple[dt.date, dt.date, str, str, str]


def _firsts(
    shown: Iterable[PeriodView],
    kpis: Sequence[str],
    dimension: str = "",
    value: str | None = None,
) -> dict[_Key, float | None]:
    """The figures as first known of those periods that have been restated."""
    ids = {p.first_id: p for p in shown if p.first_id is not None}
    if not ids:
        return {}
    rows = Figure.objects.filter(period_id__in=list(ids), kpi__in=list(kpis), dimension=dimension)
    if value is not None:
        rows = rows.filter(value=value)
    return {
        (ids[row.period_id].starts_on, ids[row.period_id].ends_on, row.kpi, dimension, row.value): (
            row.figure
        )
        for row in rows
    }


def _view(
    row: Figure, period: PeriodView, label: str, firsts: dict[_Key, float | None]
) -> FigureView:
    first = firsts.get((period.starts_on, period.ends_on, row.kpi, row.dimension, row.value))
    is_restated = period.is_restated and first != row.figure
    return FigureView(
        kpi=row.kpi,
        period=period,
        dimension=row.dimension,
        value=row.value,
        label=label,
        figure=row.figure,
        low=row.low,
        high=row.high,
        numerator=row.numerator,
        denominator=row.denominator,
        n=row.n,
        missing=row.missing,
        is_restated=is_restated,
        first=first if is_restated else None,
        detail=row.detail,
    )
