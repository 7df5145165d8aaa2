"""The simulator."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.kpis.stored import Shelf, text_of


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
