"""Each KPI on figures worked out by hand."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.actions.contracts import give_notice, pause_subscription
from accounts.models import ExchangeRate
from cs_platform.core.errors import DomainError
from metrics.kpis.actions.schedule import compute_as_of
from metrics.kpis.definitions import CUTS, KPIS
from metrics.kpis.models import Period, Settings
from metrics.kpis.queries.figures import churn_reasons, current_figures, cut
from metrics.kpis.queries.lifetime import ltv, survival
from metrics.kpis.queries.revenue import bridge, cohort_table
from tests.kpis.conftest import ACTOR, NOW, Book, day

Shares = Callable[..., dict[str, float | None]]


def test_churn_and_retention(five: Book) -> None:
    found = five.figures("month", "2026-03-15")
    assert (found["customer-churn"].numerator, found["customer-churn"].denominator) == (1, 5)
    assert found["customer-churn"].figure == pytest.approx(0.2)
    # Wilson, one of five
    assert found["customer-churn"].low == pytest.approx(0.0362, abs=1e-4)
    assert found["customer-churn"].high == pytest.approx(0.6245, abs=1e-4)
    assert found["logo-retention"].figure == pytest.approx(0.8)
    # lost: 100 cancelled, 50 + 100 contraction, of 2,000
    assert found["revenue-churn-gross"].figure == pytest.approx(0.125)
    assert found["revenue-churn-cancelled"].figure == pytest.approx(0.05)
    assert found["revenue-churn-net"].figure == pytest.approx(0.065)
    assert found["grr"].figure == pytest.approx(0.875)
    assert found["nrr"].figure == pytest.approx(0.935)
    assert found["customers"].figure == 6
    assert found["mrr"].figure == 150 + 420 + 300 + 1000 + 70 + 50
    assert found["arr"].figure == 12 * found["mrr"].figure
    assert found["upsell-rate"].figure == pytest.approx(0.2)
    assert found["upsell-rate-value"].numerator == Decimal(120)
    assert found["cross-sell-rate"].figure == 0


def test_the_bridge_adds_up(five: Book) -> None:
    found = bridge(five.period("month", "2026-03-15"))
    assert found is not None
    assert {step.key: (step.amount, step.accounts) for step in found.steps} == {
        "start": (2000, 5),
        "new": (70, 1),
        "reactivation": (50, 1),
        "expansion": (120, 1),
        "contraction": (-150, 2),
        "churn": (-100, 1),
        "end": (1990, 6),
    }
    assert found.currency_effect == 0


def test_cuts_use_what_an_account_was_at_the_start(five: Book, shares: Shares) -> None:
    five.account("A", segment="enterprise", happened_at="2026-03-05T00:00:00+00:00")
    period = five.period("month", "2026-03-15")
    assert shares("customer-churn", period, "segment") == {"small": 0.5, "": 0.0}
    assert shares("customers", period, "cohort") == {"2025-06-01": 5.0, "2026-03-01": 1.0}
    # the fiscal year begins in April
    assert shares("customers", period, "cohort_quarter") == {"2025-04-01": 5.0, "2026-01-01": 1.0}
    assert all(cut("mrr", period, dimension) for dimension in CUTS)


def test_a_plan_is_the_one_with_the_highest_revenue(book: Book) -> None:
    book.contract("A", "2025-06-01", 100, plan="light")
    book.contract("A", "2025-06-01", 300, plan="pro", product="extra", external_id="A-2")
    found = cut("customers", book.period("month", "2026-03-15"), "plan")
    assert [(row.label, row.figure) for row in found] == [("extra · pro", 1.0)]


def test_reasons(five: Book) -> None:
    (row,) = churn_reasons(five.period("month", "2026-03-15"))
    assert (row.reason, row.accounts, row.lost, row.share) == ("price", 1, 100, 1.0)


def test_a_contract_that_ends_on_the_last_day_is_churn_of_that_month(book: Book) -> None:
    book.contract("A", "2025-06-01", 100, ended_on="2026-03-31")
    book.contract("B", "2025-06-01", 100)
    march = book.figures("month", "2026-03-15")["customer-churn"]
    assert (march.numerator, march.denominator) == (1, 2)
    april = book.figures("month", "2026-04-15", until="2026-04-16")["customer-churn"]
    assert (april.numerator, april.denominator) == (0, 1)


def test_a_new_account_never_churns_in_the_period_it_starts_in(book: Book) -> None:
    book.contract("A", "2026-03-01", 100, ended_on="2026-03-31")
    book.contract("B", "2025-06-01", 100)
    found = book.figures("month", "2026-03-15")["customer-churn"]
    assert (found.numerator, found.denominator) == (0, 1)


def test_who_ends_and_returns_within_the_period_has_not_churned(book: Book) -> None:
    book.contract("A", "2025-06-01", 100, ended_on="2026-02-10")
    book.contract("A", "2026-03-20", 80, external_id="A-2")
    february = book.figures("month", "2026-02-15")["customer-churn"]
    assert (february.numerator, february.denominator) == (1, 1)
    quarter = book.figures("quarter", "2026-02-15")
    assert (quarter["customer-churn"].numerator, quarter["customer-churn"].denominator) == (0, 1)
    assert quarter["grr"].figure == pytest.approx(0.8)
    found = bridge(book.period("month", "2026-03-15"))
    assert found is not None
    assert {s.key: s.amount for s in found.steps if s.amount} == {"reactivation": 80, "end": 80}


def test_a_trial_at_price_0_is_not_paying(book: Book) -> None:
    trial = book.contract("A", "2026-01-10", 0)
    assert book.figures("month", "2026-02-15")["customers"].figure == 0
    book.change(trial, "2026-03-05", mrr=40)
    march = book.period("month", "2026-03-15")
    assert current_figures(march)["customers"].figure == 1
    found = bridge(march)
    assert found is not None
    assert {s.key: s.amount for s in found.steps if s.amount} == {"new": 40, "end": 40}
    assert [row.value for row in cut("customers", march, "cohort")] == ["2026-03-01"]


def test_notice_is_not_churn_and_a_pause_counts_as_contracted(book: Book) -> None:
    a = book.contract("A", "2025-06-01", 100, term_months=12, auto_renew=True)
    b = book.contract("B", "2025-06-01", 300)
    give_notice(actor=ACTOR, now=book.now, subscription=a, given_on=day("2026-03-05"),
                is_historical=True)  # fmt: skip
    pause_subscription(actor=ACTOR, now=book.now, subscription=b,
                       effective_on=day("2026-03-06"), is_historical=True)  # fmt: skip
    found = book.figures("month", "2026-03-15")
    assert found["customer-churn"].figure == 0
    assert found["mrr"].figure == 400


def test_renewals_by_count_and_value(book: Book) -> None:
    """Six terms run out in March: two roll on, one is renewed for less, two end, one is overdue."""
    yearly = {"term_months": 12, "auto_renew": True}
    book.contract("A", "2025-03-10", 100, **yearly)
    book.contract("B", "2026-02-10", 200, term_months=1, auto_renew=True)
    c = book.contract("C", "2025-03-21", 400, term_months=12)
    book.change(c, "2026-03-21", term_ends_on="2027-03-20", mrr=300)
    book.contract("D", "2025-03-11", 50, **yearly, ended_on="2026-03-10")
    book.contract("E", "2025-04-01", 60, term_months=12, ended_on="2026-03-31")
    book.contract("F", "2025-03-26", 70, term_months=12)
    # not due: ended before its term was over; runs out in April
    book.contract("G", "2025-04-01", 80, **yearly, ended_on="2026-03-10")
    book.contract("H", "2025-05-01", 90, **yearly)
    found = book.figures("month", "2026-03-15")
    assert (found["renewal-rate"].numerator, found["renewal-rate"].denominator) == (3, 6)
    value = found["renewal-rate-value"]
    assert (value.numerator, value.denominator) == (100 + 200 + 300, 100 + 200 + 400 + 180)
    # each has had but one term in the fiscal year
    year = book.figures("year", "2026-03-15")["renewal-rate"]
    assert (year.numerator, year.denominator) == (3, 6)


def test_a_term_that_ends_with_the_period_is_renewed_on_the_day_after(book: Book) -> None:
    """Four terms end on 31 March: renewed for less, rolled on for less, rolled on, not renewed."""
    a = book.contract("A", "2025-04-01", 400, term_months=12)
    book.change(a, "2026-04-01", term_ends_on="2027-03-31", mrr=300)
    b = book.contract("B", "2025-04-01", 100, term_months=12, auto_renew=True)
    book.change(b, "2026-04-01", mrr=60)
    book.contract("C", "2025-04-01", 200, term_months=12, auto_renew=True)
    book.contract("D", "2025-04-01", 50, term_months=12)
    # comes on the day after: nothing of March
    book.contract("E", "2026-04-01", 1000)
    for kind in ("month", "quarter", "trailing12"):
        found = book.figures(kind, "2026-03-15")
        rate, value = found["renewal-rate"], found["renewal-rate-value"]
        assert (rate.numerator, rate.denominator) == (3, 4)
        assert (value.numerator, value.denominator) == (300 + 60 + 200, 750)
        assert found["customers"].figure == 4
        assert found["mrr"].figure == 750
    # the reductions take effect in April
    april = book.figures("month", "2026-04-15", until="2026-04-15")
    assert april["mrr"].figure == 300 + 60 + 200 + 50 + 1000
    assert "renewal-rate" not in april


def test_early_churn_counts_who_could_have_stayed_90_days(book: Book) -> None:
    # 90 days from 1 December are over on 1 March
    book.contract("A", "2025-12-10", 100, ended_on="2026-01-31")
    book.contract("B", "2025-12-10", 100)
    book.contract("C", "2025-12-02", 100, ended_on="2026-03-05")
    book.contract("D", "2026-02-20", 100, ended_on="2026-03-05")
    book.contract("E", "2025-12-01", 100, ended_on="2026-01-05")
    found = book.figures("month", "2026-03-15")["early-churn"]
    assert (found.numerator, found.denominator) == (1, 3)


def test_onboarding_and_retention_after_it(book: Book) -> None:
    Settings.objects.create(onboarding_target_days=60)

    def begin(name: str, start: str, completed: str | None, **contract: Any) -> None:
        book.account(
            name,
            onboarding_started_on=start,
            **({"onboarding_completed_on": completed} if completed else {}),
        )
        book.contract(name, start, 100, **contract)

    begin("A", "2025-01-10", "2025-02-10")
    begin("B", "2025-01-10", "2025-04-10", ended_on="2025-11-30")
    begin("C", "2025-02-01", None, ended_on="2025-03-31")
    begin("D", "2025-06-01", "2025-06-21", ended_on="2025-12-31")
    begin("E", "2025-12-01", "2025-12-11")
    begin("F", "2026-03-10", "2026-03-12")
    found = book.figures("month", "2026-03-15")
    # of A–E, begun 60 days ago, A, D and E completed in time
    assert (
        found["onboarding-completion"].numerator,
        found["onboarding-completion"].denominator,
    ) == (3, 5)
    # 31, 90, never, 20 and 10 days
    assert found["onboarding-days"].figure == 31
    # six months on: A stays, B left after seven, D left a year's half and ten days on
    six = found["retention-6m"]
    assert (six.numerator, six.denominator) == (3, 3)
    assert six.detail["beside"] == 1
    # twelve months on by the end of March: A only; B would be in April
    twelve = found["retention-12m"]
    assert (twelve.numerator, twelve.denominator) == (1, 1)


def test_referrals(book: Book) -> None:
    book.contract("A", "2025-06-01", 100)
    book.account("B", referrer_external_id="A")
    book.account("C", referrer_external_id="A")
    book.contract("B", "2026-03-10", 100)
    book.contract("C", "2026-02-10", 100)
    book.contract("D", "2026-03-10", 100)
    found = book.figures("month", "2026-03-15")["referrals"]
    assert (found.figure, found.n) == (1, 2)


def test_money_in_two_currencies_at_the_rates_of_the_start(book: Book) -> None:
    for on, rate in (("2025-01-01", 100), ("2026-03-01", 150), ("2026-04-01", 200)):
        ExchangeRate.objects.create(currency="USD", valid_from=day(on), rate=rate)
    book.contract("A", "2025-06-01", 10, currency="USD")
    b = book.contract("B", "2025-06-01", 20, currency="USD")
    book.change(b, "2026-03-20", mrr=15)
    book.contract("C", "2025-06-01", 1000)
    book.contract("D", "2025-06-01", 5, currency="EUR")
    period = book.period("month", "2026-03-15")
    found = current_figures(period)
    # 10 × 150 + 20 × 150 + 1,000; nothing is known of EUR
    assert found["grr"].denominator == 5500
    assert found["grr"].figure == pytest.approx(1 - 750 / 5500)
    assert (found["grr"].missing, found["mrr"].missing) == (1, 1)
    assert found["customers"].figure == 4
    assert found["mrr"].figure == 25 * 200 + 1000
    steps = bridge(period)
    assert steps is not None
    assert steps.steps[-1].amount == 25 * 150 + 1000
    assert (steps.currency_effect, steps.missing) == (25 * 50, 1)


def test_lifetime_value_shows_its_inputs(book: Book) -> None:
    Settings.objects.create(gross_margin=Decimal("0.8"))
    book.contract("A", "2025-04-01", 100, ended_on="2025-09-30")
    book.contract("B", "2025-04-01", 200)
    book.contract("C", "2025-10-01", 400)
    period = book.period("month", "2026-03-15")
    found = ltv(period)
    assert found is not None
    # (200 + 400) / 2 × 12 a year; 183 days until A left, 365 for B, 182 so far for C
    assert found.revenue_per_account == 3600
    assert (found.lifetime_rule, found.checks["history"]) == ("curve", False)
    assert (found.months_of_history, found.churned, found.churned_12m) == (12, 1, 1)
    # A paid at six boundaries, B at twelve, C at six; their first days lie on one
    assert found.account_months_12m == 6 - 1 + 12 - 1 + 6 - 1
    (curve,) = survival(period)
    assert [(p.days, p.survival) for p in curve.points] == [(0, 1.0), (183, 0.5), (365, 0.5)]
    years = (183 + 182 * 0.5) / 365.25
    assert found.lifetime_years == pytest.approx(years)
    assert found.revenue is not None
    assert found.revenue.figure == pytest.approx(3600 * years)
    assert found.margin is not None
    assert found.margin.figure == pytest.approx(3600 * years * 0.8)
    tenure = current_figures(period)["mean-tenure"]
    assert tenure.figure == pytest.approx(years * 12)
    assert tenure.detail["horizon_months"] == pytest.approx(12, abs=0.01)


def test_cohorts_of_customers_and_of_revenue(book: Book) -> None:
    book.contract("A", "2026-01-10", 100, ended_on="2026-02-15")
    book.contract("B", "2026-01-20", 200)
    c = book.contract("C", "2026-02-05", 300)
    book.change(c, "2026-03-05", mrr=450)
    for month in ("2026-01-15", "2026-02-15", "2026-03-15"):
        book.period("month", month)
    table = cohort_table("customers")
    assert [(row.cohort, row.size, [cell.amount for cell in row.cells]) for row in table.rows] == [
        (day("2026-01-01"), 2, [2, 1, 1]),
        (day("2026-02-01"), 1, [1, 1]),
    ]
    assert [cell.share for cell in table.rows[0].cells] == [1, 0.5, 0.5]
    assert [cell.amount for cell in table.totals] == [2, 2, 2]
    money = cohort_table("revenue")
    assert [[cell.amount for cell in row.cells] for row in money.rows] == [
        [300, 200, 200],
        [300, 450],
    ]
    assert [cell.amount for cell in money.totals] == [300, 500, 650]
    with pytest.raises(DomainError):
        cohort_table("profit")


def test_cohorts_as_of_a_past_day_are_what_was_known_then(book: Book) -> None:
    book.contract("A", "2026-01-10", 100, ended_on="2026-03-20")
    book.contract("B", "2026-01-20", 200)
    book.period("month", "2026-01-15", series=Period.Series.FIRST)
    # came to light in April, for January
    book.contract("C", "2026-01-25", 50, is_historical=False)
    for month in ("2026-01-15", "2026-03-15"):
        book.period("month", month)
    compute_as_of(now=NOW, as_of=day("2026-03-10"))
    then = cohort_table("customers", as_of=day("2026-03-10"))
    assert [(cell.period_starts_on, cell.amount) for cell in then.totals] == [
        (day("2026-01-01"), 2),
        (day("2026-03-01"), 2),
    ]
    now = cohort_table("customers")
    assert [cell.amount for cell in now.totals] == [3, 2]


def test_the_first_day_can_belong_to_the_opening_figure(book: Book) -> None:
    Settings.objects.create(first_day=Settings.FirstDay.OPENING)
    book.contract("A", "2026-03-01", 100)
    book.contract("B", "2025-06-01", 100, ended_on="2026-03-31")
    book.contract("C", "2026-04-01", 40)
    period = book.period("month", "2026-03-15")
    found = current_figures(period)
    assert (found["customer-churn"].numerator, found["customer-churn"].denominator) == (1, 2)
    steps = bridge(period)
    assert steps is not None
    assert {s.key: s.amount for s in steps.steps if s.amount} == {
        "start": 200, "new": 40, "churn": -100, "end": 140,
    }  # fmt: skip


def test_an_empty_period_has_no_rates(book: Book) -> None:
    book.contract("A", "2026-03-10", 100)
    found = book.figures("month", "2026-03-15")
    assert "customer-churn" not in found
    assert "renewal-rate" not in found
    assert found["customers"].figure == 1
    assert dt.date(2026, 3, 1) == found["customers"].period.starts_on


@pytest.mark.parametrize("slug", list(KPIS))
def test_every_kpi_is_documented_and_explained(slug: str) -> None:
    from cs_platform.core.glossary_entries import ENTRIES
    from cs_platform.core.sql import sql_files

    kpi = KPIS[slug]
    name = {"ltv-revenue": "ltv_inputs", "ltv-margin": "ltv_inputs"}.get(slug, kpi.sql)
    lines = sql_files()[f"kpis/{name}"].read_text().splitlines()
    assert lines[0] == "-- role: analytics"
    assert lines[1].startswith("-- ")
    assert kpi.glossary in ENTRIES
    assert str(kpi.label)
    assert str(kpi.formula)
