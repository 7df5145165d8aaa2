"""The at-risk list: its order, what is left out of it, and what people do about it."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import translation

from accounts.actors import Actor
from accounts.models import Account, Workspace
from cs_platform.core import paging
from cs_platform.core.errors import DomainError
from health.actions import (
    clear_flag,
    flag_risk,
    mark_not_a_risk,
    move_state,
    snooze,
    unsnooze,
)
from health.models import AccountCurrent, RiskNote, RiskState
from health.queries import RiskFilters, at_risk, at_risk_on, at_risk_page
from health.reasons import format_raw, next_action, reasons
from health.scoring import score_accounts, score_past_day
from metrics.usage.rollup import roll_up_usage
from tests.cast import Cast
from tests.health.world import NOW, TODAY, Contact, Entry, Firm, ago, at, store, use

OLD = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
SYSTEM = Actor.system("tests")
LATER = NOW + dt.timedelta(hours=1)


def _firm(name: str, mrr: int, *, silent: bool = True, term_in: int = 100) -> Firm:
    """A silent firm is red, another one green; both have 4 months of history."""
    days = range(50, 110) if silent else range(110)
    contact = at(ago(110 if silent else 3))
    term = TODAY + dt.timedelta(days=term_in)
    return Firm(
        name,
        seats=2,
        uses=[use(n, user=f"u{n % 2}") for n in days],
        contacts=[Contact("call_out", contact, contact)],
        ledger=[Entry("a", ago(300), OLD, Decimal(mrr), term, "new", 12)],
    )


def _scored(*firms: Firm) -> dict[str, Account]:
    stored = store(list(firms))
    roll_up_usage(NOW)
    score_accounts(now=NOW)
    return stored


def _names(**filters: object) -> list[str]:
    found = at_risk(today=TODAY, filters=RiskFilters(**filters))  # type: ignore[arg-type]
    return [row.name for row in found]


def _current(account: Account) -> AccountCurrent:
    return AccountCurrent.objects.get(account=account)


def test_the_dearest_come_first_and_the_nearer_deadline_breaks_ties(scoped: Workspace) -> None:
    _scored(
        _firm("small", 10),
        _firm("far", 100, term_in=170),
        _firm("near", 100, term_in=91),
        _firm("healthy", 10_000, silent=False),
    )
    assert _names() == ["near", "far", "small"]
    row = AccountCurrent.objects.get(name="near")
    # red 0.45 × 91 days to the renewal 1.0; 100 × 12 × 0.45
    assert (row.band, row.churn_probability, row.expected_loss) == ("red", 0.45, Decimal(540))
    assert (row.mrr, row.arr, row.urgency_on) == (100, 1200, TODAY + dt.timedelta(days=91))


def test_pages_walk_both_ways_without_gap_or_repeat(scoped: Workspace) -> None:
    _scored(*[_firm(f"f{n}", 100 * (n % 3), term_in=95 + n % 2) for n in range(7)])
    AccountCurrent.objects.filter(name="f1").update(expected_loss=None)
    AccountCurrent.objects.filter(name__in=["f3", "f6"]).update(urgency_on=None)
    whole = [row.name for row in at_risk(today=TODAY)]
    assert len(whole) == 7
    assert whole[-1] == "f1"
    page, walked = at_risk_page(today=TODAY, limit=2), []
    while True:
        walked.append([row.name for row in page.rows])
        if page.next is None:
            break
        page = at_risk_page(today=TODAY, limit=2, cursor=page.next)
    assert [name for names in walked for name in names] == whole
    back = [walked[-1]]
    while page.previous:
        page = at_risk_page(today=TODAY, limit=2, cursor=page.previous)
        back.insert(0, [row.name for row in page.rows])
    assert back == walked
    with pytest.raises(paging.BadCursor):
        at_risk_page(today=TODAY, cursor="forged")


def test_a_deep_page_enters_the_index_at_its_place(scoped: Workspace) -> None:
    rows = at_risk(today=TODAY).filter(loss_order__lt=100)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = rows.explain()
    assert re.search(
        r"Index Scan using health_current_at_risk .*\n *Index Cond: .*loss_order", plan
    )


def test_filters(scoped: Workspace, cast: Cast) -> None:
    stored = _scored(_firm("mine", 100), _firm("nobody's", 90, term_in=20))
    Account.objects.filter(pk=stored["mine"].pk).update(owner=cast["csm"], segment="small")
    score_accounts(now=NOW)
    assert _names(owner=cast["csm"].pk) == ["mine"]
    assert _names(owner=0) == ["nobody's"]
    assert _names(segment="small") == ["mine"]
    assert _names(renewal_within=(0, 30)) == ["nobody's"]
    assert set(_names(reason="last_seen")) == {"mine", "nobody's"}
    assert _names(reason="onboarding_lateness") == []
    assert _names(states=("working",)) == []


def test_snoozed_until_the_day_is_over(scoped: Workspace, cast: Cast) -> None:
    account = _scored(_firm("Kita", 100))["Kita"]
    actor = Actor.of(cast["csm"])
    until = TODAY + dt.timedelta(days=3)
    snooze(actor=actor, now=LATER, account=account, until=until, reason="on holiday")
    assert _names() == []
    assert _names(with_snoozed=True) == ["Kita"]
    assert [r.name for r in at_risk(today=until + dt.timedelta(days=1))] == ["Kita"]
    score_accounts(now=LATER)
    assert _names() == []
    unsnooze(actor=actor, now=LATER, account=account)
    unsnooze(actor=actor, now=LATER, account=account)
    assert _names() == ["Kita"]
    kinds = list(RiskNote.objects.order_by("id").values_list("kind", "author_label"))
    assert kinds == [("snooze", "Csm of " + scoped.slug), ("unsnooze", "Csm of " + scoped.slug)]


def test_not_a_risk_holds_until_the_band_is_worse(scoped: Workspace) -> None:
    account = _scored(_firm("Kita", 100))["Kita"]
    mark_not_a_risk(actor=SYSTEM, now=LATER, account=account, reason="season is over")
    score_accounts(now=LATER)
    assert _names() == []
    assert _names(with_dismissed=True) == ["Kita"]
    RiskState.objects.update(settled_band="yellow")
    score_accounts(now=LATER)
    assert _names() == ["Kita"]
    RiskState.objects.update(settled_band="red")
    score_accounts(now=LATER)
    assert _names() == []
    score_accounts(now=LATER + dt.timedelta(days=91))
    assert _current(account).is_dismissed is False


def test_a_flag_puts_a_green_account_on_the_list(scoped: Workspace) -> None:
    account = _scored(_firm("Kita", 100, silent=False))["Kita"]
    assert _current(account).band == "green"
    assert _names() == []
    flag_risk(actor=SYSTEM, now=LATER, account=account, reason="the champion leaves")
    assert _names() == ["Kita"]
    score_accounts(now=LATER)
    assert reasons(_current(account))[0].key == "flagged"
    clear_flag(actor=SYSTEM, now=LATER, account=account)
    assert _names() == []


def test_saved_leaves_the_list_and_comes_back_worse(scoped: Workspace) -> None:
    account = _scored(_firm("Kita", 100))["Kita"]
    with pytest.raises(DomainError) as refused:
        move_state(actor=SYSTEM, now=LATER, account=account, state="saved")
    assert refused.value.code == "reason_required"
    move_state(actor=SYSTEM, now=LATER, account=account, state="working")
    assert _names() == ["Kita"]
    move_state(actor=SYSTEM, now=LATER, account=account, state="saved", reason="renewed")
    score_accounts(now=LATER)
    assert _names() == []
    assert _names(states=("saved",)) == ["Kita"]
    RiskState.objects.update(settled_band="green")
    score_accounts(now=LATER)
    assert _current(account).risk_state == "new"


def test_the_list_as_of_a_past_day(scoped: Workspace) -> None:
    store([_firm("Kita", 100)])
    roll_up_usage(NOW)
    score_past_day(day=ago(1), now=NOW)
    score_past_day(day=ago(60), now=NOW)
    assert at_risk_on(ago(1)).count() == 1
    assert at_risk_on(ago(60)).count() == 0


def test_reasons_and_the_next_action_in_both_languages(scoped: Workspace) -> None:
    account = _scored(_firm("Kita", 100))["Kita"]
    current = _current(account)
    with translation.override("en"):
        texts = [reason.text for reason in reasons(current)]
        assert texts[0] == "Usage is at 0% of what is usual for this account"
        assert (
            next_action(current, today=TODAY) == "Ask what has changed and offer a working session"
        )
    with translation.override("ja"):
        assert reasons(current)[0].text == "利用量がこの顧客企業の通常の0%"
        assert next_action(current, today=TODAY) == "状況の変化を確認し、活用相談会を提案する"


@pytest.mark.parametrize(
    ("measure", "raw", "said"),
    [
        ("nps", -50.0, "\N{MINUS SIGN}50"),
        ("csat", 4.5, "4.50"),
        ("active_users", 92.34, "92.3%"),
        ("last_seen", 1.0, "1 day"),
        ("nps", None, "—"),
    ],
)
def test_raw_values_are_written_as_every_figure_is(
    measure: str, raw: float | None, said: str
) -> None:
    assert format_raw(measure, raw) == said
