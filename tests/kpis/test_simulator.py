"""The simulator against figures worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.kpis.simulator import Inputs, simulate

# 100 accounts at 1,200 a year each, 20% leave a year; 10 points less would be 10%.
BOOK = Inputs(
    accounts=100, revenue=1200, churn=0.2, changed_churn=0.1, years=2, margin=0.75,
    acquisition_cost=500, retention_cost=1000,
)  # fmt: skip


def test_two_years_by_hand() -> None:
    found = simulate(BOOK)
    first, second = found.years
    # without: 100 → 80 → 64; with: 100 → 90 → 81
    assert [year.base.closing for year in found.years] == pytest.approx([80, 64])
    assert [year.changed.closing for year in found.years] == pytest.approx([90, 81])
    # revenue: mean of the two ends × 1,200
    assert first.base.revenue == pytest.approx(90 * 1200)
    assert first.changed.revenue == pytest.approx(95 * 1200)
    assert second.base.revenue == pytest.approx(72 * 1200)
    assert second.changed.revenue == pytest.approx(85.5 * 1200)
    assert found.revenue_gain == pytest.approx(18.5 * 1200)
    assert found.revenue_gains == pytest.approx([6000, 22200])
    assert found.accounts_kept == pytest.approx(17)


def test_profit_takes_off_what_retention_costs() -> None:
    found = simulate(BOOK)
    # 22,200 × 0.75 − 2 × 1,000
    assert found.profit_gain == pytest.approx(14650)
    # of (90 + 72) × 1,200 × 0.75
    assert found.profit_change == pytest.approx(14650 / 145800)


def test_what_winning_the_same_would_cost() -> None:
    found = simulate(BOOK)
    # 10 points of 100 accounts in the first year, of 90 in the second
    assert [year.accounts_to_win for year in found.years] == pytest.approx([10, 9])
    assert found.acquisition_cost == pytest.approx(19 * 500)
    assert found.cost_ratio == pytest.approx(9500 / 2000)


def test_lifetimes_and_ltv_in_both_forms() -> None:
    found = simulate(BOOK)
    assert (found.before.years, found.after.years) == pytest.approx((5, 10))
    assert found.before.ltv_revenue == pytest.approx(6000)
    assert found.after.ltv_margin == pytest.approx(12000 * 0.75)


def test_nothing_is_made_up_where_something_is_missing() -> None:
    found = simulate(Inputs(accounts=10, revenue=12, churn=0.1, changed_churn=0, years=1))
    assert (found.profit_gain, found.profit_change, found.acquisition_cost) == (None, None, None)
    assert found.cost_ratio is None
    # nobody leaves: no lifetime, no LTV
    assert (found.after.years, found.after.ltv_revenue, found.after.ltv_margin) == (None,) * 3
    assert found.before.ltv_revenue == pytest.approx(120)


def test_more_churn_is_a_loss_of_the_same_size_the_other_way() -> None:
    worse = simulate(Inputs(accounts=100, revenue=10, churn=0.1, changed_churn=0.2, years=2))
    better = simulate(Inputs(accounts=100, revenue=10, churn=0.2, changed_churn=0.1, years=2))
    assert not worse.is_better
    assert worse.revenue_gain == pytest.approx(-better.revenue_gain)
    assert worse.accounts_to_win == pytest.approx(better.accounts_to_win)


@pytest.mark.parametrize("wrong", [{"years": 0}, {"years": 6}, {"churn": 1.1}, {"churn": -0.1}])
def test_impossible_inputs(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Inputs(
            **{"accounts": 1, "revenue": 1, "churn": 0.1, "changed_churn": 0, "years": 1, **wrong}
        )  # type: ignore[arg-type]


rates = st.floats(0, 1)


@given(churn=rates, changed=rates, years=st.integers(1, 5), accounts=st.floats(0, 1e6))
def test_winning_what_was_lost_makes_up_for_it(
    churn: float, changed: float, years: int, accounts: float
) -> None:
    """Carry the won accounts along at the higher churn: every year ends as the better case."""
    found = simulate(
        Inputs(accounts=accounts, revenue=1, churn=churn, changed_churn=changed, years=years)
    )
    at = accounts
    for year in found.years:
        at = at * (1 - max(churn, changed)) + year.accounts_to_win
        better = max(year.base.closing, year.changed.closing)
        assert at == pytest.approx(better, abs=1e-6 * max(accounts, 1))
