"""A KPI's formula with the figures of a period put in."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.core.templatetags.formats import money, number, percent
from metrics.kpis.definitions import Estimator, Kpi, Unit
from metrics.kpis.queries.shapes import FigureView
from metrics.kpis.wording import value_text


def worked(kpi: Kpi, found: FigureView, currency: str) -> str:
    """The computation in figures: ``12 ÷ 340 = 3.5%``; "" where there is nothing to work out."""
    if found.figure is None:
        return ""
    result = value_text(found.figure, kpi.unit, currency)
    if kpi.slug in {"ltv-revenue", "ltv-margin"}:
        return _lifetime_value(kpi, found.detail, result, currency)
    if kpi.slug == "arr" and found.figure:
        return f"{money(found.figure / 12, currency)} × 12 = {result}"
    if kpi.estimator == Estimator.TOTAL or found.denominator in (None, 0):
        return ""
    as_money = kpi.estimator == Estimator.RATIO
    if kpi.unit != Unit.SHARE:
        return ""
    over = _amount(found.denominator, as_money, currency)
    part = _amount(found.numerator, as_money, currency)
    return f"{part} ÷ {over} = {result}"


def _amount(value: Decimal | None, as_money: bool, currency: str) -> str:
    return money(value, currency) if as_money else number(value)


def _lifetime_value(kpi: Kpi, detail: dict[str, Any], result: str, currency: str) -> str:
    if detail.get("revenue_per_account") is None or detail.get("lifetime_years") is None:
        return ""
    factors = [money(Decimal(detail["revenue_per_account"]), currency)]
    if kpi.slug == "ltv-margin":
        if detail.get("gross_margin") is None:
            return ""
        factors.append(percent(Decimal(detail["gross_margin"]), 1))
    factors.append(_("%s years") % number(detail["lifetime_years"], 2))
    return f"{' × '.join(factors)} = {result}"


def lifetime_facts(detail: dict[str, Any], currency: str) -> list[tuple[str, str]]:
    """The inputs of LTV, both lifetimes, which was used and why: (what, value)."""
    if "lifetime_rule" not in detail:
        return []
    by_churn = detail["lifetime_rule"] == "churn"
    revenue, margin = detail.get("revenue_per_account"), detail.get("gross_margin")
    facts = [
        (
            _("Revenue per account and year"),
            money(None if revenue is None else Decimal(revenue), currency),
        ),
        (_("Gross margin"), percent(None if margin is None else Decimal(margin), 1)),
        (_("Annual churn"), percent(detail.get("annual_churn"), 1)),
        (_("Lifetime as 1 ÷ annual churn"), _years(detail.get("churn_lifetime_years"))),
        (
            _("Lifetime from the survival curve"),
            _years(detail.get("curve_lifetime_years"))
            + (
                _(" (up to %s years observed)") % number(detail["curve_horizon_years"], 1)
                if detail.get("curve_horizon_years")
                else ""
            ),
        ),
        (
            _("Lifetime used"),
            _("1 ÷ annual churn: churn is stable")
            if by_churn
            else _("survival curve: churn is not stable enough"),
        ),
    ]
    checks = {
        "history": _("at least 24 months of history (%s)") % number(detail["months_of_history"]),
        "churned": _("at least 30 lost accounts (%s)") % number(detail["churned"]),
        "steady": _("the last two 12-month rates within each other's 95% interval"),
    }
    for key, words in checks.items():
        if key in detail["checks"]:
            facts.append((words, _("yes") if detail["checks"][key] else _("no")))
    return facts


def _years(value: float | None) -> str:
    return "—" if value is None else _("%s years") % number(value, 2)
