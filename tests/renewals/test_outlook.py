"""What a quarter is expected to keep: by hand, and what must hold of any."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.actions.accounts import create_account
from accounts.actions.contracts import change_subscription, end_subscription, renew_subscription
from accounts.actors import Actor
from accounts.models import Subscription
from health.renewals.actions.derive import derive_renewals
from health.renewals.actions.forecasts import keep_model_forecasts, set_forecast
from health.renewals.actions.outlook import closed_quarters, keep_calibrations, keep_outlook
from health.renewals.models import (
    CalibrationBin,
    QuarterOutlook,
    Renewal,
    RenewalForecast,
)
from health.renewals.outlook import Part, Position, expect
from health.renewals.quarters import Quarter
from health.renewals.queries.figures import calibrations, outlook
from tests.cast import Cast
from tests.renewals.conftest import NOW, TODAY, at, day

QUARTER = Quarter.of(TODAY, 4)
_amounts = st.integers(0, 10_000).map(Decimal)
_parts = st.lists(
    st.builds(
        Part,
        amount=st.integers(1, 5_000).map(Decimal),
        model=st.one_of(st.none(), st.floats(0, 1)),
        csm=st.sampled_from(["", "commit", "likely", "risk", "lost"]),
        csm_amount=st.one_of(st.none(), _amounts),
        final=st.sampled_from(["", "commit", "lost"]),
        final_amount=st.one_of(st.none(), _amounts),
    ),
    max_size=4,
)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    parts = draw(_parts)
    start = draw(_amounts)
    known = draw(_amounts) + sum((part.amount for part in parts), Decimal(0))
    return Position(
        start, min(start, known), known, max(known - start, Decimal(0)), 1, tuple(parts)
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(positions(), max_size=5), st.sampled_from(["model", "csm", "final"]))
def test_what_holds_of_any_quarter(found: list[Position], forecaster: str) -> None:
    e = expect(found, forecaster)
    assert e.booked + e.open + e.lost == e.start
    assert min(e.booked, e.open, e.lost, e.expansion) >= 0
    slack = 1e-6 * (1 + float(e.start))
    assert -slack <= e.keeping.low <= e.keeping.mid + slack <= e.keeping.high + 2 * slack
    # a renewal for more may make up for what its account had lost before
    assert e.keeping.high <= float(e.open + e.lost) + slack
    assert e.renewing.low <= e.renewing.high <= e.due
    if e.grr and e.nrr:
        assert 0 <= e.grr.low <= e.grr.mid + 1e-9 <= e.grr.high + 2e-9 <= 1 + 1e-6
        assert e.grr.mid <= e.nrr.mid + 1e-9


def test_one_renewal_by_hand() -> None:
    part = Part(Decimal(400), model=0.9, csm="risk", final="commit", final_amount=Decimal(700))
    position = Position(Decimal(1000), Decimal(1000), Decimal(1200), Decimal(200), 1, (part,))
    by_model = expect([position], "model")
    assert (by_model.booked, by_model.open, by_model.lost) == (600, 400, 0)
    # kept: min(1000, 800 + 400) with 0.9, min(1000, 800) with 0.1
    assert by_model.grr is not None
    assert by_model.grr.mid == pytest.approx(0.9 * 1.0 + 0.1 * 0.8)
    assert by_model.nrr is not None
    assert by_model.nrr.mid == pytest.approx(0.9 * 1.2 + 0.1 * 0.8)
    assert (by_model.grr.low, by_model.grr.high) == (pytest.approx(0.8), pytest.approx(1.0))
    by_csm, final = expect([position], "csm"), expect([position], "final")
    assert by_csm.renewing.mid == pytest.approx(0.4)
    assert final.nrr is not None
    assert final.nrr.mid == pytest.approx(0.95 * 1.5 + 0.05 * 0.8)
    assert (by_model.judged, by_csm.judged, final.judged) == (1, 1, 1)


def test_who_stands_in_for_whom() -> None:
    silent = Part(Decimal(1), model=0.6)
    assert [silent.bet(f)[1] for f in ("model", "csm", "final")] == [0.6, 0.6, 0.6]
    judged = Part(Decimal(1), model=0.6, csm="lost")
    assert [judged.bet(f)[1] for f in ("model", "csm", "final")] == [0.6, 0.05, 0.05]
    assert Part(Decimal(1)).bet("model")[1] == pytest.approx(0.88)  # the prior of the unknown


@pytest.mark.django_db
def test_a_quarter_out_of_the_ledger(
    start: Callable[..., Subscription], actor: Actor, cast: Cast, product: object
) -> None:
    """One account each: renewed ahead, open, lost, shrunk, not due, new in the quarter."""

    def contract(name: str, starts_on: str, months: int, price: int = 100) -> Subscription:
        account = create_account(
            actor=actor, now=at("2025-01-01"), external_id=name, name=name,
            owner=cast["csm"] if name < "D" else None, segment="small",
        )  # fmt: skip
        return start(
            name, starts_on, account=account, term_months=months, unit_price=price, product=product
        )

    renewed = contract("A", "2025-12-01", 12)  # to 30 November, renewed for 150
    opened = contract("B", "2026-01-01", 12)  # to 31 December
    lost = contract("C", "2026-02-01", 12)  # ended on 31 October
    shrunk = contract("D", "2026-05-01", 12, price=200)  # to 50 from 1 November on
    contract("E", "2026-06-01", 24)  # not due
    new = contract("F", "2026-10-01", 2)  # new in the quarter: counts in nothing
    renew_subscription(actor=actor, now=NOW, subscription=renewed, unit_price=Decimal(150))
    end_subscription(
        actor=actor, now=NOW, subscription=lost, last_paid_on=day("2026-10-31"), reason="price"
    )
    change_subscription(
        actor=actor, now=NOW, subscription=shrunk, effective_on=day("2026-11-01"),
        unit_price=Decimal(50),
    )  # fmt: skip
    derive_renewals(now=NOW, subscription_ids=Subscription.objects.values_list("pk", flat=True))
    Renewal.objects.filter(is_open=True).update(churn_probability=0.25)
    keep_model_forecasts(now=NOW, everybody=True)
    assert Renewal.objects.get(subscription=new).is_open
    set_forecast(
        actor=actor, now=NOW, renewal_id=Renewal.objects.get(subscription=opened).pk,
        version=None, forecaster="csm", category="commit",
    )  # fmt: skip
    keep_outlook(now=NOW, quarter=QUARTER)
    whole = outlook(QUARTER.starts_on, "owner", until=TODAY)
    assert whole is not None
    model, csm = whole.whole.model, whole.whole.csm
    # A 1200 + B 1200 + C 1200 + D 2400 + E 1200
    assert (model.accounts, model.start) == (5, 7200)
    assert (model.lost, model.open) == (1200 + 1800, 1200)
    assert model.booked == 1200 + 600 + 1200
    assert model.expansion == 600
    assert (model.due, model.judged, csm.judged) == (1, 1, 1)
    assert model.grr_mid == pytest.approx((3000 + 0.75 * 1200) / 7200)
    assert csm.grr_mid == pytest.approx((3000 + 0.95 * 1200) / 7200)
    assert model.nrr_mid == pytest.approx((3000 + 600 + 0.75 * 1200) / 7200)
    assert (model.grr_low, model.grr_high) == (
        pytest.approx(3000 / 7200), pytest.approx(4200 / 7200),
    )  # fmt: skip
    assert (csm.renewing_low, csm.renewing_high) == (0, 1)
    by_owner = {row.value: row.model for row in whole.rows}
    assert by_owner[str(cast["csm"].pk)].start == 3600
    assert by_owner[""].start == 3600
    # the same day again replaces, another day adds
    keep_outlook(now=NOW, quarter=QUARTER)
    assert QuarterOutlook.objects.filter(cut="all").count() == 3
    keep_outlook(now=NOW + dt.timedelta(days=1), quarter=QUARTER)
    assert QuarterOutlook.objects.filter(cut="all").count() == 6


@pytest.mark.django_db
def test_an_empty_workspace_has_an_outlook_of_nothing(scoped: object) -> None:
    keep_outlook(now=NOW, quarter=QUARTER)
    found = outlook(QUARTER.starts_on, "segment", until=TODAY)
    assert found is not None
    assert (found.whole.model.start, found.whole.model.grr_mid, found.rows) == (0, None, [])


def _closed(contract: Subscription, term: str, step: str, said: float, on: str) -> None:
    renewal = Renewal.objects.create(
        subscription=contract, account=contract.account, starts_on=contract.starts_on,
        term_ends_on=day(term), step=step, arr=1000, closed_on=day(term),
        closed_arr=1000 if step == "renewed" else 0, updated_at=NOW,
    )  # fmt: skip
    RenewalForecast.objects.create(
        renewal=renewal,
        forecaster="model",
        probability=said,
        arr=1000,
        day=day(on),
        known_at=at(on),
    )


@pytest.mark.django_db
def test_calibration_compares_what_was_known_when_the_quarter_began(
    start: Callable[..., Subscription],
) -> None:
    contract = start("S-1", "2024-01-01")
    _closed(contract, "2026-05-10", "renewed", 0.82, "2026-03-01")
    _closed(contract, "2026-05-11", "lost", 0.88, "2026-04-01")
    _closed(contract, "2026-05-12", "renewed", 0.30, "2026-05-01")  # said too late
    # a later forecast is not held against it
    RenewalForecast.objects.create(
        renewal=Renewal.objects.get(term_ends_on=day("2026-05-11")), forecaster="model",
        probability=0.05, arr=1000, day=day("2026-05-01"), known_at=at("2026-05-01"),
    )  # fmt: skip
    assert [q.starts_on for q in closed_quarters(now=NOW)] == [day("2026-04-01"), day("2026-07-01")]
    keep_calibrations(now=NOW)
    (kept,) = CalibrationBin.objects.all()
    assert (kept.tenth, kept.n, kept.renewed) == (8, 2, 1)
    assert kept.probability_sum == pytest.approx(1.70)
    assert (kept.expected, kept.actual) == (1700, 1000)
    model = calibrations()[0]
    assert (model.quarters, model.is_enough, model.n) == (1, False, 2)
    assert model.bias == pytest.approx(0.85 - 0.5)
    assert model.error == pytest.approx((0.18 + 0.88) / 2)
    assert model.brier == pytest.approx((0.18**2 + 0.88**2) / 2)
    assert model.off_by == Decimal("0.7")
    (row,) = model.rows
    assert (row.came.n, row.came.value) == (2, 0.5)
    assert not row.is_off
    keep_calibrations(now=NOW)
    assert CalibrationBin.objects.count() == 1


@pytest.mark.django_db
def test_a_quarter_stands_once_it_is_settled_even_if_nobody_had_forecast_it(
    start: Callable[..., Subscription],
) -> None:
    """Two months after April to June all is settled; July to September is looked at until then."""
    contract = start("S-1", "2024-01-01")
    _closed(contract, "2026-05-10", "renewed", 0.3, "2026-05-01")  # said too late
    assert keep_calibrations(now=NOW) == 2
    assert not CalibrationBin.objects.exists()
    assert keep_calibrations(now=NOW + dt.timedelta(days=1)) == 1
    settled = at("2026-12-02")
    assert keep_calibrations(now=settled) == 1
    assert keep_calibrations(now=settled) == 0


@pytest.mark.django_db
def test_four_quarters_are_enough(start: Callable[..., Subscription]) -> None:
    contract = start("S-1", "2024-01-01")
    for term, said, now in (
        ("2025-08-10", "2025-07-01", "2025-11-10"), ("2025-11-10", "2025-10-01", "2026-02-10"),
        ("2026-02-10", "2026-01-01", "2026-05-10"), ("2026-05-10", "2026-04-01", "2026-08-10"),
    ):  # fmt: skip
        assert not calibrations()[0].is_enough
        _closed(contract, term, "renewed", 0.9, said)
        keep_calibrations(now=at(now))
    assert calibrations()[0].is_enough


@pytest.mark.django_db
def test_each_forecaster_is_held_to_what_it_had_said_itself(
    start: Callable[..., Subscription],
) -> None:
    """Of one renewal that came, the CSM had said 40 %, the final forecast 95 %, the model 80 %."""
    contract = start("S-1", "2024-01-01")
    _closed(contract, "2026-05-10", "renewed", 0.80, "2026-03-01")
    renewal = Renewal.objects.get(term_ends_on=day("2026-05-10"))
    for forecaster, category, chance, on in (
        ("csm", "risk", 0.40, "2026-02-01"),
        ("final", "likely", 0.75, "2026-02-01"),
        ("final", "commit", 0.95, "2026-03-31"),
        ("csm", "commit", 0.95, "2026-04-02"),  # after the quarter had begun
    ):
        RenewalForecast.objects.create(
            renewal=renewal, forecaster=forecaster, category=category, probability=chance,
            arr=1000, day=day(on), known_at=at(on),
        )  # fmt: skip
    keep_calibrations(now=NOW)
    found = {each.forecaster: each for each in calibrations()}
    assert {name: round(each.error, 2) for name, each in found.items()} == {
        "model": 0.20, "csm": 0.60, "final": 0.05,
    }  # fmt: skip
    assert {name: each.n for name, each in found.items()} == {"model": 1, "csm": 1, "final": 1}
