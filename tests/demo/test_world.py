"""The generated world is the same for a seed, looks like one, and its churn has causes."""

import datetime as dt
import unicodedata
from collections import Counter
from functools import cache

import numpy as np
import pytest

from cs_platform.demo.calendar import is_day_off, japanese_holidays, workload
from cs_platform.demo.firms import UTC_OFFSET, make_firm
from cs_platform.demo.usage import Event
from cs_platform.demo.world import Customer, Settings, World

TODAY = dt.date(2026, 4, 15)


@cache
def world() -> World:
    return World(Settings(accounts=120, events=60_000, months=12, seed=3, today=TODAY))


@cache
def customers() -> tuple[Customer, ...]:
    return tuple(world().customers())


@cache
def events() -> tuple[tuple[Event, ...], ...]:
    shares = world().shares().tolist()
    return tuple(tuple(world().events(number, share)) for number, share in enumerate(shares))


def _local_day(event: Event, country: str) -> dt.date:
    return dt.datetime.fromtimestamp(event.happened_at + 3600 * UTC_OFFSET[country], dt.UTC).date()


def test_the_same_seed_gives_the_same_world() -> None:
    again = World(world().settings)
    assert [again.customer(number) for number in (0, 7, 119)] == [
        customers()[number] for number in (0, 7, 119)
    ]
    share = int(again.shares()[7])
    assert tuple(again.events(7, share)) == events()[7]
    assert again.members == world().members
    assert again.rates == world().rates


def test_another_seed_gives_another_world() -> None:
    other = World(Settings(accounts=120, events=60_000, months=12, seed=4, today=TODAY))
    assert other.customer(0).life != customers()[0].life


def test_an_account_does_not_depend_on_how_many_there_are() -> None:
    smaller = World(Settings(accounts=60, events=30_000, months=12, seed=3, today=TODAY))
    assert smaller.customer(11) == customers()[11]


def test_there_are_exactly_as_many_events_as_asked_for() -> None:
    assert sum(map(len, events())) == 60_000
    assert len({event.message_id for account in events() for event in account}) == 60_000


