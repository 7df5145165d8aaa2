"""Sums of independent outcomes, against all outcomes written out."""

import datetime as dt
import itertools
import random

import pytest

from health.renewals.distributions import (
    EXACT_PARTS,
    count_range,
    outcomes,
    poisson_binomial,
    sum_range,
)
from health.renewals.quarters import Quarter


def written_out(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """(sum, probability) of every outcome, in order of the sum."""
    found = []
    for came in itertools.product((0, 1), repeat=len(parts)):
        chance, total = 1.0, 0.0
        for has_come, (amount, p) in zip(came, parts, strict=True):
            chance *= p if has_come else 1 - p
            total += amount * has_come
        found.append((total, chance))
    return sorted(found)


def quantile(outcomes_: list[tuple[float, float]], share: float) -> float:
    below = 0.0
    for total, chance in outcomes_:
        below += chance
        if below >= share - 1e-12:
            return total
    return outcomes_[-1][0]


def test_two_coins_by_hand() -> None:
    assert poisson_binomial([0.5, 0.25]).tolist() == [0.375, 0.5, 0.125]


def test_ten_fair_coins_are_binomial() -> None:
    mass = poisson_binomial([0.5] * 10)
    assert mass[5] == pytest.approx(252 / 1024)
    # P(≤ 1) = 11/1024 < 2.5 % ≤ P(≤ 2) = 56/1024
    found = count_range([0.5] * 10)
    assert (found.low, found.mid, found.high) == (2, 5, 8)


@pytest.mark.parametrize("seed", range(8))
def test_counts_and_money_as_written_out(seed: int) -> None:
    rng = random.Random(seed)
    parts = [(rng.uniform(10, 500), rng.random()) for _ in range(9)]
    every = written_out(parts)
    mean = sum(total * chance for total, chance in every)
    found = sum_range([outcomes(0, [part]) for part in parts])
    cell = sum(amount for amount, _p in parts) / 4000
    assert found.mid == pytest.approx(mean)
    assert found.low == pytest.approx(quantile(every, 0.025), abs=10 * cell)
    assert found.high == pytest.approx(quantile(every, 0.975), abs=10 * cell)
    counts = written_out([(1, p) for _a, p in parts])
    ranged = count_range([p for _a, p in parts])
    assert (ranged.low, ranged.high) == (quantile(counts, 0.025), quantile(counts, 0.975))


def test_an_account_is_capped_at_what_it_brought_in() -> None:
    amount = outcomes(20, [(100, 0.5), (50, 0.5)], most=90)
    # 20, 70, 90 (of 120), 90 (of 170)
    assert amount.values == [20, 70, 90]
    assert amount.chances == [0.25, 0.25, 0.5]
    assert amount.mean == 67.5


def test_nothing_open_is_certain() -> None:
    found = sum_range([outcomes(7, [])])
    assert (found.low, found.mid, found.high) == (7, 7, 7)
    assert count_range([]).high == 0
    assert sum_range([]).mid == 0


def test_many_go_over_into_the_normal_without_a_step() -> None:
    rng = random.Random(1)
    parts = [outcomes(0, [(rng.uniform(50, 150), rng.uniform(0.5, 0.95))]) for _ in range(501)]
    exact = sum_range(parts[:EXACT_PARTS])
    normal = sum_range(parts)
    width = exact.high - exact.low
    assert normal.high - normal.low == pytest.approx(width, rel=0.02)


def test_many_contracts_of_one_account_keep_their_mean() -> None:
    parts = [(float(100 + n), 0.7) for n in range(30)]
    amount = outcomes(0, parts)
    assert len(amount.values) <= 512
    assert amount.mean == pytest.approx(sum(a * p for a, p in parts))
    assert sum(amount.chances) == pytest.approx(1)


def test_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="no probability"):
        poisson_binomial([0.5, 1.2])


@pytest.mark.parametrize(
    ("day", "first_month", "expected"),
    [
        ("2026-11-22", 4, ("2026-10-01", "2027-01-01", 2026, 3)),
        ("2026-03-31", 4, ("2026-01-01", "2026-04-01", 2025, 4)),
        ("2026-04-01", 4, ("2026-04-01", "2026-07-01", 2026, 1)),
        ("2026-01-15", 2, ("2025-11-01", "2026-02-01", 2025, 4)),
        ("2026-12-31", 1, ("2026-10-01", "2027-01-01", 2026, 4)),
    ],
)
def test_fiscal_quarters(day: str, first_month: int, expected: tuple[str, str, int, int]) -> None:
    found = Quarter.of(dt.date.fromisoformat(day), first_month)
    assert (str(found.starts_on), str(found.ends_on), found.year, found.number) == expected
    assert found.moved(4, first_month).moved(-4, first_month) == found
    assert found.moved(1, first_month).starts_on == found.ends_on
