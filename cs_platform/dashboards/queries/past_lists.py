"""Lists of accounts as of a past day, off the score-days of that day."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from accounts.models import Account
from cs_platform.core import paging
from cs_platform.core.paging import Sort
from cs_platform.core.tenancy import scope
from cs_platform.dashboards.filters import AccountFilters
from cs_platform.dashboards.queries.lists import (
    COUNTED,
    EXPORT_CHUNK,
    PAGE_SIZE,
    ListPage,
    filtered,
)
from health.models import AccountCurrent, ScoreDay
from health.queries import as_they_stood, scored_on

PAST_SORTS = ("name", "score", "mrr", "renewal_on")


def filtered_on(day: dt.date, filters: AccountFilters) -> QuerySet[ScoreDay]:
    """The score-days of a day that pass the filters."""
    return filtered(scored_on(day, tier=filters.tier), replace(filters, tier=""), today=day)


def past_page(
    found: QuerySet[ScoreDay],
    *,
    purpose: str,
    sort: Sort | tuple[Sort, ...],
    cursor: str | None,
    limit: int = PAGE_SIZE,
) -> ListPage:
    """One page of score-days of one day, as rows of lists.

    By name, or by columns of the score-days, of which several end with the account's id. Raises
    ``paging.BadCursor``.
    """
    if isinstance(sort, Sort) and sort.column == "name":
        key, order = "pk", sort.order
        among: QuerySet[Any] = Account.objects.filter(pk__in=found.values("account_id"))
    else:
        key, among = "account_id", found
        order = (sort, Sort(key, sort.descending)) if isinstance(sort, Sort) else sort
    columns = [each.column for each in order]
    page = paging.page_of(
        among.values(*columns), purpose=purpose, sort=order, limit=limit, cursor=cursor
    )
    ids = [row[key] for row in page.rows]
    days = {row.account_id: row for row in found.filter(account_id__in=ids)}
    rows = as_they_stood(days[pk] for pk in ids if pk in days)
    if page.next is None and page.previous is None:
        return ListPage(rows, None, None, len(rows))
    # by account, so that nothing but the day's rows is passed on the way
    counted = found.order_by("account_id")[: COUNTED + 1].count()
    return ListPage(rows, page.next, page.previous, counted if counted <= COUNTED else None)


def all_past_rows(
    workspace_id: int, day: dt.date, filters: AccountFilters, sort: Sort
) -> Iterator[AccountCurrent]:
    """Every row of a list, in chunks that each open and close the scope: for streamed exports."""
    cursor: str | None = None
    while True:
        with scope(workspace_id):
            page = past_page(
                filtered_on(day, filters),
                purpose=f"export:{day}", sort=sort, cursor=cursor, limit=EXPORT_CHUNK,
            )  # fmt: skip
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return
