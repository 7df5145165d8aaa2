"""The workers' round: what changed, once a day everything; two at once; killed anywhere."""

import datetime as dt

import pytest

from accounts.actions.accounts import create_account
from accounts.actions.contracts import renew_subscription, start_subscription
from accounts.actors import Actor
from accounts.models import Product, Subscription, Workspace
from cs_platform import pipeline
from cs_platform.core import tenancy
from health.renewals.actions import refresh
from health.renewals.actions.refresh import has_work, refresh_renewals
from health.renewals.models import QuarterOutlook, Renewal, RenewalForecast, RenewalNote
from tests.renewals.conftest import NOW, at, day

MINUTE = dt.timedelta(minutes=1)
ACTOR = Actor.system("tests")


def contract(name: str, now: dt.datetime = NOW, **terms: object) -> Subscription:
    product, _made = Product.objects.get_or_create(code="core", defaults={"name": "Core"})
    account = create_account(actor=ACTOR, now=now, external_id=name, name=name, stage="adoption")
    return start_subscription(
        actor=ACTOR, now=now, account=account, external_id=name, product=product,
        starts_on=day("2026-01-01"), term_months=12, unit_price=100, **terms,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_first_round_makes_everything_and_the_next_nothing(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        contract("S-1")
    pipeline.refresh_workspace(workspace.pk, NOW)
    with tenancy.scope(workspace.pk):
        assert has_work(NOW)
    first = refresh_renewals(workspace.pk, NOW)
    assert (first.derived, first.forecast) == (1, 1)
    second = refresh_renewals(workspace.pk, NOW + MINUTE)
    assert (second.derived, second.forecast) == (0, 0)
    refresh_renewals(workspace.pk, NOW + 10 * MINUTE)  # past the overlap of two looks
    with tenancy.scope(workspace.pk):
        assert not has_work(NOW + 11 * MINUTE)
        row = Renewal.objects.get()
        assert row.model_probability == pytest.approx(1 - row.churn_probability)
        assert QuarterOutlook.objects.filter(cut="all").count() == 6


@pytest.mark.django_db
def test_an_entry_dated_ahead_is_found_though_the_contract_looks_the_same(
    workspace: Workspace,
) -> None:
    with tenancy.scope(workspace.pk):
        subscription = contract("S-1")
    refresh_renewals(workspace.pk, NOW)
    later = NOW + dt.timedelta(hours=2)
    with tenancy.scope(workspace.pk):
        before = subscription.updated_at
        renew_subscription(actor=ACTOR, now=later, subscription=subscription)
        assert subscription.updated_at == before
        assert has_work(later + MINUTE)
    refresh_renewals(workspace.pk, later + MINUTE)
    with tenancy.scope(workspace.pk):
        assert [row.step for row in Renewal.objects.all()] == ["renewed"]


@pytest.mark.django_db
def test_a_new_day_looks_at_everything(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        contract("S-1")
        refresh_renewals(workspace.pk, NOW)
        # what nobody wrote: the days of grace run out
    for now, step in ((at("2027-01-15"), "untouched"), (at("2027-02-02"), "lost")):
        pipeline.refresh_workspace(workspace.pk, now)
        refresh_renewals(workspace.pk, now)
        with tenancy.scope(workspace.pk):
            assert Renewal.objects.get().step == step


@pytest.mark.django_db
def test_killed_anywhere_the_next_round_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenancy.scope(workspace.pk):
        for number in range(7):
            contract(f"S-{number}")
    monkeypatch.setattr(refresh, "BATCH", 2)

    def die(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    for name in ("derive_renewals", "keep_model_forecasts", "keep_outlook", "keep_calibrations"):
        with monkeypatch.context() as broken:
            broken.setattr(refresh, name, die)
            with pytest.raises(KeyboardInterrupt):
                refresh_renewals(workspace.pk, NOW)
        with tenancy.scope(workspace.pk):
            assert has_work(NOW), name
    refresh_renewals(workspace.pk, NOW)
    with tenancy.scope(workspace.pk):
        assert Renewal.objects.count() == 7
        assert not RenewalNote.objects.exists()
        assert RenewalForecast.objects.count() == len(
            set(RenewalForecast.objects.values_list("renewal", "day"))
        )


@pytest.mark.django_db
def test_a_workspace_without_contracts_has_no_work(scoped: Workspace) -> None:
    assert not has_work(NOW)
