"""From facts to figures: each KPI's own SQL file, its estimate, and the curves and LTV beside."""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Any

from cs_platform.core import sql
from metrics.kpis.definitions import KPIS, Estimator, Kpi
from metrics.kpis.estimates import Sums, mean, median, ratio
from metrics.kpis.lifetime import ChurnHistory, Lifetime, expected_lifetime, lifetime_value
from metrics.kpis.models import Curve, Figure, Period, Settings
from metrics.kpis.survival import DAYS_PER_MONTH, Survival, kaplan_meier, restricted_mean
from metrics.statistics import Estimate, share

# what a money share can be at most and at least; all others are parts of what was there
_BOUNDS = {
    "revenue-churn-net": (-inf, 1.0),
    "nrr": (0.0, inf),
    "upsell-rate-value": (0.0, inf),
    "cross-sell-rate-value": (0.0, inf),
}
_Key = tuple[str, str]
_DAYS_PER_YEAR = 12 * DAYS_PER_MONTH


def keep_figures(period: Period, *, fiscal_start: int, settings: Settings) -> None:
    """Store every figure and curve of a period whose facts are stored, in place of the old ones."""
    binds = {"period_id": period.pk, "fiscal_start": fiscal_start}
    sql.execute("kpis/sums", binds)
    curves = _curves(binds)
    found = [
        *_summed(period),
        *_days_to_onboard(period, binds),
        *_bridge(period),
        *_reasons(period, binds),
        *_tenure(period, curves),
        *_ltv(period, curves, binds, settings),
    ]
    Figure.objects.filter(period=period).delete()
    Curve.objects.filter(period=period).delete()
    Figure.objects.bulk_create(found, batch_size=1000)
    Curve.objects.bulk_create(
        [_curve_row(period, key, curve) for key, curve in curves.items()], batch_size=200
    )


def _summed(period: Period) -> Iterator[Figure]:
    for kpi in KPIS.values():
        if kpi.estimator == Estimator.OWN:
            continue
        for row in sql.rows(f"kpis/{kpi.sql}"):
            yield _figure(period, kpi, row)


def _figure(period: Period, kpi: Kpi, row: dict[str, Any]) -> Figure:
    detail = {"beside": row["beside"]} if "beside" in row else {}
    estimate = None
    if kpi.estimator == Estimator.SHARE:
        estimate = share(int(row["numerator"]), int(row["denominator"]))
    elif kpi.estimator == Estimator.RATIO:
        lowest, highest = _BOUNDS.get(kpi.slug, (0.0, 1.0))
        sums = Sums(
            n=row["n"],
            x=float(row["denominator"]),
            y=float(row["numerator"]),
            xx=row["xx"],
            yy=row["yy"],
            xy=row["xy"],
        )
        estimate = ratio(sums, lowest=lowest, highest=highest)
    figure = Figure(
        period=period,
        kpi=kpi.slug,
        dimension=row["dimension"],
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        n=row["n"],
        missing=row["missing"],
        detail=detail,
    )
    if kpi.estimator == Estimator.TOTAL:
        figure.figure = None if row["numerator"] is None else float(row["numerator"])
    return _with(figure, estimate)


def _with(figure: Figure, estimate: Estimate | None) -> Figure:
    if estimate is not None:
        figure.figure, figure.low, figure.high = estimate.value, estimate.low, estimate.high
        if estimate.is_adjusted:
            figure.detail["is_adjusted"] = True
    return figure


def _days_to_onboard(period: Period, binds: dict[str, Any]) -> Iterator[Figure]:
    counts: dict[_Key, list[tuple[int | None, int]]] = defaultdict(list)
    for row in sql.rows("kpis/onboarding_days", binds):
        counts[row["dimension"], row["value"]].append((row["days"], row["n"]))
    for (dimension, value), found in counts.items():
        yield Figure(
            period=period,
            kpi="onboarding-days",
            dimension=dimension,
            value=value,
            figure=median(found),
            n=sum(n for _days, n in found),
        )


def _bridge(period: Period) -> Iterator[Figure]:
    steps = {
        "start": ("start_mrr", "known", 1),
        "new": ("new_mrr", "new_accounts", 1),
        "reactivation": ("returned_mrr", "returned", 1),
        "expansion": ("expansion", "expanded", 1),
        "contraction": ("contraction", "contracted", -1),
        "churn": ("cancelled", "known_lost", -1),
        "end": ("end_mrr", "end_accounts", 1),
    }
    for row in sql.rows("kpis/bridge"):
        detail: dict[str, Any] = {
            step: [str(row[amount] if sign > 0 else 0 - row[amount]), row[accounts]]
            for step, (amount, accounts, sign) in steps.items()
        }
        yield Figure(
            period=period,
            kpi="bridge",
            dimension=row["dimension"],
            value=row["value"],
            figure=float(row["end_mrr"]),
            numerator=row["end_mrr"],
            denominator=row["start_mrr"],
            n=row["end_accounts"],
            missing=row["missing"],
            detail={**detail, "currency_effect": str(row["currency_effect"])},
        )


def _reasons(period: Period, binds: dict[str, Any]) -> Iterator[Figure]:
    rows = sql.rows("kpis/churn_reasons", binds)
    lost = sum(row["lost"] for row in rows)
    cancelled = sum(row["cancelled"] for row in rows)
    for row in rows:
        common = {
            "period": period,
            "dimension": Figure.Dimension.REASON,
            "value": row["value"],
            "n": row["lost"],
        }
        yield _with(
            Figure(kpi="customer-churn", numerator=row["lost"], denominator=lost, **common),
            share(row["lost"], lost),
        )
        yield Figure(
            kpi="revenue-churn-cancelled",
            numerator=row["cancelled"],
            denominator=cancelled,
            figure=float(row["cancelled"] / cancelled) if cancelled else None,
            **common,
        )


