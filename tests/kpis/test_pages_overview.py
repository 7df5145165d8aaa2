"""The metrics on one page, and what their pages say without figures."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cs_platform.core import tenancy
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import Period
from metrics.kpis.periods import month_start
from tests.kpis.stored import Shelf, text_of


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
