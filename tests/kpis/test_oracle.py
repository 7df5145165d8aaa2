"""The SQL against the oracle on ledgers nobody thought of, and the properties that must hold."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions.accounts import upsert_accounts
from accounts.actions.contracts import reactivate_subscription
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.models import Subscription, Workspace
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import Settings
from metrics.kpis.queries.figures import current_figures, cut
from metrics.kpis.queries.periods import find_period
from metrics.kpis.queries.revenue import bridge
from tests.kpis.conftest import ACTOR, NOW, Book
from tests.kpis.oracle import ONE_DAY, Contract, Life, figures

_BEGIN = dt.date(2024, 9, 1)


@st.composite
def days(draw: Any, most: int) -> dt.timedelta:
    """Some days; boundaries of months come up as often as anything else."""
    return dt.timedelta(days=draw(st.integers(1, most)))


@st.composite
def contracts(draw: Any) -> dict[str, Any]:
    """What happens to a contract, in order."""
    start = _BEGIN + dt.timedelta(days=draw(st.integers(0, 450)))
    if draw(st.booleans()) or start.day > 28:
        start = start.replace(day=1)
    revenue = draw(st.sampled_from([0, 10, 50, 100]))
    told: dict[str, Any] = {
        "start": start,
        "revenue": revenue,
        "term_months": draw(st.sampled_from([None, 1, 3, 12])),
        "changes": [],
        "end": None,
        "again": None,
    }
    day = start
    for _number in range(draw(st.integers(0, 2))):
        day += draw(days(150))
        if draw(st.booleans()):
            day = day.replace(day=1) if day.replace(day=1) > start else day
        told["changes"].append((day, draw(st.sampled_from([0, 20, 50, 120])), draw(st.booleans())))
    told["changes"] = sorted({c[0]: c for c in told["changes"]}.values())
    if draw(st.booleans()):
        last = max([start, *(c[0] for c in told["changes"])]) + draw(days(120))
        if draw(st.booleans()):
            last = last.replace(day=1) - ONE_DAY if last.replace(day=1) > day else last
        last = max(last, start, *(c[0] for c in told["changes"]))
        told["end"] = last
        if draw(st.booleans()):
            told["again"] = (last + draw(days(60)), draw(st.sampled_from([30, 70])))
    return told


@st.composite
def accounts(draw: Any) -> dict[str, Any]:
    """An account with up to three contracts and perhaps an onboarding."""
    found = draw(st.lists(contracts(), min_size=1, max_size=3))
    start = min(contract["start"] for contract in found)
    begun = start + dt.timedelta(days=draw(st.integers(-10, 30)))
    completed = begun + draw(days(200)) if draw(st.booleans()) else None
    return {
        "contracts": sorted(found, key=lambda contract: contract["start"]),
        "onboarding": (begun, completed) if draw(st.booleans()) else None,
        "segment": draw(st.sampled_from(["", "small", "enterprise"])),
    }


def tell(story: list[dict[str, Any]]) -> list[Life]:  # noqa: PLR0912
    """Put the story into the ledger, and tell it to the oracle."""
    lives = []
    for number, account in enumerate(story):
        identity = f"A{number}"
        item: dict[str, Any] = {
            "external_id": identity, "name": identity, "segment": account["segment"],
            "happened_at": "2024-01-01T00:00:00+00:00",
        }  # fmt: skip
        if account["onboarding"]:
            begun, completed = account["onboarding"]
            item["onboarding_started_on"] = begun.isoformat()
            if completed:
                item["onboarding_completed_on"] = completed.isoformat()
        (result,) = upsert_accounts(actor=ACTOR, now=NOW, items=[item], is_historical=True)
        assert not result.problems, result.problems
        life = Life(onboarding=account["onboarding"])
        operations: list[tuple[dt.date, int, int, str, Any]] = []
        for index, told in enumerate(account["contracts"]):
            operations.append((told["start"], index, 0, "start", told))
            for change in told["changes"]:
                operations.append((change[0], index, 1, "change", change))
            if told["end"]:
                operations.append((told["end"] + ONE_DAY, index, 2, "end", told["end"]))
            if told["again"]:
                operations.append((told["again"][0], index, 3, "again", told["again"]))
        made: dict[int, Contract] = {}
        seats: dict[int, int] = {}
        for day, index, _order, what, detail in sorted(operations, key=lambda o: o[:3]):
            name = f"{identity}-{index}"
            stated: dict[str, Any] = {
                "external_id": name,
                "account_external_id": identity,
                "product": f"product-{index}",
                "effective_on": day,
            }
            if what == "start":
                seats[index] = 5
                is_cross = any(other.is_active(day) for other in made.values())
                made[index] = Contract(
                    {day: (detail["revenue"], False)}, [(day, None)], detail["term_months"],
                    is_cross,
                )  # fmt: skip
                stated |= {"starts_on": day, "mrr": detail["revenue"], "seats": 5}
                if detail["term_months"]:
                    stated |= {"term_months": detail["term_months"], "auto_renew": True}
            elif what == "change":
                _day, revenue, more = detail
                before = made[index].revenue(day - ONE_DAY)
                seats[index] += more
                made[index].steps[day] = (revenue, more and revenue >= before)
                stated |= {"mrr": revenue, "seats": seats[index]}
            elif what == "end":
                first, _last = made[index].stretches[-1]
                made[index].stretches[-1] = (first, detail)
                stated["ended_on"] = detail
            else:
                made[index].stretches.append((day, None))
                made[index].steps[day] = (detail[1], False)
                reactivate_subscription(
                    actor=ACTOR, now=NOW, is_historical=True, effective_on=day,
                    subscription=Subscription.objects.get(external_id=name),
                    mrr=Decimal(detail[1]),
                )  # fmt: skip
                continue
            (result,) = upsert_subscriptions(
                actor=ACTOR, now=NOW, items=[stated], is_historical=True
            )
            assert not result.problems, (stated, result.problems)
        life.contracts = list(made.values())
        lives.append(life)
    return lives


class _RolledBack(Exception):
    """Ends an example; nothing of it stays."""


@pytest.mark.timeout(600)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    story=st.lists(accounts(), min_size=1, max_size=5),
    kind=st.sampled_from(["month", "quarter", "year", "trailing12"]),
    month=st.integers(0, 18),
    rule=st.sampled_from(Settings.FirstDay.values),
)
def test_the_sql_says_what_the_oracle_says(
    scoped: Workspace, story: list[dict[str, Any]], kind: str, month: int, rule: str
) -> None:
    try:
        with transaction.atomic():
            _compare(Book(scoped), story, kind, month, rule)
            raise _RolledBack
    except _RolledBack:
        pass


def _compare(book: Book, story: list[dict[str, Any]], kind: str, month: int, rule: str) -> None:
    Settings.objects.create(first_day=rule, onboarding_target_days=60)
    lives = tell(story)
    inside = dt.date(2024, 9 + month, 15) if month < 4 else None
    if inside is None:
        index = 8 + month
        inside = dt.date(2024 + index // 12, index % 12 + 1, 15)
    period = book.period(kind, inside.isoformat())
    found = current_figures(period, [*KPIS, "bridge"])
    wanted = figures(
        lives, period.starts_on, period.ends_on, target_days=60,
        includes_first_day=rule == Settings.FirstDay.OPENING,
    )  # fmt: skip
    for name, (numerator, denominator) in wanted.items():
        if name.startswith("bridge") or name == "tenure":
            continue
        figure = found.get(name)
        if figure is None:
            assert denominator == 0, (name, wanted[name])
            continue
        got = (figure.numerator, figure.denominator or 0)
        assert got == (numerator, denominator), (name, got, wanted[name])
    _properties(book, period, found, wanted)


def _properties(book: Any, period: Any, found: Any, wanted: Any) -> None:
    steps = {step.key: step for step in bridge(period).steps}  # type: ignore[union-attr]
    moved = ("new", "reactivation", "expansion", "contraction", "churn")
    assert steps["start"].amount + sum(steps[key].amount for key in moved) == steps["end"].amount
    assert steps["new"].amount == wanted.get("bridge-new", (0, 0))[0]
    assert steps["reactivation"].amount == wanted.get("bridge-reactivation", (0, 0))[0]
    assert steps["end"].amount == found["mrr"].numerator
    if "grr" in found and found["grr"].figure is not None:
        assert found["grr"].figure <= 1
        expanded = steps["expansion"].amount / steps["start"].amount
        assert found["nrr"].figure - found["grr"].figure == pytest.approx(float(expanded))
    for dimension in ("segment", "plan", "cohort", "cohort_quarter", "owner"):
        for kpi in ("customers", "mrr", "customer-churn", "revenue-churn-gross"):
            parts = cut(kpi, period, dimension)
            if kpi in found:
                assert sum(part.numerator or 0 for part in parts) == found[kpi].numerator
                assert sum(part.denominator or 0 for part in parts) == (found[kpi].denominator or 0)
    for figure in found.values():
        if figure.low is not None and figure.figure is not None and figure.high is not None:
            assert figure.low <= figure.figure <= figure.high
    assert find_period(period.kind, period.starts_on) == period
