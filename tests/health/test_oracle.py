"""The SQL against the definitions, on generated small worlds: now, and as of a past day."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Workspace
from cs_platform.core.clock import day_end, local_date
from health.models import AccountCurrent, ScoreDay
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.health import oracle
from tests.health.world import (
    LOGIN,
    NOW,
    TODAY,
    TOKYO,
    Contact,
    Entry,
    Firm,
    Grade,
    Use,
    ago,
    at,
    store,
)

MICROSECOND = dt.timedelta(microseconds=1)


@st.composite
def uses(draw: Any) -> Use:
    day = ago(draw(st.integers(0, 150)))
    happened = at(day, draw(st.sampled_from([0, 9, 13])))
    known = happened + dt.timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 7, 40])))
    name = draw(st.sampled_from([LOGIN, "Report Opened", "Export Made"]))
    return Use(draw(st.sampled_from(["u1", "u2", "u3"])), name, happened, min(known, NOW))


@st.composite
def contacts(draw: Any) -> Contact:
    happened = at(ago(draw(st.integers(1, 150))))
    known = happened + dt.timedelta(days=draw(st.sampled_from([0, 3, 60])))
    return Contact(draw(st.sampled_from(["call_out", "note"])), happened, min(known, NOW))


@st.composite
def grades(draw: Any) -> Grade:
    kind, scale, lowest = draw(
        st.sampled_from([("nps", 10, 0), ("csat", 5, 1), ("ces", 5, 1), ("ces", 7, 1)])
    )
    happened = at(ago(draw(st.integers(1, 420)))) + dt.timedelta(seconds=draw(st.integers(0, 999)))
    known = min(happened + dt.timedelta(days=draw(st.sampled_from([0, 0, 3, 60]))), NOW)
    changed = None
    if draw(st.booleans()):
        when = min(known + dt.timedelta(days=draw(st.integers(0, 30))), NOW)
        changed = (draw(st.integers(lowest, scale)), when)
    person = draw(st.sampled_from(["", "anna", "ben"]))
    is_robot = draw(st.sampled_from([False, False, False, True]))
    score = draw(st.integers(lowest, scale))
    return Grade(kind, scale, score, happened, known, person, is_robot, changed)


@st.composite
def ledgers(draw: Any) -> list[Entry]:
    entries = []
    for contract in ("a", "b")[: draw(st.integers(0, 2))]:
        months = draw(st.sampled_from([1, 12]))
        term = draw(st.none() | st.integers(1, 400).map(lambda n: TODAY + dt.timedelta(days=n)))
        day = ago(draw(st.integers(60, 500)))
        for kind in [
            "new",
            *draw(st.lists(st.sampled_from(["terms", "notice", "churn"]), max_size=2)),
        ]:
            known = at(day) + dt.timedelta(days=draw(st.sampled_from([0, 30])))
            amount = Decimal(0) if kind == "churn" else Decimal(draw(st.integers(1, 9)) * 10_000)
            notice = day if kind == "notice" else None
            entries.append(Entry(contract, day, known, amount, term, kind, months, notice))
            day += dt.timedelta(days=draw(st.integers(1, 25)))
            if kind == "churn":
                break
    return entries


@st.composite
def firms(draw: Any, name: str) -> Firm:
    started = draw(st.none() | st.integers(0, 300).map(ago))
    due = started and started + dt.timedelta(days=30)
    done = draw(st.none() | st.integers(0, 90)) if started else None
    return Firm(
        name,
        seats=draw(st.none() | st.integers(0, 8)),
        stage=draw(st.sampled_from(["adoption", "adoption", "onboarding", "churned"])),
        started_on=started,
        due_on=due,
        completed_on=started + dt.timedelta(days=done) if started and done is not None else None,
        uses=draw(st.lists(uses(), max_size=25)),
        contacts=draw(st.lists(contacts(), max_size=3)),
        ledger=draw(ledgers()),
        grades=draw(st.lists(grades(), max_size=6, unique_by=lambda g: g.happened_at)),
    )


worlds = st.tuples(firms("alpha"), firms("beta"), firms("gamma")).map(list)
in_worlds = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def _check(rows: dict[int, ScoreDay], stored: dict[str, Account], expected: dict) -> None:
    assert {a.external_id for a in stored.values() if a.pk in rows} == set(expected)
    for name, verdict in expected.items():
        row = rows[stored[name].pk]
        assert row.raw == verdict.raw, name
        assert row.points == pytest.approx(verdict.points, abs=1e-4), name
        assert (row.score, row.band, row.coverage) == (
            verdict.score, verdict.band, verdict.coverage
        ), (name, row.points)  # fmt: skip
        assert sorted(row.exceptions) == sorted(verdict.exceptions)
        assert row.churn_probability == verdict.probability
        assert (row.expected_loss, row.mrr) == (verdict.expected_loss, verdict.mrr)


@in_worlds
@given(world=worlds)
def test_the_present(world: list[Firm], scoped: Workspace) -> None:
    with transaction.atomic():
        stored = store(world)
        roll_up_usage(NOW)
        score_accounts(now=NOW)
        rows = {row.account_id: row for row in ScoreDay.objects.filter(day=TODAY)}
        _check(rows, stored, oracle.judge(world, TODAY, NOW))
        for current in AccountCurrent.objects.all():
            row = rows.get(current.account_id)
            assert current.score == (row.score if row else None)
            assert current.spark[-1] == current.score
        transaction.set_rollback(True)


@in_worlds
@given(world=worlds, days_ago=st.integers(1, 45))
def test_a_past_day_knows_what_was_known_then(
    world: list[Firm], days_ago: int, scoped: Workspace
) -> None:
    day = ago(days_ago)
    with transaction.atomic():
        stored = store(world)
        roll_up_usage(NOW)
        score_past_day(day=day, now=NOW)
        rows = {row.account_id: row for row in ScoreDay.objects.filter(day=day)}
        _check(rows, stored, oracle.judge(world, day, day_end(day, TOKYO) - MICROSECOND))
        transaction.set_rollback(True)


@in_worlds
@given(
    world=worlds,
    later=st.lists(st.tuples(st.integers(0, 2), uses()), max_size=6),
    passed=st.integers(0, 6 * 60).map(lambda minutes: dt.timedelta(minutes=minutes)),
)
def test_incremental_equals_full(
    world: list[Firm], later: list[tuple[int, Use]], passed: dt.timedelta, scoped: Workspace
) -> None:
    from tests.health.world import add_uses

    with transaction.atomic():
        stored = list(store(world).values())
        roll_up_usage(NOW)
        score_accounts(now=NOW)
        for index, one in later:
            add_uses(stored[index], [one])
        now = NOW + passed
        assert local_date(now, TOKYO) == TODAY
        used = sorted(roll_up_usage(now))
        score_accounts(now=now, account_ids=used, used_ids=used)
        compared = ("account_id", "score", "raw", "points", "band", "churn_probability")
        incremental = list(ScoreDay.objects.order_by("account_id").values_list(*compared))
        current = list(AccountCurrent.objects.order_by("pk").values())
        assert score_accounts(now=now) == 0
        assert list(ScoreDay.objects.order_by("account_id").values_list(*compared)) == incremental
        assert list(AccountCurrent.objects.order_by("pk").values()) == current
        transaction.set_rollback(True)
