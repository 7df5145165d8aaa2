"""Every row once, in order, whatever the sort, the direction and what is inserted meanwhile."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Workspace
from cs_platform.core import paging, prepared
from cs_platform.core.errors import DomainError
from cs_platform.core.listing import Listing
from cs_platform.core.paging import BadCursor, Page, Sort, page_of

NOW = dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
SEATS = [5, None, 3, 3, None, 8, 3, 1, None, 5]


def make(name: str, seats: int | None) -> Account:
    return Account.objects.create(
        external_id=name, name=name, seats=seats, created_at=NOW, updated_at=NOW
    )


@pytest.fixture
def ten(scoped: Workspace) -> list[Account]:
    return [make(f"account {n}", seats) for n, seats in enumerate(SEATS)]


def page(sort: str, cursor: str | None = None, limit: int = 3) -> Page:
    rows = Account.objects.values("pk", "seats", "name", "created_at")
    return page_of(rows, purpose="test", sort=Sort.parse(sort), limit=limit, cursor=cursor)


def walk(sort: str, limit: int) -> list[Page]:
    pages = [page(sort, limit=limit)]
    while pages[-1].next:
        pages.append(page(sort, pages[-1].next, limit))
    return pages


def expected(ten: list[Account], sort: str) -> list[int]:
    order = Sort.parse(sort)
    given = [a for a in ten if getattr(a, order.column) is not None]
    empty = [a for a in ten if getattr(a, order.column) is None]
    given.sort(key=lambda a: (getattr(a, order.column), a.pk), reverse=order.descending)
    empty.sort(key=lambda a: a.pk, reverse=order.descending)
    return [a.pk for a in given + empty]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 10, 11])
@pytest.mark.parametrize("sort", ["seats", "-seats", "name", "-name", "pk", "-pk", "created_at"])
def test_forward_then_back_shows_every_row_once(ten: list[Account], sort: str, limit: int) -> None:
    wanted = expected(ten, sort)
    pages = walk(sort, limit)
    assert [row["pk"] for page in pages for row in page.rows] == wanted
    assert pages[0].previous is None
    assert all(len(page.rows) == limit for page in pages[:-1])

    last = pages[-1]
    seen = [row["pk"] for row in last.rows]
    while last.previous:
        last = page(sort, last.previous, limit)
        seen = [row["pk"] for row in last.rows] + seen
        assert last.next is not None
    assert seen == wanted


MIXED = (Sort("seats", True, nulls_last=True), Sort("onboarding_due_on"), Sort("pk"))
DAYS = [None, 3, 1, 1, 2, None, 1, 1, 1, 4]


def mixed(cursor: str | None, limit: int, *, is_listing: bool) -> tuple[list[int], Page]:
    if is_listing:
        listing = Listing(Account, {"name__startswith": "account"}, {"seats__gt": 100})
        found = listing.page(("pk",), purpose="mixed", order=MIXED, limit=limit, cursor=cursor)
        return [row[-1] for row in found.rows], found
    rows = Account.objects.filter(name__startswith="account")
    found = page_of(rows, purpose="mixed", sort=MIXED, limit=limit, cursor=cursor)
    return [row.pk for row in found.rows], found


@pytest.mark.parametrize("is_listing", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 9, 10])
def test_several_sorts_with_empty_values_go_both_ways(
    ten: list[Account], limit: int, is_listing: bool
) -> None:
    for account, days in zip(ten, DAYS, strict=True):
        account.onboarding_due_on = None if days is None else dt.date(2025, 4, days)
        account.save()
    late = dt.date.max
    wanted = sorted(ten, key=lambda a: (-(a.seats or 0), a.onboarding_due_on or late, a.pk))
    expected = [account.pk for account in wanted]

    seen, pages = [], []
    cursor: str | None = None
    while True:
        ids, found = mixed(cursor, limit, is_listing=is_listing)
        seen += ids
        pages.append(ids)
        if found.next is None:
            break
        cursor = found.next
    assert seen == expected
    for ids in reversed(pages[:-1]):
        assert found.previous
        back, found = mixed(found.previous, limit, is_listing=is_listing)
        assert back == ids
    assert found.previous is None


@pytest.mark.parametrize("sort", ["seats", "-seats", "name", "-name", "pk", "-pk"])
def test_a_listing_pages_as_its_query_set_does(ten: list[Account], sort: str) -> None:
    order = Sort.parse(sort).order
    listing = Listing(Account, {"segment": "", "parent_id__isnull": True})
    seen, cursor = [], None
    while True:
        found = listing.page(("pk",), purpose="x", order=order, limit=3, cursor=cursor)
        seen += [row[-1] for row in found.rows]
        if found.next is None:
            break
        cursor = found.next
    assert seen == expected(ten, sort)
    assert (
        not Listing(Account, {"segment": "startup"})
        .page(("pk",), purpose="x", order=order, limit=3)
        .rows
    )


def test_a_listing_is_written_once_whatever_it_asks_for(ten: list[Account]) -> None:
    def ask(name: str) -> list[Any]:
        listing = Listing(Account, {"name": name, "is_unconfirmed": False})
        return listing.page(("name",), purpose="x", order=Sort("name").order, limit=7).rows

    assert len(ask("account 3")) == 1
    with CaptureQueriesContext(connection) as queries:
        assert [ask("account 4")[0][0], ask("'; --")] == ["account 4", []]
    first, second = (query["sql"] for query in queries.captured_queries)
    assert first.startswith("EXECUTE")
    assert first.replace("account 4", "''; --") == second


def test_a_connection_holds_a_bounded_number_of_statements(
    ten: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_MOST", 0)
    listing = Listing(Account, {"website": ""})
    with CaptureQueriesContext(connection) as queries:
        found = listing.page(("pk",), purpose="x", order=Sort("name").order, limit=8)
    assert len(found.rows) == 8
    (query,) = queries.captured_queries
    assert query["sql"].startswith("SELECT")


def test_rows_inserted_behind_the_reader_do_not_repeat_others(ten: list[Account]) -> None:
    wanted = expected(ten, "seats")
    current = page("seats", limit=2)
    seen: list[int] = []
    while True:
        seen += [row["pk"] for row in current.rows]
        make(f"late {len(seen)}", 0)
        if current.next is None:
            break
        current = page("seats", current.next, limit=2)
    assert seen == wanted


def test_a_row_that_moved_away_does_not_hide_its_neighbour(ten: list[Account]) -> None:
    wanted = expected(ten, "seats")
    first = page("seats", limit=4)
    Account.objects.filter(pk=first.rows[-1]["pk"]).update(seats=100)
    assert page("seats", first.next, limit=10).rows[0]["pk"] == wanted[4]


def test_instances_page_like_dictionaries(ten: list[Account]) -> None:
    found = page_of(Account.objects.all(), purpose="x", sort=Sort.parse("-seats"), limit=4)
    assert [a.pk for a in found.rows] == expected(ten, "-seats")[:4]


def change(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


@pytest.mark.parametrize("bad", ["x", "a.b", "", ".", "ж.ж", "a" * 5000])
def test_a_cursor_of_ones_own_making_is_refused(ten: list[Account], bad: str) -> None:
    with pytest.raises(BadCursor):
        paging.decode("test:seats", bad)


def test_a_cursor_is_bound_to_its_list_and_sort_and_content(ten: list[Account]) -> None:
    cursor = page("seats").next
    assert cursor
    for other_sort, text in [("-seats", cursor), ("name", cursor), ("seats", change(cursor))]:
        with pytest.raises(BadCursor) as caught:
            page(other_sort, text)
        assert (caught.value.status, caught.value.field) == (400, "cursor")


def test_a_page_reads_an_index_range(ten: list[Account]) -> None:
    names = Account.objects.values("pk", "name")
    first = page_of(names, purpose="x", sort=Sort("name"), limit=2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page_of(names, purpose="x", sort=Sort("name"), limit=2, cursor=first.next)
    (query,) = queries.captured_queries
    assert '("accounts_account"."name", "accounts_account"."id") > (' in query["sql"]
    assert "COUNT" not in query["sql"]


@pytest.mark.parametrize("bad", ["0", "-1", "x", "1.5", "501", "٣", "9" * 30])
def test_limits_are_whole_numbers_within_bounds(bad: str) -> None:
    with pytest.raises(DomainError) as caught:
        paging.clamp(bad, default=50, largest=500)
    assert (caught.value.status, caught.value.field) == (400, "limit")


@pytest.mark.parametrize(("text", "limit"), [(None, 50), ("", 50), ("1", 1), ("500", 500)])
def test_limit_given_or_not(text: Any, limit: int) -> None:
    assert paging.clamp(text, default=50, largest=500) == limit
