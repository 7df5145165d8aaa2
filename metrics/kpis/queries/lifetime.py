"""Survival curves and lifetime value, as stored."""

from decimal import Decimal
from typing import Any

from metrics.kpis.models import Curve
from metrics.kpis.queries.figures import current_figures, cut, labels
from metrics.kpis.queries.shapes import CurvePoint, FigureView, Ltv, PeriodView, SurvivalCurve


def survival(period: PeriodView, dimension: str = "") -> list[SurvivalCurve]:
    """The survival curve as of a period's end, or one per value of a dimension, largest first."""
    rows = list(Curve.objects.filter(period_id=period.id, dimension=dimension))
    names = labels(dimension, [row.value for row in rows]) if dimension else {}
    curves = [
        SurvivalCurve(
            dimension=row.dimension,
            value=row.value,
            label=names.get(row.value, ""),
            n=row.n,
            ended=row.ended,
            points=[
                CurvePoint(0, 1.0, 1.0, 1.0, row.n),
                *(
                    CurvePoint(*point)
                    for point in zip(
                        row.days, row.survival, row.low, row.high, row.at_risk, strict=True
                    )
                ),
            ],
        )
        for row in rows
    ]
    return sorted(curves, key=lambda curve: (-curve.n, curve.label))


def ltv(period: PeriodView, dimension: str = "", value: str = "") -> Ltv | None:
    """Lifetime value as of a period's end, overall or of one group; None where it has none."""
    if not dimension:
        found = current_figures(period, ["ltv-revenue", "ltv-margin"])
        revenue, margin = found.get("ltv-revenue"), found.get("ltv-margin")
        return _ltv(period, revenue, margin) if revenue else None
    return next((row for row in ltv_by(period, dimension) if row.value == value), None)


def ltv_by(period: PeriodView, dimension: str) -> list[Ltv]:
    """Lifetime value by the values of a dimension, the largest group first."""
    margins = {row.value: row for row in cut("ltv-margin", period, dimension)}
    return [
        _ltv(period, row, margins.get(row.value)) for row in cut("ltv-revenue", period, dimension)
    ]


def _ltv(period: PeriodView, revenue: FigureView, margin: FigureView | None) -> Ltv:
    detail: dict[str, Any] = revenue.detail
    return Ltv(
        period=period,
        dimension=revenue.dimension,
        value=revenue.value,
        label=revenue.label,
        revenue=revenue,
        margin=margin,
        revenue_per_account=_money(detail["revenue_per_account"]),
        gross_margin=_money(detail["gross_margin"]),
        lifetime_years=detail["lifetime_years"],
        lifetime_rule=detail["lifetime_rule"],
        churn_lifetime_years=detail["churn_lifetime_years"],
        curve_lifetime_years=detail["curve_lifetime_years"],
        curve_horizon_years=detail["curve_horizon_years"],
        annual_churn=detail["annual_churn"],
        months_of_history=detail["months_of_history"],
        churned=detail["churned"],
        churned_12m=detail["churned_12m"],
        account_months_12m=detail["account_months_12m"],
        last_rate=_rate(detail["last_rate"]),
        rate_before=_rate(detail["rate_before"]),
        checks=detail["checks"],
    )


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _rate(found: list[float] | None) -> tuple[float, float, float] | None:
    return None if found is None else (found[0], found[1], found[2])
