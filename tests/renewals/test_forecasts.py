"""Three forecasts, kept apart, each as it was known."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.actions.contracts import give_notice
from accounts.actors import Actor
from accounts.models import AuditEntry, Subscription
from cs_platform.core.errors import DomainError, NotAllowed
from health.renewals.actions.forecasts import keep_model_forecasts, set_forecast
from health.renewals.actions.steps import enter_lost
from health.renewals.categories import expected
from health.renewals.models import Renewal, RenewalForecast
from health.renewals.queries.lists import as_known
from tests.cast import Cast
from tests.renewals.conftest import NOW, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def renewal(start: Callable[..., Subscription], look: Callable[..., list[Renewal]]) -> Renewal:
    (row,) = look(start("S-1", "2026-01-01", term_months=12, seats=10))
    Renewal.objects.update(churn_probability=0.2)
    row.refresh_from_db()
    return row


def test_expected_is_probability_times_worth() -> None:
    assert expected(Decimal(12_000), None, 0.75) == Decimal("9000.00")
    assert expected(Decimal(12_000), Decimal(20_000), 0.4) == Decimal("8000.0")
    assert expected(None, None, 0.4) is None
    assert expected(Decimal(1), None, None) is None


def test_none_overwrites_another(renewal: Renewal, actor: Actor, cast: Cast) -> None:
    keep_model_forecasts(now=NOW, everybody=True)
    who = {"now": NOW, "renewal_id": renewal.pk, "version": None}
    set_forecast(actor=actor, **who, forecaster="csm", category="likely", amount=Decimal(9000))
    manager = Actor.of(cast["manager"])
    set_forecast(actor=manager, **who, forecaster="final", category="commit", note="Board knows")
    renewal.refresh_from_db()
    assert (renewal.model_probability, renewal.csm_category, renewal.final_category) == (
        0.8, "likely", "commit",
    )  # fmt: skip
    assert (renewal.csm_amount, renewal.final_amount) == (9000, None)
    kept = RenewalForecast.objects.order_by("id").values_list("forecaster", "probability", "arr")
    assert list(kept) == [("model", 0.8, 12_000), ("csm", 0.75, 12_000), ("final", 0.95, 12_000)]
    # the final one is an override: who made it is in the audit log
    assert AuditEntry.objects.get(action="renewal_forecast").actor == cast["manager"].user


def test_the_final_forecast_is_the_manager_s(renewal: Renewal, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        set_forecast(
            actor=actor, now=NOW, renewal_id=renewal.pk, version=None, forecaster="final",
            category="commit",
        )  # fmt: skip
    assert not RenewalForecast.objects.exists()


def test_history_as_it_was_known(renewal: Renewal, actor: Actor) -> None:
    who = {"actor": actor, "renewal_id": renewal.pk, "version": None, "forecaster": "csm"}
    for moment, category in (
        (at("2026-10-01"), "commit"), (at("2026-10-20"), "risk"), (at("2026-11-05"), ""),
    ):  # fmt: skip
        set_forecast(now=moment, category=category, **who)
    known = [
        (found := as_known(renewal, "csm", at(day))) and found.category
        for day in ("2026-09-30", "2026-10-10", "2026-10-20", "2026-11-10")
    ]
    assert known == [None, "commit", "risk", None]


def test_the_model_s_is_kept_once_a_day_and_only_where_it_differs(renewal: Renewal) -> None:
    assert keep_model_forecasts(now=NOW, everybody=True) == 1
    Renewal.objects.update(churn_probability=0.5)
    assert keep_model_forecasts(now=NOW, everybody=True) == 0  # the day has its forecast
    day = dt.timedelta(days=1)
    assert keep_model_forecasts(now=NOW + day, everybody=True) == 1
    assert keep_model_forecasts(now=NOW + 2 * day, everybody=True) == 0  # no different
    assert list(RenewalForecast.objects.order_by("id").values_list("day", "probability")) == [
        (dt.date(2026, 11, 10), 0.8),
        (dt.date(2026, 11, 11), 0.5),
    ]


def test_new_renewals_get_theirs_at_once(renewal: Renewal) -> None:
    assert keep_model_forecasts(now=NOW, everybody=False) == 1
    assert keep_model_forecasts(now=NOW + dt.timedelta(days=1), everybody=False) == 0


def test_after_a_notice_the_model_expects_little(
    renewal: Renewal, actor: Actor, look: Callable[..., list[Renewal]]
) -> None:
    give_notice(
        actor=actor, now=NOW, subscription=renewal.subscription, given_on=dt.date(2026, 11, 9)
    )
    look(renewal.subscription)
    Renewal.objects.update(churn_probability=0.2)
    keep_model_forecasts(now=NOW, everybody=True)
    assert Renewal.objects.get().model_probability == 0.1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"category": "maybe"}, "unknown_choice"),
        ({"category": "risk", "amount": Decimal(-1)}, "negative_amount"),
        ({"category": "risk", "amount": Decimal(10) ** 15}, "too_large"),
        ({"category": "risk", "note": "x" * 2001}, "too_long"),
        ({"category": ""}, "nothing_changed"),
        ({"category": "risk", "forecaster": "model"}, "by_model"),
        ({"category": "risk", "version": 7}, "changed_meanwhile"),
    ],
)
def test_what_cannot_be(
    renewal: Renewal, actor: Actor, change: dict[str, object], code: str
) -> None:
    values = {"forecaster": "csm", "version": None, **change}
    with pytest.raises(DomainError) as caught:
        set_forecast(actor=actor, now=NOW, renewal_id=renewal.pk, **values)
    assert caught.value.code == code
    assert not RenewalForecast.objects.exists()


def test_nothing_is_forecast_of_what_is_closed(renewal: Renewal, actor: Actor) -> None:
    enter_lost(actor=actor, now=NOW, renewal_id=renewal.pk, version=None, reason="price")
    with pytest.raises(DomainError) as caught:
        set_forecast(
            actor=actor, now=NOW, renewal_id=renewal.pk, version=None, forecaster="csm",
            category="risk",
        )  # fmt: skip
    assert caught.value.code == "closed"
