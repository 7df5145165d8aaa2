"""The lists of accounts and of risks as of a past day."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, AttributeChange, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.dashboards.queries import past_lists
from tests.cast import Cast, make_workspace
from tests.dashboards.conftest import Book, text_of


@pytest.fixture
def past(book: Book, cast: Cast) -> Book:
    """Nine days ago Alpha was healthy and Beta at risk; today it is the other way round."""
    csm, manager = cast["csm"], cast["manager"]
    book.account(
        "Alpha", score=30, mrr=300, owner=csm, segment="enterprise", tier="Gold",
        days={-9: 90, -16: 88}, expected_loss=Decimal(500), renewal_on=book.on(10),
    )  # fmt: skip
    book.account("Beta", score=85, mrr=100, owner=manager, days={-9: 20}, expected_loss=Decimal(70))
    book.account("Gamma", score=50, mrr=200, owner=csm, days={-9: 45}, expected_loss=Decimal(900))
    # came later
    book.account("Delta", score=10, mrr=50, owner=csm)
    return book


@pytest.fixture
def then(past: Book) -> str:
    """``&as_of=`` of the day."""
    return f"&as_of={past.on(-9)}"


def names(answer: Any) -> list[str]:
    """Names of the rows, in order."""
    return [row.name for row in answer.context["page"].rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("owner=all", ["Alpha", "Beta", "Gamma"]),
        ("owner=me", ["Alpha", "Gamma"]),
        ("owner=all&sort=score", ["Beta", "Gamma", "Alpha"]),
        ("owner=all&sort=-score", ["Alpha", "Gamma", "Beta"]),
        ("owner=all&sort=-mrr", ["Alpha", "Gamma", "Beta"]),
        ("owner=all&sort=-name", ["Gamma", "Beta", "Alpha"]),
        # what a past day cannot be sorted by falls back to the name
        ("owner=all&sort=-last_seen_on", ["Alpha", "Beta", "Gamma"]),
        ("owner=all&band=red", ["Beta"]),
        ("owner=all&segment=enterprise", ["Alpha"]),
        # ten days from today are 19 from then
        ("owner=all&renewal=30", ["Alpha"]),
        ("owner=all&q=alp", ["Alpha"]),
        ("owner=all&q=nobody", []),
    ],
)
def test_the_accounts_of_that_day(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str], query: str,
    expected: list[str],
) -> None:  # fmt: skip
    assert names(get("csm", f"{url('accounts')}?{query}{then}")) == expected


def test_what_a_row_says_is_that_days(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("manager", f"{url('accounts')}?owner=all{then}")
    alpha = answer.context["page"].rows[0]
    assert (alpha.score, alpha.band, alpha.score_7d, alpha.arr) == (90, "green", 2, 3600)
    assert alpha.spark[-1] == 90
    text = text_of(answer)
    assert "As it stood at the end of" in text
    # nothing is done about the past
    for tool in ("data-select-all", 'id="bulk"', "Add account", "row-actions"):
        assert tool not in text
        assert tool in text_of(get("manager", f"{url('accounts')}?owner=all"))


def test_the_risks_of_that_day(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("csm", f"{url('at_risk')}?owner=all{then}")
    assert names(answer) == ["Gamma", "Beta"]
    text = text_of(answer)
    for tool in ("Next best action", "Board", 'name="state"', 'name="reason"', 'name="snoozed"'):
        assert tool not in text
        assert tool in text_of(get("csm", f"{url('at_risk')}?owner=all"))
    assert names(get("csm", f"{url('at_risk')}?owner=me{then}")) == ["Gamma"]
    assert names(get("csm", f"{url('at_risk')}?owner=all&q=bet{then}")) == ["Beta"]
    # the board has no past
    assert names(get("csm", f"{url('at_risk')}?owner=all&view=board{then}")) == ["Gamma", "Beta"]


def test_pages_follow_one_another(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(past_lists.past_page, "__kwdefaults__", {"limit": 1})
    for list_name, sort, expected in (
        ("accounts", "name", ["Alpha", "Beta", "Gamma"]),
        ("accounts", "-score", ["Alpha", "Gamma", "Beta"]),
        ("at_risk", "", ["Gamma", "Beta"]),
    ):
        address = f"{url(list_name)}?owner=all&sort={sort}{then}"
        seen, cursor = [], ""
        while cursor is not None:
            answer = get("viewer", f"{address}&cursor={cursor}")
            assert answer.context["page"].counted == len(expected)
            seen += names(answer)
            cursor = answer.context["page"].next
        assert seen == expected
    # a cursor of another day begins anew
    found = get("viewer", f"{url('accounts')}?owner=all&cursor=x{then}")
    assert names(found) == ["Alpha"]


def test_days_that_cannot_be_shown(
    past: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    for name in ("accounts", "at_risk"):
        early = text_of(get("viewer", f"{url(name)}?owner=all&as_of={past.on(-40)}"))
        assert "No scores for this day" in early
        for day, said in (
            ("yesterday", "“yesterday” is no date"),
            (past.on(1), "has not come yet"),
            ("<script>", "“&lt;script&gt;” is no date"),
        ):
            answer = get("viewer", f"{url(name)}?owner=all&as_of={day}")
            assert said in text_of(answer)
            assert "Delta" in names(answer)
    # a day without scores shows the last one before it
    between = get("viewer", f"{url('accounts')}?owner=all&as_of={past.on(-5)}")
    assert names(between) == ["Alpha", "Beta", "Gamma"]
    assert between.context["day"] == past.on(-9)


def test_tiers_are_those_of_that_day(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    def change(account: Account, old: str, new: str, back: int, known: int) -> None:
        moment = clock.day_start(past.on(back), past.workspace.timezone)
        AttributeChange.objects.create(
            account=account, attribute="tier", old_value=old, new_value=new, happened_at=moment,
            known_at=clock.day_start(past.on(known), past.workspace.timezone),
        )  # fmt: skip

    with tenancy.scope(past.workspace.pk):
        beta, gamma = (Account.objects.get(name=name) for name in ("Beta", "Gamma"))
        # Beta has lost its tier since; that of Gamma was said late, so nobody knew of it then
        change(beta, "", "Gold", -20, -20)
        change(beta, "Gold", "", -8, -8)
        change(gamma, "", "Gold", -12, -3)
        Account.objects.filter(pk=gamma.pk).update(tier="Gold")
    answer = get("viewer", f"{url('accounts')}?owner=all&tier=Gold{then}")
    assert names(answer) == ["Alpha", "Beta"]
    everybody = get("viewer", f"{url('accounts')}?owner=all{then}")
    assert [row.tier for row in everybody.context["page"].rows] == ["Gold", "Gold", ""]
    assert names(get("viewer", f"{url('at_risk')}?owner=all&tier=Gold{then}")) == ["Beta"]
    japanese = {"Accept-Language": "ja"}
    said = text_of(get("viewer", f"{url('at_risk')}?owner=all&tier=Gold{then}", **japanese))
    assert "終了時点の状態です" in said


def test_the_export_is_of_that_day(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("viewer", f"{url('accounts_export')}?owner=all&sort=-score{then}")
    assert f"accounts-{past.on(-9)}.csv" in answer.headers["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    _header, *rows = csv.reader(io.StringIO(text))
    assert [(row[1], row[9]) for row in rows] == [
        ("Alpha", "90.0"), ("Gamma", "45.0"), ("Beta", "20.0"),
    ]  # fmt: skip
    early = get("viewer", f"{url('accounts_export')}?owner=all&as_of={past.on(-40)}")
    assert len(b"".join(early.streaming_content).splitlines()) == 1


def test_the_border_and_the_queries(
    past: Book, then: str, client_as: Callable[..., Client], url: Callable[..., str]
) -> None:
    rival = Book(make_workspace("rival-past"))
    rival.account("Theirs", score=5, days={-9: 5}, expected_loss=Decimal(10**6))
    client = client_as("viewer")
    for name in ("accounts", "at_risk"):
        address = f"{url(name)}?owner=all{then}"
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert "Theirs" not in text_of(client.get(address))
        assert len(captured) <= 20, "\n".join(query["sql"][:120] for query in captured)
    with tenancy.scope(past.workspace.pk):
        assert Account.objects.count() == 4


def test_the_overviews_figures_lead_to_the_lists_of_that_day(
    past: Book, then: str, get: Callable[..., Any], url: Callable[..., str], workspace: Workspace
) -> None:
    text = text_of(get("viewer", f"{url('overview')}?{then[1:]}"))
    day = past.on(-9)
    assert f'{url("at_risk")}?owner=all&amp;as_of={day}"' in text
    assert f'{url("accounts")}?owner=all&amp;as_of={day}&amp;band=red"' in text
    assert "as_of" not in text_of(get("viewer", url("overview"))).replace('name="as_of"', "")
