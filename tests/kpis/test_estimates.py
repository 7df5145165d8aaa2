"""Curves, intervals and lifetimes, without a database."""

import datetime as dt
import statistics
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from metrics.kpis.estimates import Sums, mean, median, ratio, wilson
from metrics.kpis.lifetime import (
    ChurnHistory,
    expected_lifetime,
    lifetime_value,
    purchase_value,
)
from metrics.kpis.periods import month_start, quarter_start, span_of, spans_until
from metrics.kpis.survival import Survival, kaplan_meier, restricted_mean
from metrics.statistics import Estimate, share


def curve(durations: list[tuple[float, bool]]) -> Survival:
    found = kaplan_meier((time, int(ended), int(not ended)) for time, ended in durations)
    assert found is not None
    return found


def test_a_curve_worked_out_by_hand() -> None:
    # ends after 1, 3 and 4 of four; one is only seen for 2
    found = curve([(1, True), (2, False), (3, True), (4, True)])
    assert [(s.time, s.at_risk) for s in found.steps] == [(1, 4), (3, 2), (4, 1)]
    assert [s.survival for s in found.steps] == pytest.approx([0.75, 0.375, 0.0])
    assert (found.at(0.5), found.at(1), found.at(2.9), found.at(99)) == pytest.approx(
        (1, 0.75, 0.75, 0)
    )
    assert found.median() == 3
    # 1 × 1 + 2 × 0.75 + 1 × 0.375
    assert restricted_mean(found).value == pytest.approx(2.875)
    assert restricted_mean(found, horizon=2).value == pytest.approx(1.75)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60).filter(
        lambda lives: any(ended for _time, ended in lives)
    )
)
def test_the_curve_is_that_of_lifelines(lives: list[tuple[int, bool]]) -> None:
    fitted = KaplanMeierFitter().fit([t for t, _e in lives], [e for _t, e in lives])
    found = curve([(float(t), e) for t, e in lives])
    for step in found.steps:
        low, high = fitted.confidence_interval_.loc[step.time]
        assert step.survival == pytest.approx(
            fitted.survival_function_.loc[step.time].iloc[0], abs=1e-9
        )
        if step.survival > 0:
            assert (step.low, step.high) == pytest.approx((low, high), abs=1e-9)
    assert restricted_mean(found).value == pytest.approx(
        restricted_mean_survival_time(fitted, t=found.horizon), abs=1e-9
    )


def test_a_curve_of_nobody_and_one_that_nobody_left() -> None:
    assert kaplan_meier([]) is None
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier([(-1, 1, 0)])
    stayed = curve([(10, False)] * 8)
    assert (stayed.steps, stayed.at(10), stayed.at(11), stayed.median()) == ((), 1, None, None)
    found = restricted_mean(stayed)
    assert (found.value, found.high, found.is_adjusted) == (10, 10, True)
    assert found.low < 10


def test_a_ratio_weighs_accounts_by_their_revenue() -> None:
    # two of 40 accounts, 100 each, lost all; the residuals are 5 × 38 and −95 × 2
    x = [100.0] * 40
    y = [100.0, 100.0] + [0.0] * 38
    found = ratio(_sums(x, y))
    assert found is not None
    assert found.value == pytest.approx(0.05)
    # for equal accounts it is the interval of a share's mean: 0.05 ± t(39) × sd / √40
    assert found.high == pytest.approx(0.05 + 2.0227 * 0.2207 / 40**0.5, abs=1e-3)
    assert found.low == 0


def test_a_ratio_of_few_or_unmoved_accounts_is_not_sure() -> None:
    nobody = ratio(_sums([100.0] * 50, [0.0] * 50))
    assert nobody is not None
    assert (nobody.value, nobody.low, nobody.is_adjusted) == (0, 0, True)
    assert nobody.high == pytest.approx(wilson(0, 50)[1])
    unmoved = ratio(_sums([100.0] * 50, [100.0] * 50), highest=inf)
    assert unmoved is not None
    assert unmoved.low == pytest.approx(wilson(1, 50)[0])
    assert unmoved.high > 1
    # one account with nearly all of the revenue is worth little more than one account
    lopsided = ratio(_sums([1e6] + [1.0] * 49, [0.0] * 50))
    assert lopsided is not None
    assert lopsided.high > 0.75
    assert ratio(_sums([], [])) is None


def _sums(x: list[float], y: list[float]) -> Sums:
    return Sums(
        n=len(x),
        x=sum(x),
        y=sum(y),
        xx=sum(a * a for a in x),
        yy=sum(b * b for b in y),
        xy=sum(a * b for a, b in zip(x, y, strict=True)),
    )


@given(st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0, 3)), min_size=1, max_size=80))
def test_an_interval_holds_its_figure_and_is_never_nothing(rows: list[tuple[float, float]]) -> None:
    x = [a for a, _share in rows]
    found = ratio(_sums(x, [a * min(b, 1) for a, b in rows]))
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1 + 1e-12
    assert found.high > found.low
    nrr = ratio(_sums(x, [a * b for a, b in rows]), highest=inf)
    assert nrr is not None
    assert 0 <= nrr.low <= nrr.value <= nrr.high
    assert nrr.high > nrr.low


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_is_that_of_the_statistics(successes: int, n: int) -> None:
    successes = min(successes, n)
    found = share(successes, n)
    assert found is not None
    assert wilson(successes / n, n) == pytest.approx((found.low, found.high), abs=1e-12)


