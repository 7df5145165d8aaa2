"""The pages of the metrics, over stored figures known by hand."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Workspace
from cs_platform.core import tenancy
from metrics.kpis.actions.as_of import MOST_WAITING
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import AsOfRequest, Goal, Mark, Period, Settings
from metrics.kpis.periods import month_start
from tests.kpis.stored import Shelf


@pytest.fixture
def shelf(workspace: Workspace) -> Shelf:
    """The tests' workspace, without a figure."""
    return Shelf(workspace)


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    """``url("metric", "grr")`` → its address."""
    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def stocked(shelf: Shelf) -> Shelf:
    """Two trailing years and three months with figures, a bridge, reasons, curves, cohorts."""
    now, before = shelf.period(), shelf.period(back=1)
    shelf.figures(now)
    shelf.figures(before, customer_churn=0.25, mrr=9_000)
    shelf.bridge(
        now, start=9_000, new=2_000, expansion=500, contraction=-300, churn=-1_200, end=10_000
    )
    shelf.reason(now, "price", 12, 700)
    shelf.reason(now, "support", 8, 500)
    for value in ("", "small", "enterprise"):
        shelf.curve(now, value)
    first = month_start(shelf.today, -2)
    for back, customers, mrr in ((2, 10, 1000), (1, 9, 1100), (0, 6, 900)):
        shelf.cohort(shelf.period("month", back), first, customers, mrr)
    return shelf


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


