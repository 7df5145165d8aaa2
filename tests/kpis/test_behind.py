"""The accounts behind a figure: who is listed, in which order, and at what cost."""

import pytest
from django.db import connection

from accounts.models import ExchangeRate
from cs_platform.core.errors import DomainError
from metrics.kpis.definitions import KPIS, Estimator
from metrics.kpis.models import AccountPeriod
from metrics.kpis.queries.accounts import accounts_behind
from metrics.kpis.queries.behind import BEHIND
from metrics.kpis.queries.figures import current_figures
from tests.kpis.conftest import Book, day


def test_the_accounts_behind_a_figure(five: Book) -> None:
    period = five.period("month", "2026-03-15")
    page = accounts_behind("revenue-churn-gross", period, limit=2)
    assert [(row.name, row.amount, row.counts) for row in page.rows] == [
        ("A", 100, True),
        ("D", 100, True),
    ]
    rest = accounts_behind("revenue-churn-gross", period, cursor=page.next_cursor)
    assert [(row.name, row.counts, row.change) for row in rest.rows] == [
        ("B", True, -50),
        # the others by what they pay now
        ("E", False, 0),
        ("C", False, 120),
    ]
    assert rest.next_cursor is None
    small = accounts_behind("customer-churn", period, "segment", "small")
    assert [(row.name, row.counts, row.reason) for row in small.rows] == [
        ("A", True, "price"),
        ("B", False, ""),
    ]
    for kpi in KPIS:
        assert accounts_behind(kpi, period).rows is not None
    for arguments in (("nonsense", period), ("grr", period, "colour", "red")):
        with pytest.raises(DomainError):
            accounts_behind(*arguments)
    with pytest.raises(DomainError):
        accounts_behind("nrr", period, cursor=page.next_cursor)


def test_pages_of_accounts_leave_nobody_out_and_name_nobody_twice(five: Book) -> None:
    ExchangeRate.objects.create(currency="EUR", valid_from=day("2026-03-20"), rate=2)
    five.contract("I", "2025-06-01", 90, currency="EUR")
    five.contract("J", "2025-06-01", 90, currency="GBP")
    period = five.period("month", "2026-03-15")
    for kpi in KPIS:
        whole = [row.account_id for row in accounts_behind(kpi, period).rows]
        assert len(set(whole)) == len(whole), kpi
        paged, cursor = [], None
        for _ in range(len(whole) + 1):
            page = accounts_behind(kpi, period, cursor=cursor, limit=1)
            paged += [row.account_id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert paged == whole, kpi
        counted = [row.counts for row in accounts_behind(kpi, period).rows]
        assert counted == sorted(counted, reverse=True), kpi


@pytest.mark.parametrize("kpi", list(BEHIND))
def test_lists_of_accounts_are_walked_by_an_index(book: Book, kpi: str) -> None:
    with connection.cursor() as cursor:
        # what cannot be done without sorting shows in the plan all the same
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    for run in BEHIND[kpi].runs:
        order = (f"-{run.by}", "-account_id") if run.by else ("account_id",)
        rows = AccountPeriod.objects.filter(run.where, period_id=1).order_by(*order)
        plan = rows.explain()
        assert "Index" in plan, (run, plan)
        assert "Sort" not in plan, (run, plan)


def test_the_accounts_behind_a_share_are_its_numerator_and_denominator(five: Book) -> None:
    period = five.period("month", "2026-03-15")
    found = current_figures(period)
    for slug, kpi in KPIS.items():
        if kpi.estimator != Estimator.SHARE or slug not in found or slug == "renewal-rate":
            continue
        rows = accounts_behind(slug, period).rows
        assert len(rows) == found[slug].denominator, slug
        assert sum(row.counts for row in rows) == found[slug].numerator, slug
