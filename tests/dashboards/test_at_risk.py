"""The at-risk list and its board."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Workspace
from tests.cast import Cast
from tests.dashboards.conftest import Book, text_of


@pytest.fixture
def risks(book: Book, cast: Cast) -> Book:
    def add(name: str, loss: int, **more: Any) -> None:
        book.account(name, mrr=100, expected_loss=Decimal(loss), churn_probability=0.5, **more)

    add(
        "Dear",
        900,
        score=30,
        owner=cast["csm"],
        segment="small",
        tier="gold",
        urgency_on=book.on(5),
    )
    add("Cheap", 100, score=60, renewal_on=book.on(-2), reasons=[
        {"measure": "last_contact", "raw": 80, "points": 10, "cost": 9.0}
    ])  # fmt: skip
    add("Flagged", 300, score=90, is_flagged=True, renewal_on=book.on(12))
    add("Snoozed", 800, score=20, snoozed_until=book.on(3))
    add("Dismissed", 700, score=20, is_dismissed=True)
    add("Saved", 600, score=20, risk_state="saved")
    book.account("Healthy", score=90, mrr=999)
    return book


def names(answer: Any) -> list[str]:
    """Names of the rows, in order."""
    return [row.current.name for row in answer.context["rows"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("owner=all", ["Dear", "Flagged", "Cheap"]),
        ("owner=me", ["Dear"]),
        ("owner=none", ["Flagged", "Cheap"]),
        ("segment=small", ["Dear"]),
        ("tier=gold", ["Dear"]),
        ("tier=none", []),
        ("q=lagg", ["Flagged"]),
        ("q=healthy", []),
        ("band=yellow", ["Cheap"]),
        ("band=green", ["Flagged"]),
        ("renewal=30", ["Flagged"]),
        ("renewal=overdue", ["Cheap"]),
        ("reason=last_contact", ["Cheap"]),
        ("reason=nonsense", ["Dear", "Flagged", "Cheap"]),
        ("state=saved", ["Saved"]),
        ("snoozed=1", ["Dear", "Snoozed", "Flagged", "Cheap"]),
    ],
)
def test_dearest_first_and_filters(
    risks: Book, get: Callable[..., Any], url: Callable[..., str], query: str, expected: list[str]
) -> None:
    answer = get("csm", f"{url('at_risk')}?{query}")
    text_of(answer)
    assert names(answer) == expected


def test_a_csm_opens_on_own_risks(
    risks: Book, get: Callable[..., Any], url: Callable[..., str], cast: Cast
) -> None:
    assert get("csm", url("at_risk")).headers["Location"].endswith(f"?owner={cast['csm'].pk}")
    assert get("agent", url("at_risk")).headers["Location"].endswith("?owner=all")


def test_tiers_to_choose_from(
    risks: Book, get: Callable[..., Any], url: Callable[..., str], rival_workspace: Workspace
) -> None:
    risks.account("Silver", score=90, tier="silver")
    risks.account("Silver too", score=20, tier="silver")
    Book(rival_workspace).account("Theirs", score=10, tier="theirs")
    offered = get("csm", url("at_risk") + "?owner=all&tier=gone").context["tier_choices"]
    assert offered == ["gold", "silver", "gone"]


def test_a_saved_view(risks: Book, get: Callable[..., Any], url: Callable[..., str],
                      client_as: Callable[..., Client]) -> None:  # fmt: skip
    client = client_as("csm")
    text_of(client.get(url("at_risk") + "?owner=all&tier=gold"))
    saved = client.post(
        url("save_view", "at_risk"), {"name": "Gold", "query": "owner=all&tier=gold&cursor=x"}
    )
    assert saved.status_code == 303
    answer = client.get(saved.headers["Location"])
    assert names(answer) == ["Dear"]
    assert [(view["label"], view["is_current"]) for view in answer.context["views"]] == [
        ("Gold", True)
    ]
    assert "Gold" in text_of(answer)


def test_a_row_says_why_and_what_next(
    risks: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    text = text_of(get("csm", url("at_risk") + "?owner=all"))
    assert "No contact for 80 days" in text
    assert "Flagged as a risk by judgement" in text
    assert re.search(r"prior</a>\s*50%", text)
    assert "in 5 days" in text
    assert "Agree on the renewal before the deadline" in text


def test_buttons_by_role(risks: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    seen = {
        role: [part in text_of(get(role, url("at_risk") + "?owner=all")) for part in
               ("/log/", "/risk/")]
        for role in ("viewer", "agent", "csm")
    }  # fmt: skip
    assert seen == {"viewer": [False, False], "agent": [True, False], "csm": [True, True]}


def test_the_board(risks: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    answer = get("csm", url("at_risk") + "?owner=all&view=board")
    text_of(answer)
    counted = {column["state"]: column["count"] for column in answer.context["columns"]}
    assert counted == {"new": 3, "working": 0, "waiting": 0, "saved": 1, "lost": 0}


def test_part_and_queries(
    risks: Book, client_as: Callable[..., Client], url: Callable[..., str]
) -> None:
    client = client_as("csm")
    address = url("at_risk") + "?owner=all"
    page = text_of(client.get(address))
    headers = {"HX-Request": "true", "HX-Target": "list"}
    part = text_of(client.get(address, headers=headers))
    assert "<html" not in part
    pattern = re.compile(r"<tr data-href.*?</tr>", re.DOTALL)
    assert pattern.findall(part) == pattern.findall(page)
    for view, expected in (("", 13), ("&view=board", 15)):
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(address + view))
        assert len(captured) == expected


def test_a_rivals_risks_are_not_listed(
    risks: Book, get: Callable[..., Any], url: Callable[..., str], rival_workspace: Workspace
) -> None:
    Book(rival_workspace).account("Theirs", score=10, mrr=5, expected_loss=Decimal(10**6))
    assert "Theirs" not in text_of(get("owner", url("at_risk") + "?owner=all"))


def test_empty_and_japanese(book: Book, get: Callable[..., Any], url: Callable[..., str]) -> None:
    assert "Nobody is at risk" in text_of(get("csm", url("at_risk") + "?owner=all"))
    filtered = text_of(get("csm", url("at_risk") + "?owner=all&band=red"))
    assert "No account at risk passes these filters" in filtered
    book.account("<script>x", score=20, mrr=5, expected_loss=Decimal(5), churn_probability=0.5)
    japanese = text_of(get("csm", url("at_risk") + "?owner=all", **{"Accept-Language": "ja"}))
    assert "<script>x" not in japanese
    for word in ("解約リスク", "変化と理由", "次に取るべき行動", "事前確率"):
        assert word in japanese
