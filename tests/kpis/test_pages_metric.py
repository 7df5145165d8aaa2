"""The page of one metric, and the goals set on it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cs_platform.core import tenancy
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import Goal, Mark, Period, Settings
from tests.kpis.stored import Shelf, text_of


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