class TestOverview:
    def test_the_headline(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(url("metrics"))
        text = text_of(answer)
        found = {card.kpi.slug: card for card in answer.context["headline"]}
        churn = found["customer-churn"]
        assert (churn.value, churn.change) == ("20.0%", "−5.0 pt")
        assert churn.notes == ["15.0% – 25.0%", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}100"]
        assert churn.good == "down"
        assert found["mrr"].change == "+¥1,000"
        assert found["mrr"].interval == ""
        # good news is named by its direction, not by its sign
        assert 'class="change change-good"' in text

    def test_every_kpi_has_its_line_page_and_definition(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(url("metrics"))
        listed = [card for _label, cards in answer.context["groups"] for card in cards]
        assert sorted(card.kpi.slug for card in listed) == sorted(KPIS)
        for card in listed:
            assert url("metric", card.kpi.slug) in text_of(answer)

    def test_the_bridge_adds_up(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        chart = client_as("viewer").get(url("metrics")).context["bridge"]["chart"]
        assert [row[0] for row in chart.rows] == [
            "Start", "New", "Expansion", "Contraction", "Churn", "End",
        ]  # fmt: skip
        bars = {
            x: (base, height)
            for trace in chart.figure["data"]
            for x, base, height in zip(trace["x"], trace["base"], trace["y"], strict=True)
        }
        assert bars["New"] == (9_000, 2_000)
        assert bars["Contraction"] == (11_200, 300)
        assert bars["Churn"] == (10_000, 1_200)
        assert bars["End"] == (0, 10_000)

    def test_reasons_and_ltv(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        context = client_as("viewer").get(url("metrics")).context
        assert context["reasons"]["n"] == 20
        assert context["reasons"]["chart"].rows[0] == ["Price", 12, "¥700"]
        assert [row[0] for row in context["ltv"]["chart"].rows] == ["Enterprise", "Small business"]

    def test_cohorts_and_curves(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("viewer")
        context = client.get(url("metrics_cohorts")).context
        (row,) = context["customers"]["chart"].rows
        assert row[1:] == ["10", "100.0%", "90.0%", "60.0%"]
        (row,) = context["revenue"]["chart"].rows
        assert row[2:] == ["100.0%", "110.0%", "90.0%"]
        context = client.get(url("metrics_survival")).context
        assert context["overall"].rows[1] == ["All customers", 1.0, "95.0%", "90.0%", "98.0%"]
        assert {row[0] for row in context["by_cut"].rows} == {"Enterprise", "Small business"}

    def test_parts_come_alone_for_htmx(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("viewer")
        for name in ("metrics_cohorts", "metrics_survival"):
            part = text_of(client.get(url(name), headers={"HX-Request": "true"}))
            assert "data-chart" in part
            assert "<html" not in part

    @pytest.mark.parametrize("name", ["metrics", "metrics_cohorts", "metrics_survival"])
    def test_queries(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str], name: str
    ) -> None:
        client = client_as("manager")
        text_of(client.get(url(name)))
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(url(name)))
        assert len(captured) <= 20, [query["sql"][:90] for query in captured]

    def test_another_kind_of_period(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(url("metrics") + "?period=month")
        assert answer.context["period"].kind == "month"
        start = month_start(stocked.today, -1)
        answer = client_as("viewer").get(url("metrics") + f"?period=month&start={start}")
        assert answer.context["period"].starts_on == start
        assert answer.context["previous"]


class TestEmptiness:
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("metrics", ()),
            ("metrics_cohorts", ()),
            ("metrics_survival", ()),
            ("metrics_simulator", ()),
            ("metric", ("grr",)),
            ("churn_reviews", ()),
        ],
    )
    def test_a_workspace_without_contracts_is_told_what_to_do(
        self,
        shelf: Shelf,
        client_as: Callable[..., Client],
        url: Callable[..., str],
        name: str,
        args: tuple[str, ...],
    ) -> None:
        text = text_of(client_as("viewer").get(url(name, *args)))
        assert 'class="empty-title"' in text
        assert "hx-trigger" not in text.partition('id="waiting"')[2][:300]

    def test_what_is_being_computed_asks_again_by_itself(
        self, shelf: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        period = shelf.period(computed_at=None, is_due=True)
        client = client_as("viewer")
        assert 'hx-trigger="every 2s"' in text_of(client.get(url("metrics")))
        poll = {"HX-Request": "true", "HX-Target": "waiting"}
        part = text_of(client.get(url("metrics"), headers=poll))
        assert part.lstrip().startswith('<div id="waiting"')
        with tenancy.scope(shelf.workspace.pk):
            Period.objects.filter(pk=period.pk).update(computed_at=shelf.now, is_due=False)
        answer = client.get(url("metrics"), headers=poll)
        assert answer["HX-Refresh"] == "true"


class TestPastDays:
    def test_a_day_not_computed_yet_is_asked_for_once_and_survives_a_reload(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        asked = stocked.today - dt.timedelta(days=10)
        for _load in range(2):
            text = text_of(client.get(f"{url('metric', 'grr')}?as_of={asked}"))
            assert "Computing the figures as of" in text
        with tenancy.scope(stocked.workspace.pk):
            request = AsOfRequest.objects.get()
            assert request.as_of == asked
            request.state = AsOfRequest.State.FAILED
            request.save()
        # the next load asks again
        assert "Waiting for a worker" in text_of(client.get(f"{url('metrics')}?as_of={asked}"))
        period = stocked.period(series=Period.Series.AS_OF, as_of=asked)
        stocked.figures(period, grr=0.77)
        answer = client.get(f"{url('metric', 'grr')}?as_of={asked}")
        assert answer.context["card"].value == "77.0%"
        assert "As it would have been shown at the end of" in text_of(answer)

    def test_periods_without_a_figure_keep_their_place_in_the_trend(
        self, shelf: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        shelf.figures(shelf.period("month"))
        shelf.period("month", back=1)
        shelf.figures(shelf.period("month", back=2))
        answer = client_as("viewer").get(url("metric", "grr") + "?period=month")
        text_of(answer)
        chart = answer.context["trend"]
        assert len(chart.rows) == 3
        assert chart.figure["layout"]["xaxis"]["categoryarray"] == [row[0] for row in chart.rows]

    def test_looking_at_pages_cannot_queue_work_without_end(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        days = [stocked.today - dt.timedelta(days=10 + n) for n in range(MOST_WAITING + 3)]
        for asked in days:
            text = text_of(client.get(f"{url('metrics')}?as_of={asked}"))
        assert f"{MOST_WAITING} other past days are being computed" in text
        assert 'hx-trigger="every 2s"' not in text
        assert "No figures yet" not in text
        japanese = text_of(
            client.get(f"{url('metrics')}?as_of={days[-1]}", headers={"Accept-Language": "ja"})
        )
        assert f"ほかに{MOST_WAITING}件の過去の日付を計算しています" in japanese
        with tenancy.scope(stocked.workspace.pk):
            assert AsOfRequest.objects.count() == MOST_WAITING

    def test_days_that_cannot_be(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        for text in ("soon", "2026-02-30", "9999-01-01", "1000-01-01", "%00"):
            answer = client.get(f"{url('metrics')}?as_of={text}")
            assert answer.context["lens"].problem, text
            assert answer.context["period"] is not None
        answer = client.get(f"{url('metrics')}?as_of=2001-01-01")
        assert "Nobody was a customer" in text_of(answer)
        with tenancy.scope(stocked.workspace.pk):
            assert not AsOfRequest.objects.exists()


def start(shelf: Shelf) -> None:
    """A first contract, long ago."""
    from accounts.actions.catalogue import create_product
    from accounts.actions.contracts import start_subscription
    from accounts.actors import Actor

    account = shelf.account("First")
    with tenancy.scope(shelf.workspace.pk):
        actor = Actor.system("tests")
        product = create_product(actor=actor, code="p", name="Suite", now=shelf.now)
        start_subscription(
            actor=actor, now=shelf.now, account=account, external_id="s-1", product=product,
            plan=None, starts_on=shelf.today - dt.timedelta(days=400), term_months=None, seats=None,
            unit_price=10, is_historical=True,
        )  # fmt: skip


class TestOneMetric:
    def test_the_formula_with_its_figures(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("viewer")
        worked = {
            slug: client.get(url("metric", slug)).context["worked"]
            for slug in ("customer-churn", "grr", "arr", "ltv-revenue", "ltv-margin", "mrr")
        }
        assert worked == {
            "customer-churn": "20 ÷ 100 = 20.0%",
            "grr": "¥85 ÷ ¥100 = 85.0%",
            "arr": "¥10,000 × 12 = ¥120,000",
            "ltv-revenue": "¥1,200 × 5.00 years = ¥6,000",
            "ltv-margin": "¥1,200 × 75.0% × 5.00 years = ¥4,500",
            "mrr": "",
        }

    def test_ltv_shows_its_inputs(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        facts = dict(client_as("viewer").get(url("metric", "ltv-revenue")).context["facts"])
        assert facts["Lifetime as 1 ÷ annual churn"] == "5.00 years"
        assert facts["Lifetime used"] == "1 ÷ annual churn: churn is stable"
        assert facts["at least 24 months of history (30)"] == "yes"
        assert facts["at least 30 lost accounts (40)"] == "yes"
        assert facts["the last two 12-month rates within each other's 95% interval"] == "yes"

    @pytest.mark.parametrize(
        ("cut", "value"),
        [
            ("segment", "%00"),
            ("plan", "²"),
            ("plan", "9" * 40),
            ("owner", "١"),
            ("cohort_quarter", "9999-12-01"),
            ("cohort_quarter", "²"),
        ],
    )
    @pytest.mark.parametrize("name", ["metric", "metric_export"])
    def test_a_part_that_cannot_be_is_nobody(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str],
        name: str, cut: str, value: str,
    ) -> None:  # fmt: skip
        answer = client_as("viewer").get(f"{url(name, 'customers')}?cut={cut}&value={value}")
        assert answer.status_code == 200
        if name == "metric":
            assert answer.context["accounts"] == []
        else:
            assert len(list(answer.streaming_content)) == 1

    @pytest.mark.parametrize("slug", list(KPIS))
    def test_every_page_renders_in_both_languages(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str], slug: str
    ) -> None:
        client = client_as("viewer")
        english = text_of(client.get(url("metric", slug)))
        japanese = text_of(client.get(url("metric", slug), headers={"Accept-Language": "ja"}))
        assert "Accounts behind it" in english
        assert "Accounts behind it" not in japanese

    def test_a_restated_period_keeps_what_was_first_known(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        restated = stocked.period(back=1, series=Period.Series.RESTATED)
        stocked.figures(restated, customer_churn=0.3)
        answer = client_as("viewer").get(url("metric", "customer-churn"))
        rows = answer.context["trend"].rows
        assert [(row[1], row[5]) for row in rows] == [("25.0%", "30.0%"), ("20.0%", "—")]
        assert "◇" in answer.context["trend_note"]
        start = restated.starts_on.isoformat()
        answer = client_as("viewer").get(url("metric", "customer-churn") + f"?start={start}")
        assert answer.context["card"].value == "30.0%"
        assert answer.context["first_text"] == "25.0%"

    def test_cuts_open_their_accounts(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(url("metric", "customer-churn"))
        rows = {row["label"]: row for row in answer.context["cut_rows"]}
        assert rows["Small business"]["text"] == "18.0%"
        assert rows["Small business"]["interval"] == "13.0% – 23.0%"
        assert "cut=segment&value=small" in rows["Small business"]["url"]

    def test_accounts_behind_by_page_and_cut(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        with tenancy.scope(stocked.workspace.pk):
            period = Period.objects.get(kind="trailing12", series="current")
        for number in range(60):
            account = stocked.account(f"A{number:02}", segment="small" if number % 2 else "")
            lost = stocked.today - dt.timedelta(days=3) if number == 7 else None
            stocked.fact(
                period, account, opening=100 + number, closing=0 if lost else 100, churned_on=lost
            )
        client = client_as("viewer")
        answer = client.get(url("metric", "customer-churn"))
        first = answer.context["accounts"]
        assert (first[0].name, first[0].counts) == ("A07", True)
        assert len(first) == 50
        cursor = answer.context["page"].next_cursor
        rest = client.get(
            url("metric", "customer-churn") + f"?cursor={cursor}",
            headers={"HX-Request": "true", "HX-Target": "list"},
        )
        assert "<html" not in text_of(rest)
        names = {row.name for row in [*first, *rest.context["accounts"]]}
        assert len(names) == 60
        small = client.get(url("metric", "customer-churn") + "?cut=segment&value=small")
        assert {int(row.name[1:]) % 2 for row in small.context["accounts"]} == {1}
        assert small.context["behind_label"] == "Small business"
        stale = client.get(url("metric", "customer-churn") + "?cursor=made-up")
        assert len(stale.context["accounts"]) == 50

    def test_csv_runs_no_formula(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        with tenancy.scope(stocked.workspace.pk):
            period = Period.objects.get(kind="trailing12", series="current")
        stocked.fact(period, stocked.account("=HYPERLINK(1)"), opening=100, closing=90)
        client = client_as("viewer")
        answer = client.get(url("metric_export", "grr"))
        text = b"".join(answer.streaming_content).decode()
        assert '"\'=HYPERLINK(1)"' in text
        assert text.count("\r\n") == 2
        assert answer["Content-Disposition"].endswith('.csv"')
        trend = client.get(url("metric_export", "grr") + "?rows=periods")
        assert b"".join(trend.streaming_content).decode().count("\r\n") == 3

    def test_queries(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("manager")
        text_of(client.get(url("metric", "customer-churn")))
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(url("metric", "customer-churn") + "?cut=owner&value="))
        assert len(captured) <= 20, [query["sql"][:90] for query in captured]

    def test_no_such_metric(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("manager")
        for name in ("metric", "metric_export", "goal_new"):
            assert client.get(url(name, "nonsense")).status_code == 404


class TestGoals:
    def form(self, shelf: Shelf, **changes: Any) -> dict[str, Any]:
        due_on = shelf.today + dt.timedelta(days=90)
        return {"direction": "at_most", "target": "10", "due_on": due_on, "note": "", **changes}

    def test_a_goal_is_set_measured_and_removed(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("manager")
        answer = client.post(url("goal_new", "customer-churn"), self.form(stocked))
        assert answer.status_code == 303
        with tenancy.scope(stocked.workspace.pk):
            goal = Goal.objects.get()
        # 10% of one, from the 20% it was when the goal was set
        assert (float(goal.target), float(goal.baseline)) == (0.1, 0.2)
        page = client.get(url("metric", "customer-churn"))
        (line,) = page.context["goals"]
        assert line.text.startswith("≤ 10.0% by ")
        assert line.progress.is_met is False
        assert line.percent == 0
        overview = text_of(client.get(url("metrics")))
        assert "≤ 10.0% by " in overview
        removed = client.post(url("goal_remove", goal.pk))
        assert removed.status_code == 303
        with tenancy.scope(stocked.workspace.pk):
            assert not Goal.objects.exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"target": "much"},
            {"target": ""},
            {"target": "1e999"},
            {"due_on": "2001-01-01"},
            {"due_on": "9999-12-31"},
            {"direction": "sideways"},
        ],
    )
    def test_bad_goals_are_refused_in_place(
        self,
        stocked: Shelf,
        client_as: Callable[..., Client],
        url: Callable[..., str],
        wrong: dict[str, str],
    ) -> None:
        answer = client_as("manager").post(
            url("goal_new", "customer-churn"), self.form(stocked, **wrong)
        )
        assert "invalid-feedback" in text_of(answer)
        with tenancy.scope(stocked.workspace.pk):
            assert not Goal.objects.exists()

    def test_who_may(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        for role, status in (("csm", 403), ("viewer", 403), ("manager", 303)):
            answer = client_as(role).post(url("goal_new", "grr"), self.form(stocked))
            assert answer.status_code == status, role

    def test_settings_have_figures_computed_anew(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        client = client_as("manager")
        given = {"gross_margin": "75", "onboarding_target_days": "60", "first_day": "period"}
        assert client.post(url("metrics_settings"), given).status_code == 303
        with tenancy.scope(stocked.workspace.pk):
            assert float(Settings.objects.get().gross_margin) == 0.75
            marks = Mark.objects.filter(account_id=None).count()
        assert marks == 1
        client.post(url("metrics_settings"), given)
        with tenancy.scope(stocked.workspace.pk):
            assert Mark.objects.filter(account_id=None).count() == 1
        answer = client.post(url("metrics_settings"), {**given, "gross_margin": "175"})
        assert "invalid-feedback" in text_of(answer)


class TestSimulator:
    def test_it_starts_from_the_workspaces_own_figures(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(
            url("metrics_simulator") + "?change=-5&years=1&margin=75&acquisition=1000&retention=600"
        )
        text_of(answer)
        base, found = answer.context["base"], answer.context["found"]
        # the last whole 12 months: 100 accounts, 120,000 a year, 25% churn
        assert (base.accounts, base.revenue, base.churn) == (100, 1200, 0.25)
        assert found.inputs.changed_churn == pytest.approx(0.2)
        # (100 + 80) ÷ 2 less (100 + 75) ÷ 2 accounts, 1,200 each
        assert found.revenue_gain == pytest.approx(3000)
        assert found.profit_gain == pytest.approx(3000 * 0.75 - 600)
        assert found.acquisition_cost == pytest.approx(5 * 1000)
        assert answer.context["found"].cost_ratio == pytest.approx(5000 / 600)
        assert "1:5" in text_of(answer)

    @pytest.mark.parametrize(
        "query",
        ["?change=-30&years=5", "?change=90&years=5", "?change=x&years=5", "?change=-5&years=9",
         "?change=-5&years=5&margin=101", "?change=-5&years=5&acquisition=-1",
         "?change=NaN&years=5", "?change=-5&years=5&acquisition=1e99"],
    )  # fmt: skip
    def test_bad_input_is_said_where_it_is(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str], query: str
    ) -> None:
        answer = client_as("viewer").get(url("metrics_simulator") + query)
        assert "invalid-feedback" in text_of(answer)
        assert "found" not in answer.context

    def test_it_asks_nothing_at_first(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        answer = client_as("viewer").get(url("metrics_simulator"))
        assert answer.context["found"].inputs.years == 5
        assert answer.context["found"].profit_gain is None
