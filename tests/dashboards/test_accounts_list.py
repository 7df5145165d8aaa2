"""The list of accounts: what it opens on, filters, sorts, pages, views, assignment, export."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, SavedView, Workspace
from cs_platform.core import tenancy
from cs_platform.dashboards.filters import AccountFilters, parse_filters
from cs_platform.dashboards.queries import lists
from cs_platform.dashboards.views.accounts import SORTS
from health.models import AccountCurrent
from tests.cast import Cast, make_workspace
from tests.dashboards.conftest import Book, text_of


def names(answer: Any) -> list[str]:
    """Names of the rows, in order."""
    return [row.name for row in answer.context["page"].rows]


@pytest.fixture
def three(book: Book, cast: Cast) -> Book:
    book.account(
        "Alpha", score=30, mrr=300, owner=cast["csm"], segment="enterprise", tier="Gold",
        renewal_on=book.on(10), stage="renewal",
    )  # fmt: skip
    book.account("Beta", score=80, mrr=100, owner=cast["manager"], renewal_on=book.on(-3))
    book.account("Gamma", mrr=200, renewal_on=book.on(100))
    return book


def test_a_csm_opens_on_own_accounts_and_others_on_all(
    three: Book, get: Callable[..., Any], url: Callable[..., str], cast: Cast
) -> None:
    assert get("csm", url("accounts")).headers["Location"].endswith(f"?owner={cast['csm'].pk}")
    assert get("manager", url("accounts")).headers["Location"].endswith("?owner=all")
    assert names(get("csm", url("accounts") + "?owner=me")) == ["Alpha"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("owner=all", ["Alpha", "Beta", "Gamma"]),
        ("owner=none", ["Gamma"]),
        ("segment=enterprise", ["Alpha"]),
        ("tier=Gold", ["Alpha"]),
        ("stage=renewal", ["Alpha"]),
        ("band=red", ["Alpha"]),
        ("band=none", ["Gamma"]),
        ("renewal=30", ["Alpha"]),
        ("renewal=180", ["Alpha", "Gamma"]),
        ("renewal=overdue", ["Beta"]),
        ("q=ALP", ["Alpha"]),
        ("q=zzz", []),
        ("owner=all&band=green&renewal=30", []),
    ],
)
def test_filters(
    three: Book, get: Callable[..., Any], url: Callable[..., str], query: str, expected: list[str]
) -> None:
    answer = get("viewer", f"{url('accounts')}?{query}")
    text_of(answer)
    assert names(answer) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", "ABC"), ("-name", "CBA"), ("score", "ABC"), ("-score", "BAC"),
        ("mrr", "BCA"), ("-mrr", "ACB"), ("renewal_on", "BAC"), ("-renewal_on", "CAB"),
        ("nonsense", "ABC"), ("-id", "ABC"),
    ],
)  # fmt: skip
def test_sorts_put_missing_values_last(
    three: Book, get: Callable[..., Any], url: Callable[..., str], sort: str, expected: str
) -> None:
    found = names(get("viewer", f"{url('accounts')}?owner=all&sort={sort}"))
    letters = {"Alpha": "A", "Beta": "B", "Gamma": "C"}
    assert "".join(letters[name] for name in found) == expected


@pytest.mark.parametrize("column", SORTS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_paging_walks_every_row_once(
    book: Book, monkeypatch: pytest.MonkeyPatch, column: str, sign: str
) -> None:
    for number in range(7):
        given = {
            "score": [10, 10, 50, 90, None, 90, None][number],
            "mrr": number % 3 * 100,
            "renewal_on": None if number % 2 else book.on(number),
            "last_seen_on": None if number == 3 else book.on(-(number % 2)),
            "score_7d": [None, 1.0, 1.0, -2.0, None, 0.0, 1.0][number],
        }
        book.account(f"Firm {number % 4}", external_id=f"f{number}", **given)
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    sort = lists.parse_sort(sign + column, columns=SORTS, default="name")
    seen: list[str] = []
    with tenancy.scope(book.workspace.pk):
        cursor = None
        while True:
            page = lists.list_page(
                AccountCurrent.objects.all(), purpose="t", sort=sort, cursor=cursor
            )
            seen += [row.external_id for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
    assert sorted(seen) == [f"f{number}" for number in range(7)]


def test_the_part_for_htmx_is_the_list_of_the_page(
    three: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    address = url("accounts") + "?owner=all&sort=-mrr"
    part = text_of(get("viewer", address, htmx="list"))
    page = text_of(get("viewer", address))
    assert "<html" not in part

    def rows(text: str) -> list[str]:
        return re.findall(r"<tr data-href.*?</tr>", text, re.DOTALL)

    assert len(rows(part)) == 3
    assert rows(part) == rows(page)


def test_a_page_costs_the_same_queries_however_many_rows(
    three: Book, client_as: Callable[..., Client], url: Callable[..., str], cast: Cast
) -> None:
    client = client_as("manager")
    address = url("accounts") + "?owner=all"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(20):
        three.account(f"More {number}", score=50, owner=cast["csm"])
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many)
    assert len(many) <= 20


def test_what_is_not_understood_is_said(
    three: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("viewer", url("accounts") + "?owner=all&band=purple&segment=%00")
    assert "“purple” is no band to filter by" in text_of(answer)
    assert len(names(answer)) == 3
    assert names(get("viewer", url("accounts") + "?owner=all&cursor=made-up")) == names(answer)


def test_names_are_escaped(book: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    book.account("<script>alert(1)</script>")
    text = text_of(get("viewer", url("accounts") + "?owner=all&q=<script>"))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_viewer_sees_nothing_to_write_with(
    three: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    text = text_of(get("viewer", url("accounts") + "?owner=all"))
    for address in ("/accounts/new/", "/log/", "/assign/", 'name="ids"'):
        assert address not in text
    assert "/accounts/new/" in text_of(get("manager", url("accounts") + "?owner=all"))


def test_empty_lists_say_what_to_do(
    book: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    assert "No accounts yet" in text_of(get("viewer", url("accounts") + "?owner=all"))
    filtered = text_of(get("viewer", url("accounts") + "?owner=all&band=red"))
    assert "No account passes these filters" in filtered


def test_japanese(three: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    address = url("accounts") + "?owner=all"
    text = text_of(get("viewer", address, **{"Accept-Language": "ja"}))
    for word in ("顧客企業", "ヘルス", "担当CSM", "最終利用", "3 社"):
        assert word in text


# --- assignment ------------------------------------------------------------------------------
def test_selected_accounts_change_hands(
    three: Book, client_as: Callable[..., Client], url: Callable[..., str], cast: Cast
) -> None:
    with tenancy.scope(three.workspace.pk):
        ids = list(Account.objects.order_by("name").values_list("pk", flat=True))
    answer = client_as("manager").post(
        url("accounts_assign"),
        {"ids": ids[1:], "owner": cast["csm"].pk, "query": "owner=all&band=green"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == url("accounts") + "?owner=all&band=green"
    with tenancy.scope(three.workspace.pk):
        assert set(Account.objects.values_list("owner_id", flat=True)) == {cast["csm"].pk}


def test_nobody_else_assigns_and_rivals_accounts_do_not_exist(
    three: Book,
    client_as: Callable[..., Client],
    url: Callable[..., str],
    cast: Cast,
    rival_workspace: Workspace,
) -> None:
    theirs = Book(rival_workspace).account("Theirs")
    form = {"ids": [theirs.pk], "owner": cast["csm"].pk}
    assert client_as("csm").post(url("accounts_assign"), form).status_code == 403
    client_as("manager").post(url("accounts_assign"), form)
    with tenancy.scope(rival_workspace.pk):
        assert Account.objects.get(pk=theirs.pk).owner_id is None


# --- saved views -----------------------------------------------------------------------------
def test_views_are_private_until_shared(
    three: Book, client_as: Callable[..., Client], url: Callable[..., str], cast: Cast
) -> None:
    save = url("save_view", "accounts")
    csm, manager = client_as("csm"), client_as("manager")
    csm.post(save, {"name": "Mine", "query": "owner=all&band=red&cursor=x"})
    csm.post(save, {"name": "Ours", "query": "owner=all", "is_shared": "on"})
    with tenancy.scope(three.workspace.pk):
        mine = SavedView.objects.get(name="Mine")
        ours = SavedView.objects.get(name="Ours")
    assert mine.query == "owner=all&band=red"
    listed = text_of(manager.get(url("accounts") + "?owner=all"))
    assert "Ours" in listed
    assert "Mine" not in listed
    manager.post(url("delete_view", ours.pk))
    csm.post(url("delete_view", mine.pk))
    with tenancy.scope(three.workspace.pk):
        assert [view.name for view in SavedView.objects.all()] == ["Ours"]


def test_a_name_is_taken_once_and_lists_are_a_closed_set(
    three: Book, client_as: Callable[..., Client], url: Callable[..., str]
) -> None:
    client = client_as("csm")
    for _attempt in range(2):
        client.post(url("save_view", "accounts"), {"name": "Mine", "query": ""})
    client.post(url("save_view", "accounts"), {"name": " ", "query": ""})
    with tenancy.scope(three.workspace.pk):
        assert SavedView.objects.count() == 1
    assert client.post(url("save_view", "members"), {"name": "x"}).status_code == 404


def test_filters_too_long_for_a_view_are_refused_and_not_cut(
    three: Book, client_as: Callable[..., Client], url: Callable[..., str]
) -> None:
    client, longest = client_as("csm"), 2000 - len("owner=all&q=")
    save = url("save_view", "accounts")
    client.post(save, {"name": "Long", "query": f"owner=all&q={'x' * longest}"})
    shown = client.post(save, {"name": "Longer", "query": f"owner=all&q={'x' * (longest + 1)}"})
    assert "too long for a view" in text_of(client.get(shown["Location"]))
    with tenancy.scope(three.workspace.pk):
        assert [(view.name, len(view.query)) for view in SavedView.objects.all()] == [
            ("Long", 2000)
        ]


# --- export ----------------------------------------------------------------------------------
def exported(answer: Any) -> list[list[str]]:
    """Rows of a CSV download."""
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body)))


def test_export_has_every_row_and_no_formula(
    book: Book, get: Callable[..., Any], url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "EXPORT_CHUNK", 2)
    for number, name in enumerate(["=1+1", "+81", "-x", "@a", "\tb", "株式会社"]):
        book.account(name, external_id=f"e{number}", score=50, mrr=100, score_7d=-3)
    header, *rows = exported(get("viewer", url("accounts_export") + "?owner=all"))
    assert len(rows) == 6
    assert {row[1] for row in rows} == {"'=1+1", "'+81", "'-x", "'@a", "'\tb", "株式会社"}
    assert {row[header.index("Change in 7 days")] for row in rows} == {"-3.0"}


def test_export_keeps_the_filters_and_the_border(
    three: Book, get: Callable[..., Any], url: Callable[..., str], client_as: Callable[..., Client]
) -> None:
    rival = make_workspace("rival-export")
    Book(rival).account("Theirs")
    _header, *rows = exported(get("viewer", url("accounts_export") + "?owner=all&band=red"))
    assert [row[1] for row in rows] == ["Alpha"]
    stranger = Client()
    stranger.force_login(Cast(rival)["owner"].user)
    assert stranger.get(url("accounts_export")).status_code == 404


# --- the filters themselves --------------------------------------------------------------------
def test_filters_survive_their_own_url(cast: Cast) -> None:
    given = AccountFilters(
        owner="none", segment="smb", tier="Gold", stage="value", band="red", renewal="90", text="x"
    )
    read = parse_filters(given.query(), me=cast["csm"], owner_ids=[])
    assert read.segment == ""
    assert read.problems
    good = AccountFilters(owner="none", segment="small", band="none", renewal="overdue", text="x")
    assert parse_filters(good.query(), me=cast["csm"], owner_ids=[]) == good
