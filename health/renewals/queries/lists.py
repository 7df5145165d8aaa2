"""The list and the calendar of renewals: a closed set of filters and sorts."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from accounts.models import Account
from cs_platform.core import paging
from cs_platform.core.tenancy import scope
from health.renewals.models import Renewal, RenewalForecast, RenewalNote
from health.renewals.models.renewal import CLOSED as CLOSED_STEPS
from health.renewals.queries.filters import CLOSED, RenewalFilters, filtered

PAGE_SIZE = 50
EXPORT_CHUNK = 2000
# Up to here a count is exact; above, the page says "more than".
COUNTED = 1000
UNRATED_COUNTED = 200
SORTS = ("term_ends_on", "notice_deadline_on", "arr", "due_on", "model_probability")
DEFAULT_SORT = "term_ends_on"
# Of a day of the calendar so many renewals are named, the dearest.
NAMED_PER_DAY = 3
_JOINED = ("account", "owner__user", "subscription__product", "subscription__plan")


@dataclass(frozen=True)
class RenewalPage:
    """One page with cursors to its neighbours; ``counted`` None: more than ``COUNTED``."""

    rows: list[Renewal]
    next: str | None
    previous: str | None
    counted: int | None


def parse_sort(value: str) -> paging.Sort:
    """A sort out of the closed set; anything else is the default."""
    return paging.Sort.parse(value if value.removeprefix("-") in SORTS else DEFAULT_SORT)


def renewals_page(
    filters: RenewalFilters,
    sort: paging.Sort,
    *,
    today: dt.date,
    first_month: int,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> RenewalPage:
    """One page of the list. Raises ``paging.BadCursor``."""
    found = filtered(Renewal.objects.all(), filters, today=today, first_month=first_month)
    page = paging.page_of(
        with_joined(found), purpose="renewals", sort=sort, limit=limit, cursor=cursor
    )
    if page.next is None and page.previous is None:
        total: int | None = len(page.rows)
    else:
        counted = found.order_by().values("id")[: COUNTED + 1].count()
        total = counted if counted <= COUNTED else None
    return RenewalPage(page.rows, page.next, page.previous, total)


def with_joined(found: QuerySet[Renewal]) -> QuerySet[Renewal]:
    """The renewals with what a row shows of their account, owner and contract."""
    return found.select_related(*_JOINED).defer(
        *(f"account__{name}" for name in Account.LONG_FIELDS)
    )


def all_rows(
    workspace_id: int,
    filters: RenewalFilters,
    sort: paging.Sort,
    *,
    today: dt.date,
    first_month: int,
) -> Iterator[Renewal]:
    """Every row of a list, in chunks that each open and close the scope: for streamed exports."""
    cursor: str | None = None
    while True:
        with scope(workspace_id):
            found = filtered(Renewal.objects.all(), filters, today=today, first_month=first_month)
            page = paging.page_of(
                with_joined(found), purpose="renewals-export", sort=sort, limit=EXPORT_CHUNK,
                cursor=cursor,
            )  # fmt: skip
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return


def unrated(
    filters: RenewalFilters, *, today: dt.date, first_month: int
) -> tuple[int | None, list[str]]:
    """How many open renewals of a list have no amount, for want of a rate, and their currencies.

    None: more than ``UNRATED_COUNTED``.
    """
    if filters.step in (CLOSED, *CLOSED_STEPS):
        return 0, []
    found = filtered(Renewal.objects.all(), filters, today=today, first_month=first_month)
    currencies = list(
        found.filter(arr__isnull=True)
        .order_by()
        .values_list("subscription__currency", flat=True)[: UNRATED_COUNTED + 1]
    )
    count = len(currencies)
    return count if count <= UNRATED_COUNTED else None, sorted(set(currencies))


@dataclass
class CalendarDay:
    """What ends on a day: how many, how much a year, the dearest by name; and the deadlines."""

    day: dt.date
    count: int = 0
    arr: Decimal = Decimal(0)
    named: list[Renewal] | None = None
    deadlines: int = 0

    @property
    def hidden(self) -> int:
        """Renewals of the day that are not named."""
        return self.count - len(self.named or [])


def calendar_days(
    filters: RenewalFilters, first: dt.date, until: dt.date, *, today: dt.date, first_month: int
) -> dict[dt.date, CalendarDay]:
    """The days from ``first`` to before ``until`` on which something is due: three queries."""
    found = filtered(Renewal.objects.all(), filters, today=today, first_month=first_month)
    due = found.filter(term_ends_on__gte=first, term_ends_on__lt=until)
    days: dict[dt.date, CalendarDay] = {}
    for row in (
        due.order_by()
        .values("term_ends_on")
        .annotate(n=Count("id"), total=Sum("arr"))
        .order_by("term_ends_on")
    ):
        day = row["term_ends_on"]
        days[day] = CalendarDay(day, row["n"], row["total"] or Decimal(0), [])
    dearest = due.annotate(
        place=Window(
            RowNumber(),
            partition_by=[F("term_ends_on")],
            order_by=[F("arr").desc(nulls_last=True), F("id").asc()],
        )
    ).filter(place__lte=NAMED_PER_DAY)
    ids = list(dearest.order_by("term_ends_on", "place").values_list("id", flat=True))
    by_id = {r.pk: r for r in Renewal.objects.filter(pk__in=ids).select_related("account")}
    for pk in ids:
        days[by_id[pk].term_ends_on].named.append(by_id[pk])  # type: ignore[union-attr]
    deadlines = (
        found.filter(notice_deadline_on__gte=first, notice_deadline_on__lt=until)
        .order_by()
        .values("notice_deadline_on")
        .annotate(n=Count("id"))
    )
    for deadline in deadlines:
        last_day = deadline["notice_deadline_on"]
        if last_day is not None:
            days.setdefault(last_day, CalendarDay(last_day)).deadlines = deadline["n"]
    return days


def account_renewals(account: Account) -> list[Renewal]:
    """The renewals of one account's contracts: open ones by day, then the latest closed ones."""
    rows = list(
        with_joined(Renewal.objects.filter(account=account, is_void=False)).order_by(
            "-is_open", "term_ends_on", "id"
        )[:50]
    )
    open_rows = [row for row in rows if row.is_open]
    closed = sorted((r for r in rows if not r.is_open), key=lambda r: r.term_ends_on, reverse=True)
    return [*open_rows, *closed]


def history(renewal: Renewal) -> list[RenewalNote]:
    """What was done about a renewal, latest first."""
    return list(
        RenewalNote.objects.filter(renewal=renewal)
        .select_related("author__user")
        .order_by("-known_at", "-id")[:100]
    )


def forecast_history(renewal: Renewal) -> list[RenewalForecast]:
    """What was forecast of a renewal and by whom, latest first."""
    return list(
        RenewalForecast.objects.filter(renewal=renewal)
        .select_related("author__user")
        .order_by("-known_at", "-id")[:100]
    )


def as_known(renewal: Renewal, forecaster: str, moment: dt.datetime) -> Any:
    """The forecast that held at a moment; None where the forecaster had none."""
    found = (
        RenewalForecast.objects.filter(renewal=renewal, forecaster=forecaster, known_at__lte=moment)
        .order_by("-known_at", "-id")
        .first()
    )
    return found if found is not None and found.probability is not None else None