def test_a_mean_of_one_price_is_as_sure_as_their_number() -> None:
    assert mean(0, 0, 0) is None
    one = mean(1, 100, 10_000)
    assert one is not None
    assert (one.low, one.high) == (50, 200)
    many = mean(100, 10_000, 1_000_000)
    assert many is not None
    assert many.high == pytest.approx(101)
    spread = mean(2, 300, 50_000)
    assert spread is not None
    assert spread.value == 150
    assert spread.high == pytest.approx(150 + 12.706 * 50, abs=0.1)


STEADY = ChurnHistory(
    months=30, churned=40, account_months=1200, churned_12m=24,
    opening_12=100, lost_12=22, opening_24=100, lost_24=20,
)  # fmt: skip
CURVE = Estimate(2.5, 2.0, 3.0, 100)


def test_stable_churn_gives_the_lifetime() -> None:
    found = expected_lifetime(STEADY, CURVE)
    # 24 of 1,200 account-months: 2 % a month, so 1 / (12 × 0.02) years
    assert found.rule == "churn"
    assert found.years is not None
    assert found.years.value == pytest.approx(1 / 0.24)
    assert found.years.low < found.years.value < found.years.high
    assert found.annual_churn is not None
    assert found.annual_churn.value == pytest.approx(0.24)
    assert found.by_curve is CURVE


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"months": 23}, "history"),
        ({"churned": 29}, "churned"),
        ({"lost_24": 5}, "steady"),
        ({"opening_24": 0, "lost_24": 0}, "steady"),
    ],
)
def test_unstable_churn_gives_the_curve(change: dict[str, int], broken: str) -> None:
    found = expected_lifetime(ChurnHistory(**{**vars(STEADY), **change}), CURVE)
    assert (found.rule, found.years) == ("curve", CURVE)
    assert [name for name, holds in found.checks.items() if not holds] == [broken]


def test_without_a_loss_there_is_no_lifetime_by_churn() -> None:
    found = expected_lifetime(ChurnHistory(**{**vars(STEADY), "churned_12m": 0}), CURVE)
    assert (found.by_churn, found.rule) == (None, "curve")


def test_lifetime_value_in_both_forms() -> None:
    revenue = Estimate(1_200_000, 1_000_000, 1_400_000, 50)
    lifetime = Estimate(4, 3, 5, 50)
    found = lifetime_value(revenue, lifetime, 1)
    assert found.value == 4_800_000
    assert found.low == pytest.approx(4_800_000 * (1 - ((1 / 6) ** 2 + 0.25**2) ** 0.5))
    assert lifetime_value(revenue, lifetime, 0.7).value == pytest.approx(3_360_000)
    # 3,000 a purchase, four a year, five years
    assert purchase_value(3000, 4, 5) == 60_000
    with pytest.raises(ValueError, match="negative"):
        purchase_value(3000, -1, 5)


def test_periods_of_a_fiscal_year_from_april() -> None:
    day = dt.date(2026, 2, 14)
    assert span_of("month", day, 4).starts_on == dt.date(2026, 2, 1)
    assert span_of("quarter", day, 4).starts_on == dt.date(2026, 1, 1)
    year = span_of("year", day, 4)
    assert (year.starts_on, year.ends_on) == (dt.date(2025, 4, 1), dt.date(2026, 4, 1))
    trailing = span_of("trailing12", day, 4)
    assert (trailing.starts_on, trailing.ends_on) == (dt.date(2025, 3, 1), dt.date(2026, 3, 1))
    assert quarter_start(dt.date(2026, 3, 31), 2) == dt.date(2026, 2, 1)
    assert month_start(dt.date(2026, 1, 31), -1) == dt.date(2025, 12, 1)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 900), st.integers(1, 12))
def test_periods_of_a_kind_follow_on_each_other(first: dt.date, length: int, month: int) -> None:
    last = first + dt.timedelta(days=length)
    spans = list(spans_until(first, last, month))
    for kind in ("month", "quarter", "year"):
        of_kind = [span for span in spans if span.kind == kind]
        assert of_kind[0].starts_on <= first
        assert of_kind[-1].starts_on <= last < of_kind[-1].ends_on
        for earlier, later in pairwise(of_kind):
            assert earlier.ends_on == later.starts_on
    ends = {span.ends_on for span in spans if span.kind == "month"}
    assert {span.ends_on for span in spans if span.kind == "trailing12"} == ends


@given(st.lists(st.one_of(st.none(), st.integers(0, 50)), max_size=30))
def test_the_median_of_counts_is_that_of_the_values(values: list[int | None]) -> None:
    ordered = sorted((inf if value is None else value) for value in values)
    counts = [
        (None if value == inf else int(value), ordered.count(value))
        for value in sorted(set(ordered))
    ]
    expected = statistics.median(ordered) if ordered else inf
    assert median(counts) == (None if expected == inf else expected)


def test_a_median_between_the_done_and_the_never_done_is_none() -> None:
    assert median([(10, 2), (None, 2)]) is None
    assert median([(10, 1), (20, 1), (None, 2)]) is None
    assert median([(10, 1), (20, 2), (None, 1)]) == 20
    assert median([]) is None
