"""The accounts behind a figure."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import DecimalField, F, Q, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Coalesce

from accounts.models import Account
from cs_platform.core.errors import DomainError
from cs_platform.core.paging import Cursor, decode, encode
from metrics.kpis.models import AccountPeriod, Figure
from metrics.kpis.periods import month_start
from metrics.kpis.queries.behind import BEHIND, Behind, Run
from metrics.kpis.queries.shapes import AccountRow, AccountsPage, PeriodView

_NUMBER = DecimalField(max_digits=24, decimal_places=4)
_ZERO = Value(Decimal(0), output_field=_NUMBER)


def accounts_behind(
    kpi: str,
    period: PeriodView,
    dimension: str = "",
    dimension_value: str = "",
    *,
    cursor: str | None = None,
    limit: int = 50,
    counting: bool = False,
) -> AccountsPage:
    """The accounts of a figure's denominator, those in its numerator first; or only ``counting``.

    ``amount`` of a row is what the account adds to the numerator, in money per month at
    period-start rates (onboarding and tenure: days). Raises ``DomainError`` (``unknown_kpi``,
    ``unknown_dimension``, ``unknown_value``, ``bad_cursor``).
    """
    behind = BEHIND.get(kpi)
    if behind is None:
        raise DomainError(f"There is no KPI “{kpi}”.", code="unknown_kpi", field="kpi")
    among = Q(period_id=period.id) & _in_cut(dimension, dimension_value)
    purpose = f"kpi-accounts:{kpi}:{period.id}:{dimension}:{dimension_value}"
    at = decode(purpose, cursor).values if cursor else None
    walked = _walk(behind, among, at, limit + 1, counting=counting)
    found = list(islice(walked, limit + 1))
    shown = found[:limit]
    names = dict(
        Account.objects.filter(pk__in=[row.account_id for _at, row in shown]).values_list(
            "pk", "name"
        )
    )
    following = None
    if len(found) > limit:
        number, last = shown[-1]
        by = behind.runs[number].by
        value = str(getattr(last, by)) if by else None
        following = encode(purpose, Cursor((number, value, last.account_id)))
    rows = [_row(row, names, counts=behind.runs[number].counts) for number, row in shown]
    return AccountsPage(rows, following)


def _walk(
    behind: Behind, among: Q, at: tuple[Any, ...] | None, wanted: int, *, counting: bool
) -> Iterator[tuple[int, Any]]:
    """The rows after ``at`` with the number of their run; a run is read once it is reached."""
    amount = Coalesce(behind.amount, _ZERO, output_field=_NUMBER)
    first = 0 if at is None else int(at[0])
    for number, run in enumerate(behind.runs):
        if number < first or (counting and not run.counts):
            continue
        rows = AccountPeriod.objects.filter(among, run.where).annotate(amount=amount)
        if at is not None and number == first:
            rows = rows.filter(_beyond(run, *at[1:]))
        order = (f"-{run.by}", "-account_id") if run.by else ("account_id",)
        for row in rows.order_by(*order)[:wanted]:
            yield number, row


def _beyond(run: Run, value: str | None, account_id: int) -> Any:
    if not run.by:
        return Q(account_id__gt=account_id)
    field: Any = AccountPeriod._meta.get_field(run.by)
    return TupleLessThan(Tuple(F(run.by), F("account_id")), (field.to_python(value), account_id))


def _row(row: Any, names: dict[int, str], *, counts: bool) -> AccountRow:
    opening = row.mrr_opening if row.is_opening else Decimal(0)
    closing = row.mrr_closing if row.is_closing else Decimal(0)
    return AccountRow(
        account_id=row.account_id,
        name=names.get(row.account_id, "?"),
        mrr_opening=opening,
        mrr_closing=closing,
        change=None if opening is None or closing is None else closing - opening,
        counts=counts,
        amount=row.amount,
        churned_on=row.churned_on,
        reason=row.reason,
    )


def _in_cut(dimension: str, value: str) -> Q:
    try:
        return _part(dimension, value)
    except ValueError as error:
        raise DomainError(
            "There is no such part of the cut.", code="unknown_value", field="value"
        ) from error


def _part(dimension: str, value: str) -> Q:
    """One part of a cut; '' is those without a value. Raises ``ValueError`` for what is none."""
    if "\0" in value:
        raise ValueError("no value has a NUL character")
    match dimension:
        case "":
            return Q()
        case Figure.Dimension.SEGMENT:
            return Q(segment=value)
        case Figure.Dimension.REASON:
            return Q(is_churned=True, reason=value)
        case Figure.Dimension.PLAN | Figure.Dimension.OWNER:
            column = f"{dimension}_id"
            return Q(**{column: int(value)}) if value else Q(**{f"{column}__isnull": True})
        case Figure.Dimension.COHORT | Figure.Dimension.COHORT_QUARTER:
            if not value:
                return Q(cohort__isnull=True)
            first = dt.date.fromisoformat(value)
            months = 3 if dimension == Figure.Dimension.COHORT_QUARTER else 1
            return Q(cohort__gte=first, cohort__lt=month_start(first, months))
    raise DomainError(f"There is no cut by “{dimension}”.", code="unknown_dimension", field="cut")
