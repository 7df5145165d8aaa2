"""The ends of months: kept by a worker, once, and read by pages with few statements."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.accounts import create_account
from accounts.actions.contracts import end_subscription, start_subscription
from accounts.actors import Actor
from accounts.models import Product, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.documents import tasks
from cs_platform.documents.closing import has_unkept, keep_month_end
from cs_platform.documents.queries import report as queries
from health.models import ScoringClock
from health.renewals.models import QuarterOutlook
from health.renewals.quarters import Quarter
from metrics.kpis.actions import schedule
from metrics.kpis.models import Goal, Period
from metrics.kpis.periods import month_start
from metrics.reports.models import MonthEnd
from metrics.surveys.rollup import roll_up_results
from tests.cast import Cast
from tests.dashboards.conftest import Book
from tests.health import figures
from tests.surveys.answers import a_survey, answer

Url = Callable[..., str]


@pytest.fixture
def month(today: dt.date) -> dt.date:
    """The month that is over."""
    return month_start(today, -1)


@pytest.fixture
def ledger(workspace: Workspace, cast: Cast, month: dt.date) -> None:
    """Contracts of ten months, known since, one of which ended last month; every KPI computed."""
    actor, since = Actor.of(cast["csm"]), month_start(month, -10)
    known = clock.day_start(since, workspace.timezone)
    with tenancy.scope(workspace.pk):
        product = Product.objects.create(code="suite", name="Suite")
        for name in ("Aster", "Bryony", "Clover"):
            account = create_account(actor=actor, now=known, external_id=name, name=name)
            contract = start_subscription(
                actor=actor, now=known, account=account, external_id=name, product=product,
                starts_on=since, term_months=12, seats=1, unit_price=Decimal(1000),
                auto_renew=name != "Clover",
            )  # fmt: skip
            if name == "Bryony":
                end_subscription(
                    actor=actor, now=clock.day_start(month, workspace.timezone),
                    subscription=contract, last_paid_on=month, reason="price",
                )  # fmt: skip
    computed(workspace)


def computed(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        now = clock.now()
        schedule.refresh_current(now)
        while batches := schedule.due_batches():
            schedule.compute_batch(batches[0], now=now)


@pytest.fixture
def scored(workspace: Workspace, cast: Cast, month: dt.date) -> Book:
    """Scores at the ends of the last two months, none of them final yet."""
    book = Book(workspace)
    with tenancy.scope(workspace.pk):
        with connection.cursor() as cursor:
            cursor.execute("SELECT health_ensure_score_months(%s, %s)", [book.on(-100), book.on(1)])
        account = book.account("Bluebird", score=30, mrr=50, owner=cast["csm"])
        for first, score in ((month_start(month, -1), 80), (month, 30)):
            back = (queries.last_day(first) - book.today).days
            book.score_day(
                account, back, score, mrr=50, owner=cast["csm"], expected_loss=Decimal(300)
            )
            figures.keep(book.on(back))
    return book


def closed(workspace: Workspace, book: Book) -> None:
    """The scoring has come to yesterday."""
    with tenancy.scope(workspace.pk):
        ScoringClock.objects.create(closed_on=book.on(-1), moved_at=clock.now())


def text_of_page(client: Any, url: Url, **query: Any) -> str:
    answer = client.get(url("report"), {"language": "en", **query})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_page_says_what_is_awaited_and_reads_no_ledger(
    workspace: Workspace, ledger: None, month: dt.date, url: Url, client_as: Any
) -> None:
    client = client_as("viewer")
    with CaptureQueriesContext(connection) as captured:
        text = text_of_page(client, url, sections=["renewals"])
    assert "The figures of the month are still being computed." in text
    assert not any("recurring_revenue" in query["sql"] for query in captured)
    tasks.keep_month_ends(workspace.pk)
    with CaptureQueriesContext(connection) as captured:
        text = text_of_page(client, url, sections=["renewals"])
    assert "Aster" in text
    assert "Clover" in text
    # its contract has ended
    assert "Bryony" not in text
    assert not any("recurring_revenue" in query["sql"] for query in captured)


def test_a_months_end_is_kept_once(workspace: Workspace, ledger: None, month: dt.date) -> None:
    with tenancy.scope(workspace.pk):
        assert has_unkept(clock.now())
    tasks.keep_month_ends(workspace.pk)
    with tenancy.scope(workspace.pk):
        # every month that has figures
        months = list(MonthEnd.objects.order_by("-month").values_list("month", flat=True))
        assert months == [month_start(month, -back) for back in range(11)]
        assert not has_unkept(clock.now())
        assert not keep_month_end(clock.now())


def test_history_that_is_imported_later_is_told(
    workspace: Workspace, ledger: None, cast: Cast, month: dt.date
) -> None:
    """What comes to be known now changes nothing; what was known then and comes now does."""
    tasks.keep_month_ends(workspace.pk)
    since = month_start(month, -10)
    with tenancy.scope(workspace.pk):
        product = Product.objects.get()
        for name, known in (
            ("Dahlia", clock.now()), ("Erica", clock.day_start(since, workspace.timezone)),
        ):  # fmt: skip
            account = create_account(
                actor=Actor.of(cast["csm"]), now=known, external_id=name, name=name
            )
            start_subscription(
                actor=Actor.of(cast["csm"]), now=known, account=account, external_id=name,
                product=product, starts_on=since, term_months=12, seats=1,
                unit_price=Decimal(5000),
            )  # fmt: skip
    computed(workspace)
    tasks.keep_month_ends(workspace.pk)
    with tenancy.scope(workspace.pk):
        after = queries.kept_facts(month)
    assert after is not None
    assert [row.name for row in after.renewals] == ["Erica", "Aster", "Clover"]


def test_scores_that_are_not_final_are_waited_for(
    workspace: Workspace, scored: Book, month: dt.date, url: Url, client_as: Any
) -> None:
    tasks.keep_month_ends(workspace.pk)
    with tenancy.scope(workspace.pk):
        assert not MonthEnd.objects.exists()
    text = text_of_page(client_as("viewer"), url, sections=["health", "at_risk"])
    assert text.count("The figures of the month are still being computed.") == 2
    closed(workspace, scored)
    tasks.keep_month_ends(workspace.pk)
    text = text_of_page(client_as("viewer"), url, sections=["health", "at_risk"])
    assert "still being computed" not in text
    assert "<b>1</b> got worse" in text
    assert "Bluebird" in text


def test_scores_filled_in_later_are_told(
    workspace: Workspace, ledger: None, scored: Book, month: dt.date
) -> None:
    tasks.keep_month_ends(workspace.pk)
    with tenancy.scope(workspace.pk):
        facts = queries.kept_facts(month)
        assert facts is not None
        assert [month.by_band for month in facts.renewal_months if month.contracts] == [
            {"": Decimal(24000)}
        ]
    closed(workspace, scored)
    with tenancy.scope(workspace.pk):
        assert has_unkept(clock.now())
    tasks.keep_month_ends(workspace.pk)
    with tenancy.scope(workspace.pk):
        kept = queries.kept_facts(month)
        assert not has_unkept(clock.now())
    assert kept is not None
    assert [move.old for move in kept.moves] == ["green"]


def test_the_sweep_asks_for_them(workspace: Workspace, ledger: None, monkeypatch: Any) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        tasks.keep_month_ends, "apply_async", lambda args, **_options: asked.append(args[0])
    )
    tasks.send_reports()
    assert asked == [workspace.pk]
    tasks.keep_month_ends(workspace.pk)
    tasks.send_reports()
    assert asked == [workspace.pk]


def test_a_report_of_everything_takes_few_queries(
    workspace: Workspace, ledger: None, scored: Book, cast: Cast, month: dt.date, url: Url,
    client_as: Any,
) -> None:  # fmt: skip
    """All eight sections full, goals of every kind of period among them."""
    closed(workspace, scored)
    start = workspace.fiscal_year_start_month
    quarter = Quarter.of(month, start).moved(1, start)
    with tenancy.scope(workspace.pk):
        for kind in Period.Kind.values:
            Goal.objects.create(
                kpi="nrr", period_kind=kind, direction="at_least", target=1, due_on=scored.today,
                set_by=cast["owner"], set_at=clock.day_start(month, workspace.timezone),
            )  # fmt: skip
        for forecaster in ("model", "csm", "final"):
            QuarterOutlook.objects.create(
                starts_on=quarter.starts_on, ends_on=quarter.ends_on, day=queries.last_day(month),
                cut="all", forecaster=forecaster, accounts=9, start=900, booked=100, lost=0,
                expansion=0, open=800, due=8, judged=5, renewing_low=2, renewing_mid=3,
                renewing_high=8, keeping_low=211, keeping_mid=300, keeping_high=799, unrated={},
                computed_at=clock.now(),
            )  # fmt: skip
        answer(a_survey(), 9, at=clock.day_start(month, workspace.timezone))
        roll_up_results(clock.now())
    tasks.keep_month_ends(workspace.pk)
    client = client_as("viewer")
    text = text_of_page(client, url)
    for part in ("Bluebird", "Aster", "Bryony", "NPS", "Forecast of the next quarter", "Price"):
        assert part in text, part
    assert "have been computed for this month" not in text
    assert 'class="none"' not in text
    with CaptureQueriesContext(connection) as captured:
        text_of_page(client, url)
    # every statement, the transaction's own among them
    assert len(captured) <= 20, "\n".join(query["sql"][:150] for query in captured)
