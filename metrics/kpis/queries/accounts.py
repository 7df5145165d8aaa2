"""The accounts behind a figure."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Account
from cs_platform.core.errors import DomainError
from cs_platform.core.paging import Cursor, decode, encode
from metrics.kpis.models import AccountPeriod, Figure
from metrics.kpis.periods import month_start
from metrics.kpis.queries.shapes import AccountRow, AccountsPage, PeriodView

_ZERO = Value(Decimal(0), output_field=DecimalField(max_digits=18, decimal_places=4))
_LOST = F("cancelled") + F("contraction")
_NET = F("cancelled") + F("contraction") - F("expansion")


@dataclass(frozen=True)
class _Behind:
    """Which accounts a KPI looks at, which of them count in its numerator, and with how much."""

    among: Q
    counts: Q
    amount: Any


_OPENING = Q(is_opening=True)
_CLOSING = Q(is_closing=True)
_CHANGED = ~Q(cancelled=0) | ~Q(contraction=0) | ~Q(expansion=0)
_HAS_TENURE = Q(tenure_days__isnull=False)

_BEHIND: dict[str, _Behind] = {
    "mrr": _Behind(_CLOSING, _CLOSING, F("mrr_now")),
    "arr": _Behind(_CLOSING, _CLOSING, F("mrr_now") * 12),
    "customers": _Behind(_CLOSING, _CLOSING, F("mrr_now")),
    "customer-churn": _Behind(_OPENING, Q(is_churned=True), F("cancelled")),
    "logo-retention": _Behind(_OPENING, Q(is_churned=False), F("mrr_closing")),
    "revenue-churn-gross": _Behind(_OPENING, ~Q(cancelled=0) | ~Q(contraction=0), _LOST),
    "revenue-churn-cancelled": _Behind(_OPENING, Q(is_churned=True), F("cancelled")),
    "revenue-churn-net": _Behind(_OPENING, _CHANGED, _NET),
    "grr": _Behind(_OPENING, _OPENING, F("mrr_opening") - _LOST),
    "nrr": _Behind(_OPENING, _OPENING, F("mrr_opening") - _NET),
    "retention-6m": _Behind(Q(kept_6m__isnull=False), Q(kept_6m=True), F("mrr_closing")),
    "retention-12m": _Behind(Q(kept_12m__isnull=False), Q(kept_12m=True), F("mrr_closing")),
    "early-churn": _Behind(Q(is_settled=True), Q(is_early_loss=True), F("mrr_closing")),
    "renewal-rate": _Behind(Q(due__gt=0), Q(renewed__gt=0), F("renewed_value")),
    "renewal-rate-value": _Behind(Q(due__gt=0), Q(renewed__gt=0), F("renewed_value")),
    "upsell-rate": _Behind(_OPENING, Q(upsells__gt=0), F("upsell_value")),
    "upsell-rate-value": _Behind(_OPENING, Q(upsells__gt=0), F("upsell_value")),
    "cross-sell-rate": _Behind(_OPENING, Q(cross_sells__gt=0), F("cross_sell_value")),
    "cross-sell-rate-value": _Behind(_OPENING, Q(cross_sells__gt=0), F("cross_sell_value")),
    "onboarding-completion": _Behind(
        Q(onboarding_counts=True), Q(onboarding_in_time=True), F("onboarding_days")
    ),
    "onboarding-days": _Behind(
        Q(onboarding_counts=True), Q(onboarding_days__isnull=False), F("onboarding_days")
    ),
    "mean-tenure": _Behind(_HAS_TENURE, Q(has_ended=True), F("tenure_days")),
    "ltv-revenue": _Behind(_CLOSING, _CLOSING, F("mrr_now") * 12),
    "ltv-margin": _Behind(_CLOSING, _CLOSING, F("mrr_now") * 12),
    "referrals": _Behind(Q(is_new=True), Q(is_new=True, is_referred=True), F("mrr_closing")),
}


def accounts_behind(
    kpi: str,
    period: PeriodView,
    dimension: str = "",
    dimension_value: str = "",
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> AccountsPage:
    """The accounts of a figure's denominator, those in its numerator first, the largest first.

    ``amount`` of a row is what the account adds to the numerator, in money per month at
    period-start rates (onboarding and tenure: days). Raises ``DomainError`` (``unknown_kpi``,
    ``bad_cursor``).
    """
    behind = _BEHIND.get(kpi)
    if behind is None:
        raise DomainError(f"There is no KPI “{kpi}”.", code="unknown_kpi", field="kpi")
    number = DecimalField(max_digits=24, decimal_places=4)
    rows = (
        AccountPeriod.objects.filter(behind.among, period_id=period.id)
        .filter(_in_cut(dimension, dimension_value))
        .annotate(
            counted=Case(When(behind.counts, then=Value(1)), default=Value(0)),
            amount=Coalesce(behind.amount, _ZERO, output_field=number),
        )
    )
    purpose = f"kpi-accounts:{kpi}:{period.id}:{dimension}:{dimension_value}"
    rows = _after(rows, purpose, cursor).order_by("-counted", "-amount", "account_id")
    found = list(rows[: limit + 1])
    shown = found[:limit]
    names = dict(
        Account.objects.filter(pk__in=[row.account_id for row in shown]).values_list("pk", "name")
    )
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = encode(
            purpose, Cursor((last.counted, str(last.amount), last.account_id), backward=False)
        )
    return AccountsPage([_row(row, names) for row in shown], following)


def _row(row: Any, names: dict[int, str]) -> AccountRow:
    opening = row.mrr_opening if row.is_opening else Decimal(0)
    closing = row.mrr_closing if row.is_closing else Decimal(0)
    return AccountRow(
        account_id=row.account_id,
        name=names.get(row.account_id, "?"),
        mrr_opening=opening,
        mrr_closing=closing,
        change=None if opening is None or closing is None else closing - opening,
        counts=bool(row.counted),
        amount=row.amount,
        churned_on=row.churned_on,
        reason=row.reason,
    )


def _after(rows: QuerySet[Any], purpose: str, cursor: str | None) -> QuerySet[Any]:
    if not cursor:
        return rows
    counted, amount, account_id = decode(purpose, cursor).values
    amount = Decimal(amount)
    return rows.filter(
        Q(counted__lt=counted)
        | Q(counted=counted, amount__lt=amount)
        | Q(counted=counted, amount=amount, account_id__gt=account_id)
    )


def _in_cut(dimension: str, value: str) -> Q:
    match dimension:
        case "":
            return Q()
        case Figure.Dimension.SEGMENT:
            return Q(segment=value)
        case Figure.Dimension.REASON:
            return Q(is_churned=True, reason=value)
        case Figure.Dimension.PLAN | Figure.Dimension.OWNER:
            column = f"{dimension}_id"
            return (
                Q(**{column: int(value)}) if value.isdigit() else Q(**{f"{column}__isnull": True})
            )
        case Figure.Dimension.COHORT | Figure.Dimension.COHORT_QUARTER:
            try:
                first = dt.date.fromisoformat(value)
            except ValueError:
                return Q(cohort__isnull=True)
            months = 3 if dimension == Figure.Dimension.COHORT_QUARTER else 1
            return Q(cohort__gte=first, cohort__lt=month_start(first, months))
    raise DomainError(f"There is no cut by “{dimension}”.", code="unknown_dimension", field="cut")
