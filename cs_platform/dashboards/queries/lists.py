"""Lists of accounts: a closed set of filters and sorts over the one row per account."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.queries.matching import text_matches
from cs_platform.core import paging, sql
from cs_platform.core.tenancy import scope
from cs_platform.dashboards.filters import NOBODY, AccountFilters
from health.models import AccountCurrent

PAGE_SIZE = 50
EXPORT_CHUNK = 2000
# Up to here a count is exact; above, the page says "more than".
COUNTED = 1000
# A choice among more tiers than this is no choice.
MOST_TIERS = 100


@dataclass(frozen=True)
class ListPage:
    """Rows of one page with cursors to its neighbours, and how many rows the list has.

    ``counted`` is None where there are more than ``COUNTED``.
    """

    rows: list[Any]
    next: str | None
    previous: str | None
    counted: int | None


def parse_sort(value: str, *, columns: tuple[str, ...], default: str) -> paging.Sort:
    """A sort out of a closed set; anything else is the default."""
    return paging.Sort.parse(value if value.removeprefix("-") in columns else default)


def filtered(found: QuerySet[Any], filters: AccountFilters, *, today: dt.date) -> QuerySet[Any]:
    """The rows of ``found`` that pass the filters: current ones, or score-days by all but tier."""
    if filters.owner == NOBODY:
        found = found.filter(owner_id__isnull=True)
    elif filters.owner:
        found = found.filter(owner_id=int(filters.owner))
    for name in ("segment", "tier", "stage"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value})
    if filters.band:
        found = found.filter(band="" if filters.band == "none" else filters.band)
    first, last = filters.renewal_range(today)
    if first:
        found = found.filter(renewal_on__gte=first)
    if last:
        found = found.filter(renewal_on__lte=last)
    return found.filter(text_matches(filters.text)) if filters.text else found


def tiers() -> list[str]:
    """The tiers that accounts have, in alphabetical order, at most a hundred."""
    return [row["tier"] for row in sql.rows("dashboards/tiers", {"limit": MOST_TIERS})]


def list_page(
    found: QuerySet[AccountCurrent], *, purpose: str, sort: paging.Sort, cursor: str | None
) -> ListPage:
    """One page of ``found``. Raises ``paging.BadCursor`` for a cursor of another list."""
    page = paging.page_of(found, purpose=purpose, sort=sort, limit=PAGE_SIZE, cursor=cursor)
    if page.next is None and page.previous is None:
        total: int | None = len(page.rows)
    else:
        counted = found.order_by()[: COUNTED + 1].count()
        total = counted if counted <= COUNTED else None
    return ListPage(page.rows, page.next, page.previous, total)


def all_rows(
    workspace_id: int, filters: AccountFilters, sort: paging.Sort, *, today: dt.date
) -> Iterator[AccountCurrent]:
    """Every row of a list, in chunks that each open and close the scope: for streamed exports."""
    cursor: str | None = None
    while True:
        with scope(workspace_id):
            page = paging.page_of(
                filtered(AccountCurrent.objects.all(), filters, today=today),
                purpose="export",
                sort=sort,
                limit=EXPORT_CHUNK,
                cursor=cursor,
            )
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return
