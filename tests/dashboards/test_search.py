"""Search does not care how a name is typed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.folding import fold
from accounts.models import Contact, Workspace
from accounts.queries.matching import escaped, matching_accounts
from cs_platform.core import tenancy
from cs_platform.dashboards.queries.search import search
from tests.dashboards.conftest import Book, text_of


@pytest.fixture
def people(book: Book, workspace: Workspace) -> Book:
    account = book.account(
        "株式会社サクラ商事", reading="カブシキガイシャサクラショウジ", external_id="C-001"
    )
    book.account("Blue 100% Ltd", external_id="under_score")
    with tenancy.scope(workspace.pk):
        Contact.objects.create(
            account=account,
            external_id="p-1",
            name="山田 太郎",
            name_reading="ヤマダ タロウ",
            search_text=fold("山田 太郎 ヤマダ タロウ taro@example.com"),
            phone_digits=["81312345678"],
            created_at=book.now,
            updated_at=book.now,
        )
    return book


@pytest.mark.parametrize(
    "typed", ["サクラ", "ｻｸﾗ", "さくら", "c-001", "Ｃ－００１", "商事 さくら", "　サクラ　"]
)
def test_kana_width_and_case_make_no_difference(people: Book, typed: str) -> None:
    with tenancy.scope(people.workspace.pk):
        assert [row["external_id"] for row in search(typed, limit=5).accounts] == ["C-001"]


@pytest.mark.parametrize("typed", ["やまだ", "ﾀﾛｳ ﾔﾏﾀﾞ", "TARO@", "03-1234-5678", "+81 3 1234 5678"])
def test_people_are_found_by_reading_address_and_number(people: Book, typed: str) -> None:
    with tenancy.scope(people.workspace.pk):
        assert [row["name"] for row in search(typed, limit=5).contacts] == ["山田 太郎"]


def test_wildcards_stand_for_themselves(people: Book) -> None:
    assert escaped(r"100%_\\") == r"100\%\_\\\\"
    with tenancy.scope(people.workspace.pk):
        assert [r["name"] for r in search("100%", limit=5).accounts] == ["Blue 100% Ltd"]
        assert [r["name"] for r in search("r_s", limit=5).accounts] == ["Blue 100% Ltd"]
        assert search("e_1", limit=5).is_empty
        assert search("%", limit=5).accounts[0]["name"] == "Blue 100% Ltd"


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "サクラ\x00zzz"])
def test_nothing_typed_finds_nothing(people: Book, typed: str) -> None:
    with tenancy.scope(people.workspace.pk):
        assert search(typed, limit=5).is_empty


def test_names_that_begin_with_the_query_come_first(book: Book) -> None:
    for name in ("North Alpha", "Alpha Centauri Holdings", "Alpha"):
        book.account(name)
    with tenancy.scope(book.workspace.pk):
        found = [row["name"] for row in search("alpha", limit=2).accounts]
    assert found == ["Alpha", "Alpha Centauri Holdings"]


def test_a_rival_finds_nothing_of_ours(people: Book, rival_workspace: Workspace) -> None:
    with tenancy.scope(rival_workspace.pk):
        assert search("サクラ", limit=5).is_empty
        assert search("やまだ", limit=5).is_empty
        assert matching_accounts("サクラ", limit=5) == []


def test_too_many_matches_are_not_listed(book: Book) -> None:
    for number in range(3):
        book.account(f"Alpha {number}")
    with tenancy.scope(book.workspace.pk):
        assert len(matching_accounts("alpha", limit=3) or []) == 3
        assert matching_accounts("alpha", limit=2) is None


def test_common_and_rare_words_are_found_alike(book: Book) -> None:
    """The first 200 names decide how the rest is read; what is found is the same either way."""
    for number in range(200):
        book.account(f"Alpha {number:03}")
    last = book.account("Zeta Alpha")
    with tenancy.scope(book.workspace.pk):
        assert matching_accounts("zeta", limit=5) == [last.pk]
        assert matching_accounts("alpha zeta", limit=5) == [last.pk]
        assert matching_accounts("zeta 199", limit=5) == []
        assert matching_accounts("alpha", limit=200) is None
        assert len(matching_accounts("alpha", limit=201) or []) == 201
        names = [row["name"] for row in search("alpha zeta", limit=5).accounts]
        assert names == ["Zeta Alpha"]
        assert [row["name"] for row in search("zeta", limit=5).accounts] == ["Zeta Alpha"]
        assert search("alpha 200", limit=5).is_empty
        assert [row["name"] for row in search("alpha", limit=2).accounts] == [
            "Alpha 000",
            "Alpha 001",
        ]


# --- pages -----------------------------------------------------------------------------------
def test_panel_and_page(people: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    panel = text_of(get("viewer", url("search") + "?q=さくら", htmx="search-results"))
    assert "株式会社サクラ商事" in panel
    assert "<html" not in panel
    page = text_of(get("viewer", url("search") + "?q=やまだ"))
    assert "山田 太郎" in page
    assert "株式会社サクラ商事" in page


def test_what_is_typed_is_escaped(
    people: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    for htmx in ("", "search-results"):
        text = text_of(get("viewer", url("search") + "?q=<script>x", htmx=htmx))
        assert "<script>x" not in text


def test_queries(people: Book, client_as: Callable[..., Client], url: Callable[..., str]) -> None:
    client = client_as("viewer")
    with CaptureQueriesContext(connection) as captured:
        text_of(client.get(url("search") + "?q=さくら"))
    assert len(captured) <= 20


def test_empty_pages_and_japanese(
    people: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    assert "What are you looking for?" in text_of(get("viewer", url("search")))
    assert "Nothing found" in text_of(get("viewer", url("search") + "?q=zzzz"))
    japanese = text_of(get("viewer", url("search") + "?q=zzzz", **{"Accept-Language": "ja"}))
    assert "見つかりませんでした" in japanese
