"""Whole rows with figures worked by hand, edges of bands and coverage, and the passing of days."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import Error, transaction

from accounts.actions.dirty import mark_dirty
from accounts.models import Account, DirtyAccount, Workspace
from cs_platform import pipeline
from cs_platform.core.tenancy import scope
from health.measures import MEASURES
from health.models import AccountCurrent, Scorecard, ScorecardVersion, ScoreDay, ScoringClock
from health.queries import explain, history
from health.scorecards import published_version
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.health.world import (
    LOGIN,
    NOW,
    TODAY,
    Contact,
    Entry,
    Firm,
    Grade,
    add_uses,
    ago,
    at,
    store,
    use,
)

OLD = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def _scored(*firms: Firm) -> dict[str, ScoreDay]:
    stored = store(list(firms))
    roll_up_usage(NOW)
    score_accounts(now=NOW)
    names = {account.pk: name for name, account in stored.items()}
    return {names[row.account_id]: row for row in ScoreDay.objects.filter(day=TODAY)}


def _raw(row: ScoreDay, key: str) -> float | None:
    return dict(zip([m.key for m in MEASURES], row.raw, strict=True))[key]


def _points(row: ScoreDay, key: str) -> float | None:
    return dict(zip([m.key for m in MEASURES], row.points, strict=True))[key]


def test_the_first_events_of_a_workspace_rank_everybody(scoped: Workspace) -> None:
    """On the day the events begin, nobody waits until midnight to be ranked among peers."""
    stored = store([Firm("Kita"), Firm("Minami"), Firm("Nishi")])
    score_accounts(now=NOW)
    kita, minami = stored["Kita"], stored["Minami"]
    add_uses(kita, [use(0, name="Export")])
    score_accounts(now=NOW, account_ids=sorted(roll_up_usage(NOW)))
    add_uses(minami, [use(0, name="Export"), use(0, name="Report")])
    score_accounts(now=NOW, account_ids=sorted(roll_up_usage(NOW)))
    rows = {row.account_id: row for row in ScoreDay.objects.filter(day=TODAY)}
    # Kita's one feature is all there is to be ranked by: the middle
    assert _points(rows[kita.pk], "feature_breadth") == 50
    assert _points(rows[minami.pk], "feature_breadth") == 50
    assert score_accounts(now=NOW) == 0


def test_every_measure_by_hand(scoped: Workspace) -> None:
    uses = (
        # 84 days of baseline, two events a day: 168
        [use(n) for n in range(29, 113) for _ in range(2)]
        # 28 days, one event on each of the last 14 complete ones: 14 ÷ 28 = 0.5 against 2 a day
        + [use(n) for n in range(1, 15)]
        # today, by a second user: two log-ins and another feature
        + [use(0, user="u2", name=LOGIN), use(0, user="u2", name=LOGIN), use(0, name="Export")]
    )
    firm = Firm(
        "Kita",
        seats=5,
        started_on=ago(60),
        due_on=ago(44),
        completed_on=ago(30),
        uses=uses,
        contacts=[
            Contact("call_out", at(ago(45)), at(ago(45))),
            Contact("note", at(ago(1)), at(ago(1))),
        ],
        ledger=[
            Entry("a", ago(300), OLD, Decimal(100_000), TODAY + dt.timedelta(days=60), "new", 12),
            Entry(
                "a", ago(20), OLD, Decimal(90_000), TODAY + dt.timedelta(days=60), billing_months=12
            ),
        ],
        grades=[
            # a promoter, whose older answer no longer counts, and a detractor
            Grade("nps", 10, 0, at(ago(200)), at(ago(200)), "anna"),
            Grade("nps", 10, 10, at(ago(10)), at(ago(10)), "anna"),
            Grade("nps", 10, 5, at(ago(10)), at(ago(10)), "ben"),
            # too old, and a robot's
            Grade("csat", 5, 1, at(ago(365)), at(ago(365)), "anna"),
            Grade("csat", 5, 1, at(ago(3)), at(ago(3)), is_robot=True),
            Grade("csat", 5, 4, at(ago(364)), at(ago(364))),
            Grade("csat", 5, 5, at(ago(9)), at(ago(9))),
            # no effort at all, from 1 to 7, and much of it, from 1 to 5
            Grade("ces", 7, 7, at(ago(9)), at(ago(9)), "anna"),
            Grade("ces", 5, 4, at(ago(8)), at(ago(8)), "ben"),
        ],
    )
    row = _scored(firm)["Kita"]
    by_hand = {
        "usage_trend": (25.0, 12.5),
        "active_users": (40.0, 56.6667),  # 2 of 5; 30 + 40 × 20 ÷ 30
        "active_days": (15.0, 82.5),  # 14 and today
        "feature_breadth": (3.0, 50.0),  # alone among its peers: in their middle
        "login_count": (2.0, 50.0),
        "login_frequency": (0.25, 10.0),  # 2 ÷ 2 users ÷ 4 weeks
        "last_seen": (0.0, 100.0),
        "last_contact": (45.0, 67.5),
        "onboarding_lateness": (14.0, 60.0),
        "contract_trend": (90.0, 57.5),
        "renewal_distance": (60.0, 65.0),
        "nps": (0.0, 50.0),
        "csat": (4.5, 87.5),
        "ces": (2.5, 65.0),
    }
    for key, expected in by_hand.items():
        assert (_raw(row, key), _points(row, key)) == expected, key
    # 250 + 850.0005 + 825 + 500 + 250 + 100 + 1500 + 675 + 600 + 575 + 325 = 6450 over 120,
    # and 500 + 437.5 + 325 over 20
    assert (row.score, row.band, row.coverage) == (55, "yellow", 1.0)
    # yellow 0.20 × within 90 days 1.25, of 12 × 90,000
    assert (row.churn_probability, row.expected_loss) == (0.25, Decimal(270_000))
    assert row.mrr == 90_000


@pytest.mark.parametrize(
    ("contact_days", "score", "band"),
    # last contact alone: points fall from 85 to 50 between 30 and 60 days, 20 at 90
    [(30, 85, "green"), (43, 70, "green"), (44, 69, "yellow"), (70, 40, "yellow"), (71, 39, "red")],
)
def test_bands_are_read_off_the_whole_number(
    scoped: Workspace, contact_days: int, score: int, band: str
) -> None:
    _version(weights={"last_contact": 1}, minimum_coverage=1)
    day = ago(contact_days)
    row = _scored(Firm("Kita", contacts=[Contact("email", at(day), at(day))]))["Kita"]
    # 43 days: 69.8333 is 70 and green; 44: 68.6667; 70: exactly 40; 71: 39
    assert (row.score, row.band) == (score, band)


def test_a_half_rounds_up(scoped: Workspace) -> None:
    _version(weights={"last_contact": 1}, points={"last_contact": [[0, 69], [10, 70]]})
    row = _scored(Firm("Kita", contacts=[Contact("email", at(ago(5)), at(ago(5)))]))["Kita"]
    assert (row.points[7], row.score, row.band) == (69.5, 70, "green")


@pytest.mark.parametrize(("minimum", "score"), [(0.4, 100), (0.4001, None)])
def test_coverage_decides_whether_there_is_a_score(
    scoped: Workspace, minimum: float, score: int | None
) -> None:
    _version(weights={"last_contact": 4, "renewal_distance": 6}, minimum_coverage=minimum)
    row = _scored(Firm("Kita", contacts=[Contact("email", at(ago(1)), at(ago(1)))]))["Kita"]
    assert (row.coverage, row.score) == (0.4, score)
    assert row.band == ("green" if score else "")
    assert row.churn_probability == (0.025 if score else 0.06)


def test_exceptions_hold_the_score_down_and_say_so(scoped: Workspace) -> None:
    _version(weights={"last_contact": 1}, exceptions=True)
    seen = [Contact("call_in", at(ago(2)), at(ago(2)))]
    term = TODAY + dt.timedelta(days=400)
    new = Entry("a", ago(300), OLD, Decimal(1000), term, "new", 12)
    notice = Entry("a", ago(3), OLD, Decimal(1000), term, "notice", 12, ago(3))
    rows = _scored(
        Firm("given", contacts=seen, ledger=[new, notice]),
        Firm("silent", contacts=seen, uses=[use(45)]),
        Firm("nearly silent", contacts=seen, uses=[use(44)]),
    )
    assert (rows["given"].score, rows["given"].exceptions) == (30, ["notice_given"])
    assert rows["given"].churn_probability == 0.9
    assert (rows["silent"].score, rows["silent"].exceptions) == (39, ["silent"])
    assert (rows["nearly silent"].score, rows["nearly silent"].exceptions) == (100, [])


def test_percentiles_share_ties_fairly(scoped: Workspace) -> None:
    def firm(name: str, features: int) -> Firm:
        return Firm(name, uses=[use(1, name=f"Feature {n}") for n in range(features)])

    rows = _scored(firm("a", 1), firm("b", 1), firm("c", 1), firm("d", 1), firm("e", 9))
    ranks = {name: _points(row, "feature_breadth") for name, row in rows.items()}
    # percentiles 0…75 are 1, then rise to 9: the ties rank in the middle of 76 of 101
    assert ranks["a"] == ranks["d"] == pytest.approx(100 * 38 / 101, abs=1e-4)
    assert ranks["e"] == pytest.approx(100 * 100.5 / 101, abs=1e-4)


def test_prospects_and_churned_accounts_have_no_score(scoped: Workspace) -> None:
    uses = [use(n) for n in range(40)]
    rows = _scored(Firm("gone", stage="churned", uses=uses), Firm("to be", stage="prospect"))
    assert rows == {}
    for current in AccountCurrent.objects.all():
        assert (current.score, current.coverage, current.band) == (None, None, "")


def test_the_trend_moves_the_prior(scoped: Workspace) -> None:
    _version(weights={"last_contact": 1})
    # 30 days ago last contact was 10 days old (100 points); now 40 days (73.3): a fall of 27
    stored = store([Firm("Kita", contacts=[Contact("email", at(ago(40)), at(ago(40)))])])
    score_past_day(day=ago(30), now=NOW)
    score_accounts(now=NOW)
    current = AccountCurrent.objects.get(account=stored["Kita"])
    assert (current.score, current.score_30d) == (73, -27)
    # green 0.05 × steep fall 1.5 × no contract's end 0.5
    assert current.churn_probability == 0.0375
    assert current.spark[0] is None


def test_closed_days_and_published_versions_are_final(scoped: Workspace) -> None:
    store([Firm("Kita", uses=[use(5)])])
    roll_up_usage(NOW)
    assert score_past_day(day=ago(1), now=NOW) == 1
    assert score_past_day(day=ago(1), now=NOW) == 0
    with pytest.raises(Error, match="final"), transaction.atomic():
        ScoreDay.objects.filter(day=ago(1)).update(score=1)
    with pytest.raises(Error, match="final"), transaction.atomic():
        ScorecardVersion.objects.update(green_from=80)
    with pytest.raises(ValueError, match="not over yet"):
        score_past_day(day=TODAY, now=NOW)


def test_corrected_history_stands_beside_what_was_said(scoped: Workspace) -> None:
    # the use of 10 days ago became known only 5 days later
    stored = store([Firm("Kita", uses=[use(20), use(10, known=5)])])
    roll_up_usage(NOW)
    score_past_day(day=ago(8), now=NOW)
    score_past_day(day=ago(8), now=NOW, series=ScoreDay.Series.CORRECTED)
    said, corrected = ScoreDay.objects.filter(day=ago(8)).order_by("series")
    assert (_raw(said, "last_seen"), _raw(corrected, "last_seen")) == (12.0, 2.0)
    assert [row.day for row in history(stored["Kita"], 30, until=TODAY)] == [ago(8)]


def test_an_explanation_adds_up(scoped: Workspace) -> None:
    store([Firm("Kita", seats=3, uses=[use(n) for n in (1, 5, 40, 70)])])
    roll_up_usage(NOW)
    score_past_day(day=ago(7), now=NOW)
    score_accounts(now=NOW)
    explained = explain(Account.objects.get())
    assert explained is not None
    average = sum(row.contribution or 0 for row in explained.rows)
    assert explained.average == pytest.approx(average)
    # by hand: 1 active user of 3 seats, 2 active days, last seen 1 day ago (0 + 15 × 48.2 …)
    rows = {row.measure.key: row for row in explained.rows}
    assert rows["active_days"].points == 15.0
    assert rows["active_days"].change_7d == pytest.approx(15.0 - 0.0)
    assert rows["last_contact"].contribution is None
    assert explain(Account.objects.get(), as_of=ago(7)).day == ago(7)
    assert explain(Account.objects.get(), as_of=ago(8)) is None


def test_a_new_day_closes_the_one_before_and_moves_the_sparkline(workspace: Workspace) -> None:
    with scope(workspace.pk):
        store([Firm("Kita", uses=[use(n) for n in range(1, 60)])])
    first = pipeline.refresh_workspace(workspace.pk, NOW)
    assert first is not None
    assert (first.rolled_up, first.scored, first.closed) == (1, 1, 0)
    with scope(workspace.pk):
        assert not pipeline.has_work(NOW)
        assert pipeline.has_work(NOW + dt.timedelta(days=1))
    later = pipeline.refresh_workspace(workspace.pk, NOW + dt.timedelta(days=2))
    assert later is not None
    assert (later.scored, later.closed) == (1, 2)
    with scope(workspace.pk):
        days = list(ScoreDay.objects.order_by("day").values_list("day", "score", "is_closed"))
        assert [(day, closed) for day, _, closed in days] == [
            (TODAY, True),
            (TODAY + dt.timedelta(days=1), True),
            (TODAY + dt.timedelta(days=2), False),
        ]
        current = AccountCurrent.objects.get()
        assert current.spark[-2:] == [score for _, score, _ in days][-2:]
        moved = list(current.spark)
        from cs_platform.core import sql

        sql.execute("health/rebuild_sparks")
        current.refresh_from_db()
        assert current.spark[-2:] == moved[-2:]
        assert ScoringClock.objects.get().closed_on == TODAY + dt.timedelta(days=1)


def test_marks_are_taken_with_the_result_or_not_at_all(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(workspace.pk):
        stored = store([Firm("Kita", uses=[use(1)])])
    pipeline.refresh_workspace(workspace.pk, NOW)
    with scope(workspace.pk):
        mark_dirty([stored["Kita"].pk])

    def fail(**_: object) -> int:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "score_accounts", fail)
        with pytest.raises(ZeroDivisionError):
            pipeline.refresh_workspace(workspace.pk, NOW)
    with scope(workspace.pk):
        assert DirtyAccount.objects.count() == 1
    pipeline.refresh_workspace(workspace.pk, NOW)
    with scope(workspace.pk):
        assert not DirtyAccount.objects.exists()


def test_rescore_fills_in_the_past(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with scope(workspace.pk):
        store([Firm("Kita", uses=[use(n) for n in range(1, 60)])])
        roll_up_usage(NOW)
    call_command("rescore", workspace=workspace.slug, first=ago(9), last=ago(5))
    assert "5 daily scores written" in capsys.readouterr().out
    call_command("rescore", workspace=workspace.slug, as_of=ago(7))
    assert "0 daily scores written" in capsys.readouterr().out
    call_command("rescore", workspace=workspace.slug)
    assert "1 accounts changed" in capsys.readouterr().out


def _version(
    *,
    weights: dict[str, float],
    points: dict[str, list] | None = None,
    minimum_coverage: float = 0,
    exceptions: bool = False,
) -> ScorecardVersion:
    default = published_version(now=NOW)
    measures = [
        {**entry, "weight": weights[entry["key"]], **_chosen(entry["key"], points)}
        for entry in default.measures
        if entry["key"] in weights
    ]
    return ScorecardVersion.objects.create(
        scorecard=Scorecard.objects.get(),
        number=2,
        measures=measures,
        exceptions=default.exceptions if exceptions else [],
        minimum_coverage=minimum_coverage,
        stages=default.stages,
        published_at=NOW,
    )


def _chosen(key: str, points: dict[str, list] | None) -> dict[str, list]:
    return {"points": points[key]} if points and key in points else {}