def _curves(binds: dict[str, Any]) -> dict[_Key, Survival]:
    durations: dict[_Key, list[tuple[float, int, int]]] = defaultdict(list)
    for row in sql.rows("kpis/mean_tenure", binds):
        durations[row["dimension"], row["value"]].append(
            (row["days"], row["ended"], row["running"])
        )
    found = {key: kaplan_meier(counts) for key, counts in durations.items()}
    return {key: curve for key, curve in found.items() if curve is not None}


def _curve_row(period: Period, key: _Key, curve: Survival) -> Curve:
    steps = curve.steps
    days = [int(step.time) for step in steps]
    survival = [step.survival for step in steps]
    low, high = [step.low for step in steps], [step.high for step in steps]
    at_risk = [step.at_risk for step in steps]
    # the curve goes on, level, to the last day observed
    if curve.horizon > (days[-1] if days else 0):
        left = at_risk[-1] - steps[-1].ended if steps else curve.n
        days.append(int(curve.horizon))
        survival.append(survival[-1] if survival else 1.0)
        low.append(low[-1] if low else 1.0)
        high.append(high[-1] if high else 1.0)
        at_risk.append(left)
    return Curve(
        period=period,
        dimension=key[0],
        value=key[1],
        days=days,
        survival=survival,
        low=low,
        high=high,
        at_risk=at_risk,
        n=curve.n,
        ended=curve.ended,
    )


def _tenure(period: Period, curves: dict[_Key, Survival]) -> Iterator[Figure]:
    for (dimension, value), curve in curves.items():
        found = restricted_mean(curve)
        median = curve.median()
        figure = Figure(
            period=period,
            kpi="mean-tenure",
            dimension=dimension,
            value=value,
            numerator=curve.ended,
            n=curve.n,
            detail={
                "horizon_months": curve.horizon / DAYS_PER_MONTH,
                "median_months": None if median is None else median / DAYS_PER_MONTH,
            },
        )
        yield _with(figure, _scaled(found, 1 / DAYS_PER_MONTH))


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(
        estimate.value * factor,
        estimate.low * factor,
        estimate.high * factor,
        estimate.n,
        estimate.is_adjusted,
    )


def _ltv(
    period: Period, curves: dict[_Key, Survival], binds: dict[str, Any], settings: Settings
) -> Iterator[Figure]:
    margin = None if settings.gross_margin is None else float(settings.gross_margin)
    for row in sql.rows("kpis/ltv_inputs", binds):
        key = (row["dimension"], row["value"])
        curve = curves.get(key)
        by_curve = None
        if curve is not None:
            by_curve = _scaled(restricted_mean(curve), 1 / _DAYS_PER_YEAR)
        months = (period.until_on.year - row["began_on"].year) * 12
        months += period.until_on.month - row["began_on"].month
        months -= period.until_on.day < row["began_on"].day
        names = (
            "churned", "account_months", "churned_12m",
            "opening_12", "lost_12", "opening_24", "lost_24",
        )  # fmt: skip
        history = ChurnHistory(months=months, **{name: int(row[name]) for name in names})
        lifetime = expected_lifetime(history, by_curve)
        monthly = mean(row["paying"], float(row["mrr"]), row["mrr_squared"])
        revenue = None if monthly is None else _scaled(monthly, 12)
        detail = {
            **_inputs(lifetime, history),
            "revenue_per_account": (
                str(round(12 * row["mrr"] / row["paying"], 4)) if row["paying"] else None
            ),
            "gross_margin": None if settings.gross_margin is None else str(settings.gross_margin),
            "curve_horizon_years": None if curve is None else curve.horizon / _DAYS_PER_YEAR,
        }
        for kpi, share_kept in (("ltv-revenue", 1.0), ("ltv-margin", margin)):
            value = None
            if revenue is not None and lifetime.years is not None and share_kept is not None:
                value = lifetime_value(revenue, lifetime.years, share_kept)
            figure = Figure(
                period=period,
                kpi=kpi,
                dimension=key[0],
                value=key[1],
                n=row["paying"],
                missing=row["missing"],
                detail=detail if kpi == "ltv-revenue" else {},
            )
            yield _with(figure, value)


def _inputs(lifetime: Lifetime, history: ChurnHistory) -> dict[str, Any]:
    def years(estimate: Estimate | None) -> float | None:
        return None if estimate is None else estimate.value

    def rate(estimate: Estimate | None) -> list[float] | None:
        return None if estimate is None else [estimate.value, estimate.low, estimate.high]

    return {
        "lifetime_years": years(lifetime.years),
        "lifetime_rule": lifetime.rule,
        "churn_lifetime_years": years(lifetime.by_churn),
        "curve_lifetime_years": years(lifetime.by_curve),
        "annual_churn": years(lifetime.annual_churn),
        "months_of_history": history.months,
        "churned": history.churned,
        "churned_12m": history.churned_12m,
        "account_months_12m": history.account_months,
        "last_rate": rate(lifetime.last_rate),
        "rate_before": rate(lifetime.rate_before),
        "checks": lifetime.checks,
    }
