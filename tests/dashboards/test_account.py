"""The page of one account and its tabs."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import (
    Account,
    AttributeChange,
    Contact,
    ContractEvent,
    Interaction,
    Product,
    Subscription,
    Task,
    Workspace,
)
from cs_platform.core import tenancy
from cs_platform.dashboards.queries import usage
from cs_platform.dashboards.queries.timeline import timeline
from health.models import RiskNote
from metrics.usage.models import AccountDay, AccountDayEvent, UserDay
from tests.cast import Cast
from tests.dashboards.conftest import Book, text_of

TABS = ("account", "account_usage", "account_timeline", "account_contract")


@pytest.fixture
def alpha(book: Book, cast: Cast) -> Account:
    """An account with one of everything, at known moments."""
    account = book.account(
        "Alpha",
        reading="アルファ",
        score=30,
        mrr=1000,
        owner=cast["csm"],
        days={-30: 75, -7: 75, -3: 75, -2: 45, -1: 45},
        churn_probability=0.5,
        expected_loss=Decimal(6000),
        renewal_on=book.on(20),
        fields={"goals": "Halve the rework", "seats": 10},
    )
    with tenancy.scope(book.workspace.pk):
        fill(book, account, cast)
    return account


def fill(book: Book, account: Account, cast: Cast) -> None:
    """People, a task, a call, a contract and a change of stage."""
    stamp = {"created_at": book.now, "updated_at": book.now}
    Contact.objects.create(
        account=account, external_id="p1", name="Taro", is_champion=True, **stamp
    )
    Task.objects.create(
        account=account, title="Call back", owner=cast["csm"], due_on=book.on(-1),
        created_at=book.now,
    )  # fmt: skip
    Interaction.objects.create(
        account=account, kind="call_out", summary="Asked about <b>usage</b>",
        customer_words="too slow", happened_at=book.now - dt.timedelta(days=5),
        known_at=book.now, author=cast["csm"], next_step="Send the guide",
    )  # fmt: skip
    product = Product.objects.create(code="core", name="Core")
    subscription = Subscription.objects.create(
        account=account, external_id="s1", product=product, mrr=1000, currency="JPY",
        starts_on=book.on(-100), status="active", updated_at=book.now,
    )  # fmt: skip
    ContractEvent.objects.create(
        account=account, subscription=subscription, kind="new", effective_on=book.on(-100),
        known_at=book.now, unit_price=1000, mrr=1000, currency="JPY", starts_on=book.on(-100),
    )  # fmt: skip
    AttributeChange.objects.create(
        account=account, attribute="stage", old_value="onboarding", new_value="adoption",
        happened_at=book.now - dt.timedelta(days=50), known_at=book.now, changed_by=cast["csm"],
    )  # fmt: skip
    RiskNote.objects.create(
        account=account, kind="flag", old_state="new", new_state="working", reason="Silent",
        happened_at=book.now, author_label="x",
    )  # fmt: skip


def test_the_header_and_the_overview(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    text = text_of(get("viewer", url("account", alpha.pk)))
    for said in ("Alpha", "アルファ", "Act now", "coverage 90%", "as of ", "Halve the rework",
                 "Taro", "champion", "Call back", "in 20 days", "6,000"):  # fmt: skip
        assert said in text


def test_contributions_add_up_to_the_score(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    lines = get("viewer", url("account", alpha.pk)).context["measures"]
    # every measure has 30 points, so each gives 30 % of what it could
    assert sum(line.contribution for line in lines) == pytest.approx(30)
    assert sum(line.full for line in lines) == pytest.approx(100)
    assert {line.change_7d for line in lines} == {-45.0}


def test_what_changed_is_said(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    week, month = get("viewer", url("account", alpha.pk)).context["changes"]
    assert week.startswith("Since 7 days ago: ")
    # the heaviest measure: 20 of 140 of the weight, 45 points lost
    assert "Usage trend from 75.0% to 30.0% (−6.4 points)" in week
    assert month.startswith("Since 30 days ago: ")


@pytest.mark.parametrize("tab", TABS)
def test_queries(
    alpha: Account, client_as: Callable[..., Client], url: Callable[..., str], tab: str
) -> None:
    client = client_as("csm")
    client.get(url(tab, alpha.pk))
    with CaptureQueriesContext(connection) as captured:
        text_of(client.get(url(tab, alpha.pk)))
    expected = {"account": 17, "account_usage": 12, "account_timeline": 11, "account_contract": 12}
    assert len(captured) <= expected[tab]


@pytest.mark.parametrize("tab", TABS)
def test_others_accounts_do_not_exist(
    alpha: Account,
    get: Callable[..., Any],
    url: Callable[..., str],
    rival_workspace: Workspace,
    tab: str,
) -> None:
    theirs = Book(rival_workspace).account("Theirs")
    for missing in (theirs.pk, 10**15):
        assert get("owner", url(tab, missing)).status_code == 404


@pytest.mark.parametrize("tab", TABS)
def test_roles_and_languages(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str], tab: str
) -> None:
    read_only = text_of(get("viewer", url(tab, alpha.pk), **{"Accept-Language": "ja"}))
    assert "対応を記録" not in read_only
    for address in ("/log/", "/edit/", "/risk/", "/finish/", "/contacts/new/", "/contracts/new/"):
        assert address not in read_only
    for word in ("ヘルススコア", "更新日", "タイムライン"):
        assert word in read_only
    writable = text_of(get("csm", url(tab, alpha.pk)))
    assert "/log/" in writable
    assert "/risk/" in writable


def test_an_account_nobody_scored(
    book: Book, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    with tenancy.scope(book.workspace.pk):
        bare = Account.objects.create(
            external_id="b", name="Bare", created_at=book.now, updated_at=book.now
        )
    assert "No score yet" in text_of(get("csm", url("account", bare.pk)))
    assert "No usage yet" in text_of(get("csm", url("account_usage", bare.pk)))
    assert "Nothing has happened yet" in text_of(get("csm", url("account_timeline", bare.pk)))
    assert "No contract yet" in text_of(get("csm", url("account_contract", bare.pk)))


# --- timeline --------------------------------------------------------------------------------
def test_everything_in_one_order(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("viewer", url("account_timeline", alpha.pk))
    assert "&lt;b&gt;usage&lt;/b&gt;" in text_of(answer)
    entries = answer.context["entries"]
    assert [(entry.source, entry.title) for entry in entries] == [
        ("risk", "Risk flagged by judgement"),
        ("band", "Health went from Watch to Act now"),
        ("band", "Health went from Healthy to Watch"),
        ("interaction", "Call made"),
        ("change", "Lifecycle stage"),
        ("contract", "New: Core"),
    ]
    assert entries[4].text == "Onboarding → Adoption"
    assert "Next step: Send the guide" in entries[3].facts


@pytest.mark.parametrize(
    ("kind", "count"), [("interaction", 1), ("contract", 1), ("change", 1), ("band", 2), ("x", 6)]
)
def test_kinds(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str], kind: str, count: int
) -> None:
    address = f"{url('account_timeline', alpha.pk)}?kind={kind}"
    part = text_of(get("viewer", address, htmx="list"))
    assert len(re.findall("timeline-item", part)) == count
    assert "<html" not in part


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_timeline_is_walked_once(alpha: Account, book: Book, size: int) -> None:
    seen: list[tuple[str, int]] = []
    with tenancy.scope(book.workspace.pk):
        cursor = None
        while True:
            page = timeline(alpha.pk, zone="Asia/Tokyo", names={}, cursor=cursor, limit=size)
            seen += [(moment.source, moment.id) for moment in page.moments]
            cursor = page.next
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 6


def test_a_made_up_cursor_is_no_page(
    alpha: Account, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    assert get("viewer", url("account_timeline", alpha.pk) + "?cursor=zz").status_code == 404


# --- usage -----------------------------------------------------------------------------------
@pytest.fixture
def used(alpha: Account, book: Book) -> dt.date:
    """Usage on two days of this week's Monday and of the week before; returns that Monday."""
    monday = usage.monday(book.today)
    with tenancy.scope(book.workspace.pk):
        shared = {"workspace_id": book.workspace.pk, "account_id": alpha.pk}
        for day, events in ((monday, 5), (monday - dt.timedelta(days=7), 3)):
            AccountDay(
                **shared, day=day, known_on=day, events=events, logins=1, users=2,
                last_event_at=book.now,
            ).save(force_insert=True)  # fmt: skip
            AccountDayEvent(**shared, day=day, known_on=day, name="Report <i>", events=events).save(
                force_insert=True
            )
            for user in ("u1", "u2"):
                UserDay(**shared, day=day, user_id=user, known_on=day, events=1, logins=0).save(
                    force_insert=True
                )
    return monday


