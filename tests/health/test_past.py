"""Rows of lists as they stood on a past day: made off score-days what lists store of today."""

from decimal import Decimal

import pytest

from accounts.models import Account, Workspace
from cs_platform.core import sql
from health.models import AccountCurrent, ScorecardVersion, ScoreDay
from health.queries import as_they_stood, scored_on
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.health.world import NOW, TODAY, Contact, Entry, Firm, ago, at, store, use

# What a score-day does not hold: the state of the work, and what today's lists alone are cut by.
NOT_KEPT = {
    "band_1d", "band_7d", "billing_months", "notice_given_on", "risk_state", "snoozed_until",
    "is_dismissed", "loss_order",
}  # fmt: skip
FIELDS = [
    field.attname for field in AccountCurrent._meta.concrete_fields if field.name not in NOT_KEPT
]


def _values(row: AccountCurrent) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS}


@pytest.fixture
def firms(scoped: Workspace) -> dict[str, Account]:
    """One well used, one silent since 50 days, one without any data; 31 days of scores."""
    stored = store(
        [
            Firm(
                "Kita", seats=3, uses=[use(n, user=f"u{n % 3}") for n in range(110)],
                contacts=[Contact("email", at(ago(4)), at(ago(4)))],
                ledger=[Entry("a", ago(300), at(ago(300)), Decimal(100), ago(-40))],
            ),
            Firm(
                "Minami", seats=5, uses=[use(n) for n in range(50, 110)],
                contacts=[Contact("call_out", at(ago(90)), at(ago(90)))],
                ledger=[Entry("a", ago(300), at(ago(300)), Decimal(900), ago(-70))],
            ),
            Firm("Nishi"),
        ]
    )  # fmt: skip
    roll_up_usage(NOW)
    for days in (30, 29, 8, 7, 1):
        score_past_day(day=ago(days), now=NOW)
    score_accounts(now=NOW)
    sql.execute("health/rebuild_sparks")
    return stored


def test_today_made_off_its_score_days_is_what_lists_store_of_it(firms: dict[str, Account]) -> None:
    rows = as_they_stood(scored_on(TODAY).order_by("account_id"))
    stored = list(AccountCurrent.objects.order_by("account_id"))
    assert [row.name for row in rows] == ["Kita", "Minami", "Nishi"]
    minami = rows[1]
    assert minami.is_at_risk
    assert len(minami.reasons) == 3
    assert (minami.last_seen_on, minami.last_contact_on) == (ago(50), ago(90))
    known = [place for place, score in enumerate(minami.spark) if score is not None]
    assert known == [0, 1, 22, 23, 29, 30]
    for row, kept in zip(rows, stored, strict=True):
        assert _values(row) == _values(kept)


def test_a_past_day_has_that_days_figures_and_todays_name(firms: dict[str, Account]) -> None:
    Account.objects.filter(pk=firms["Kita"].pk).update(name="Kita Holdings", stage="churned")
    (row,) = as_they_stood(scored_on(ago(7)).filter(account_id=firms["Kita"].pk))
    then = ScoreDay.objects.get(day=ago(7), account_id=firms["Kita"].pk)
    assert (row.name, row.stage, row.day) == ("Kita Holdings", "adoption", ago(7))
    assert (row.score, row.band, row.mrr) == (then.score, then.band, 100)
    assert row.spark[-1] == then.score
    # four days ago they were spoken to; a week ago that was not known
    assert row.last_contact_on is None
    # nothing was scored a week before that day; 23 days before it there was
    assert row.score_7d is None
    assert row.spark[30 - 23] is not None


def test_reasons_are_those_of_the_version_in_force_then(firms: dict[str, Account]) -> None:
    former = ScorecardVersion.objects.get()
    ScorecardVersion.objects.create(
        scorecard=former.scorecard, number=2, stages=former.stages, exceptions=[],
        minimum_coverage=0, published_at=NOW,
        measures=[entry for entry in former.measures if entry["key"] == "last_contact"],
    )  # fmt: skip
    score_accounts(now=NOW)
    minami = firms["Minami"].pk
    (now,) = as_they_stood(scored_on(TODAY).filter(account_id=minami))
    (then,) = as_they_stood(scored_on(ago(1)).filter(account_id=minami))
    assert [entry["measure"] for entry in now.reasons] == ["last_contact"]
    assert len(then.reasons) == 3


def test_nobody_and_accounts_that_are_no_more(firms: dict[str, Account]) -> None:
    assert as_they_stood([]) == []
    assert as_they_stood(scored_on(ago(3))) == []
    left, gone = scored_on(ago(1)).order_by("account_id")[:2]
    gone.account_id = max(account.pk for account in firms.values()) + 1_000
    assert [row.name for row in as_they_stood([gone, left])] == ["Kita"]