def test_events_lie_in_the_window_in_order_and_in_contract() -> None:
    start = int(dt.datetime.combine(world().settings.since, dt.time(), dt.UTC).timestamp())
    # midnight in Japan, where today begins
    end = int(dt.datetime.combine(TODAY, dt.time(), dt.UTC).timestamp()) - 9 * 3600
    for customer, account in zip(customers(), events(), strict=True):
        times = [event.happened_at for event in account]
        assert times == sorted(times)
        assert all(start - 86_400 <= at < end for at in times)
        country = customer.firm.country
        for event in account[:: max(1, len(account) // 20)]:
            day = _local_day(event, country)
            assert any(since <= day < until for since, until in customer.life.in_use)


def test_people_work_on_weekdays_and_not_in_golden_week() -> None:
    by_day = Counter(
        _local_day(event, "JP")
        for customer, account in zip(customers(), events(), strict=True)
        if customer.firm.country == "JP"
        for event in account
    )
    days = [world().settings.since + dt.timedelta(days=n) for n in range(365)]
    working = [by_day[day] for day in days if not is_day_off(day, "JP")]
    weekend = [by_day[day] for day in days if day.weekday() >= 5]
    assert np.mean(weekend) < 0.15 * np.mean(working)
    golden = [by_day[dt.date(2025, 5, day)] for day in (3, 4, 5, 6)]
    assert np.mean(golden) < 0.2 * np.mean(working)
    obon = [by_day[dt.date(2025, 8, day)] for day in (13, 14, 15)]
    assert np.mean(obon) < 0.4 * np.mean(working)


@pytest.mark.parametrize(
    ("year", "holidays"),
    [
        # as announced by the Cabinet Office
        (
            2025,
            "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 "
            "1103 1123 1124",
        ),
        (
            2026,
            "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 "
            "1103 1123",
        ),
    ],
)
def test_japanese_holidays(year: int, holidays: str) -> None:
    assert {f"{day:%m%d}" for day in japanese_holidays(year)} == set(holidays.split())


def test_a_weekday_counts_for_more_than_any_day_off() -> None:
    assert workload(dt.date(2026, 7, 22), "JP") > 10 * workload(dt.date(2026, 7, 20), "JP")


def test_names_are_unique_and_have_readings_in_katakana() -> None:
    firms = [make_firm(number, np.random.default_rng((1, number, 0))) for number in range(5_000)]
    assert len({firm.name for firm in firms}) == 5_000
    assert len({firm.domain for firm in firms}) == 5_000
    people = [person for customer in customers() for person in customer.people]
    for reading in [firm.name_reading for firm in firms] + [p.name_reading for p in people]:
        assert reading.strip()
        assert all(
            unicodedata.name(letter).startswith("KATAKANA") or letter in " ・" for letter in reading
        ), reading


def test_nobody_real_can_be_reached() -> None:
    for customer in customers():
        assert customer.firm.domain.endswith(".example")
        for person in customer.people:
            assert person.email.endswith(f"@{customer.firm.domain}")
            assert person.email.isascii()
            assert person.phone.startswith("+")
            if customer.firm.country == "JP":
                assert "-0000-" in person.phone


def test_each_ledger_is_a_possible_life() -> None:
    for customer in customers():
        assert customer.life.contracts
        last_end = None
        for number, contract in enumerate(customer.life.contracts):
            kinds = [entry.kind for entry in contract.entries]
            if number == 0:
                assert kinds[0] == "new"
            else:
                assert kinds[0] in ("cross_sell", "reactivation")
            if kinds[0] == "reactivation":
                assert last_end is not None
                assert contract.starts_on > last_end
            last_end = contract.ended_on
            assert not {"new", "cross_sell", "reactivation"} & set(kinds[1:])
            assert "churn" not in kinds[:-1]
            for before, after in zip(contract.entries, contract.entries[1:], strict=False):
                assert before.effective_on <= after.effective_on
                if after.kind == "upsell":
                    assert after.terms.mrr > before.terms.mrr
                if after.kind == "contraction":
                    assert after.terms.mrr < before.terms.mrr
                if after.kind == "notice_withdrawn":
                    assert before.kind == "notice"
            for entry in contract.entries:
                assert entry.effective_on <= TODAY
                assert entry.terms.mrr > 0
                assert entry.terms.seats >= 1
                if entry.kind == "churn":
                    assert entry.last_paid_on == entry.effective_on - dt.timedelta(days=1)
                    assert entry.reason
                    assert entry.note


def test_stages_begin_with_onboarding_and_end_with_the_contract() -> None:
    for customer in customers():
        stages = customer.life.stages
        assert stages[0] == (customer.life.starts_on, "onboarding")
        assert [day for day, _stage in stages] == sorted(day for day, _stage in stages)
        running = [contract.ended_on is None for contract in customer.life.contracts]
        is_over = not any(running)
        assert (stages[-1][1] == "churned") == is_over


def test_conversations_are_in_the_customers_language() -> None:
    talks = [(customer.firm.language, talk) for customer in customers() for talk in customer.talks]
    assert len(talks) > 500
    for language, talk in talks:
        is_japanese = any("HIRAGANA" in unicodedata.name(letter, "") for letter in talk.summary)
        assert is_japanese == (language == "ja")
        assert talk.happened_at.date() < TODAY
        assert (talk.next_step_on is not None) == bool(talk.next_step)


def _area_under_curve(risk: list[float], outcome: list[bool]) -> float:
    """Chance that one who left had the higher risk than one who stayed; ties count half."""
    scores, left = np.array(risk), np.array(outcome)
    gone, stayed = scores[left][:, None], scores[~left][None, :]
    return float(((gone > stayed) + 0.5 * (gone == stayed)).mean())


def _decisions(accounts: int) -> list[tuple[float, int, bool]]:
    """(fall of usage before, days without contact before, left) of yearly decisions."""
    made = World(Settings(accounts, accounts * 900, 18, 11, TODAY))
    shares, since = made.shares().tolist(), made.settings.since
    found = []
    for number, share in enumerate(shares):
        life = made.life(number)
        if life.contracts[0].entries[0].terms.term_months is None:
            continue
        times = np.array([event.happened_at for event in made.events(number, share)])
        for day, has_left in life.decisions:
            if (day - since).days < 120:
                continue
            at = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
            last = ((times < at) & (times >= at - 28 * 86_400)).sum() / 28
            before = ((times < at - 28 * 86_400) & (times >= at - 118 * 86_400)).sum() / 90
            talks = [touch.day for touch in life.touches if touch.day < day]
            silence = (day - talks[-1]).days if talks else (day - life.starts_on).days
            found.append((float(np.log((before + 0.05) / (last + 0.05))), silence, has_left))
    return found


def test_those_who_leave_use_less_before_and_were_left_alone() -> None:
    falls, silences, left = zip(*_decisions(500), strict=True)
    assert 0.08 < np.mean(left) < 0.35
    assert _area_under_curve(list(falls), list(left)) > 0.75
    assert _area_under_curve(list(map(float, silences)), list(left)) > 0.6