def test_usage_figures(
    alpha: Account, used: dt.date, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    answer = get("viewer", url("account_usage", alpha.pk))
    text = text_of(answer)
    assert "Report <i>" not in text
    assert answer.context["events"] == 8
    (feature,) = answer.context["features"]
    assert (feature.events, feature.days) == (8, 2)
    assert feature.by_week == {used: 5, used - dt.timedelta(days=7): 3}
    assert [row[1] for row in answer.context["users"].rows][-2:] == [2, 2]
    assert {row[2] for row in answer.context["users"].rows} == {10}


def test_a_lost_account_leads_to_its_churn_review(
    alpha: Account, workspace: Workspace, get: Callable[..., Any], url: Callable[..., str]
) -> None:
    review = reverse("churn_review", args=[workspace.slug, alpha.pk])
    assert review not in text_of(get("viewer", url("account", alpha.pk)))
    with tenancy.scope(workspace.pk):
        assert Subscription.objects.filter(account=alpha).update(status="ended")
    for tab in TABS:
        assert review in text_of(get("viewer", url(tab, alpha.pk)))
    with tenancy.scope(workspace.pk):
        running = Subscription.objects.filter(account=alpha).first()
        Subscription.objects.filter(pk=running.pk).update(status="paused")
    assert review not in text_of(get("viewer", url("account", alpha.pk)))
