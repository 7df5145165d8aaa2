"""What is computed when: the present at once, the past once, corrections beside it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.actions.contracts import end_subscription, renew_subscription
from accounts.actions.workspace import update_workspace
from accounts.models import AttributeChange, ExchangeRate, Workspace
from cs_platform.core.errors import DomainError
from metrics.kpis import tasks
from metrics.kpis.actions import schedule
from metrics.kpis.actions.as_of import MOST_WAITING, request_as_of
from metrics.kpis.actions.compute import compute
from metrics.kpis.actions.settings import change_settings
from metrics.kpis.models import AsOfRequest, Clock, Mark, Period, Settings
from metrics.kpis.queries.figures import current_figures, trend
from metrics.kpis.queries.periods import as_first_known, find_period, periods
from tests.kpis.conftest import ACTOR, NOW, Book, day, stored

LATER = NOW + dt.timedelta(minutes=10)


def work_off(now: dt.datetime = LATER) -> int:
    """Everything a worker would do at ``now``; the number of closed periods computed."""
    schedule.refresh_current(now)
    done = 0
    while True:
        batches = schedule.due_batches()
        if not batches and not schedule.look_for_lapses(now):
            return done
        for batch in batches:
            schedule.compute_batch(batch, now=now)
            done += len(batch)


def test_every_period_since_the_first_contract_is_computed_once(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    assert schedule.has_work(NOW)
    work_off()
    months = periods("month")
    assert [p.starts_on.isoformat() for p in months] == [
        "2026-04-01", "2026-03-01", "2026-02-01", "2026-01-01", "2025-12-01", "2025-11-01",
    ]  # fmt: skip
    assert [p.is_open for p in months] == [True] + [False] * 5
    assert months[0].until_on == day("2026-04-16")
    assert {p.kind for p in Period.objects.all()} == {"month", "quarter", "year", "trailing12"}
    assert [f.figure for f in trend("mrr", months)] == [100] * 6
    assert not any(p.is_restated for p in months)
    assert work_off() == 0
    assert not schedule.has_work(LATER)


def test_another_fiscal_year_has_quarters_and_years_of_its_own(book: Book) -> None:
    book.contract("A", "2025-07-10", 100)
    work_off()
    update_workspace(actor=ACTOR, workspace=book.workspace, now=NOW, fiscal_year_start_month=2)
    assert schedule.has_work(LATER)
    work_off()
    assert not schedule.has_work(LATER)
    # those of the calendar before would lie across them
    quarters = periods("quarter")
    assert [p.starts_on.isoformat() for p in quarters] == [
        "2026-02-01", "2025-11-01", "2025-08-01", "2025-05-01",
    ]  # fmt: skip
    assert [p.is_open for p in quarters] == [True, False, False, False]
    assert [p.starts_on.isoformat() for p in periods("year")] == ["2026-02-01", "2025-02-01"]
    assert find_period("quarter", day("2025-10-01")) is None


def test_an_entry_reaches_the_running_period_by_its_mark(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    work_off()
    for number in range(3):
        book.contract(f"N{number}", "2026-04-02", 10 + number)
    assert {mark.since for mark in Mark.objects.all()} >= {day("2026-04-02")}
    assert schedule.has_work(LATER)
    assert schedule.refresh_current(LATER) == 3
    period = find_period("month")
    assert period is not None
    assert current_figures(period, ["mrr"])["mrr"].figure == 133
    assert not Mark.objects.exists()
    # only what was marked was computed again, and all of it is as if everybody had been
    before = stored(period)
    compute([Period.objects.get(pk=period.id)], now=LATER)
    assert stored(period) == before


def test_what_is_known_late_makes_a_second_marked_series(book: Book) -> None:
    a = book.contract("A", "2025-11-10", 100)
    book.contract("B", "2025-11-10", 300)
    work_off()
    february = find_period("month", day("2026-02-01"))
    assert february is not None
    before = stored(february)
    first_churn = current_figures(february)["customer-churn"].figure
    end_subscription(
        actor=ACTOR, now=LATER, subscription=a, last_paid_on=day("2026-02-10"), reason="price"
    )
    work_off()
    restated = find_period("month", day("2026-02-01"))
    assert restated is not None
    assert restated.is_restated
    found = current_figures(restated)["customer-churn"]
    assert (found.figure, found.is_restated, found.first) == (0.5, True, first_churn)
    first = as_first_known(restated)
    assert first is not None
    assert stored(first) == before
    # January was not touched, March began without A
    assert not find_period("month", day("2026-01-01")).is_restated  # type: ignore[union-attr]
    assert find_period("month", day("2026-03-01")).is_restated  # type: ignore[union-attr]


@pytest.mark.parametrize("renewed", [True, False])
def test_a_months_last_day_is_told_late_too(book: Book, renewed: bool) -> None:
    """What takes effect on 1 April is how March ended: with a renewal, or with a loss."""
    a = book.contract("A", "2025-04-01", 100, term_months=12)
    book.contract("B", "2025-11-10", 300)
    work_off()
    first = current_figures(find_period("month", day("2026-03-01")))  # type: ignore[arg-type]
    assert (first["renewal-rate"].figure, first["customer-churn"].figure) == (0, 0)
    if renewed:
        renew_subscription(
            actor=ACTOR, now=LATER, subscription=a, effective_on=day("2026-04-01"), term_months=12
        )
    else:
        end_subscription(
            actor=ACTOR, now=LATER, subscription=a, last_paid_on=day("2026-03-31"), reason="price"
        )
    work_off()
    again = find_period("month", day("2026-03-01"))
    assert again is not None
    assert again.is_restated
    found = current_figures(again)
    assert found["renewal-rate"].figure == (1 if renewed else 0)
    assert found["customer-churn"].figure == (0 if renewed else 0.5)
    assert not find_period("month", day("2026-02-01")).is_restated  # type: ignore[union-attr]


def test_later_data_do_not_change_history(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    work_off()
    before = {p.id: stored(p) for p in periods("month")[1:]}
    book.contract("B", "2026-04-10", 50)
    work_off()
    assert {p.id: stored(p) for p in periods("month")[1:]} == before


def test_first_figures_are_never_computed_again(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    work_off()
    first = Period.objects.filter(series=Period.Series.FIRST)[0]
    with pytest.raises(ValueError, match="never computed again"):
        compute([first], now=LATER)
    with pytest.raises(ValueError, match="are kept"):
        schedule.forget([first])


def test_a_new_day_closes_the_month(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    work_off()
    may = dt.datetime(2026, 5, 1, 3, 0, tzinfo=dt.UTC)
    assert schedule.has_work(may)
    work_off(may)
    april = find_period("month", day("2026-04-01"))
    assert april is not None
    assert (april.series, april.until_on, april.is_open) == ("first", day("2026-05-01"), False)
    running = find_period("month")
    assert running is not None
    assert running.starts_on == day("2026-05-01")
    assert Period.objects.filter(series="current").count() == 4


def test_a_contract_that_lapses_unnoticed_is_told_late(book: Book) -> None:
    book.contract("A", "2025-03-01", 100, term_months=12, term_ends_on="2026-02-28")
    book.contract("B", "2025-03-01", 100)
    end_of_february = dt.datetime(2026, 3, 10, 3, 0, tzinfo=dt.UTC)
    work_off(end_of_february)
    february = find_period("month", day("2026-02-01"))
    assert february is not None
    assert current_figures(february)["customer-churn"].figure == 0
    work_off(dt.datetime(2026, 4, 15, 3, 0, tzinfo=dt.UTC))
    february = find_period("month", day("2026-02-01"))
    assert february is not None
    assert february.is_restated
    assert current_figures(february)["customer-churn"].figure == 0.5


def test_an_exchange_rate_is_marked_for_everybody(book: Book) -> None:
    book.contract("A", "2025-11-10", 100, currency="USD")
    work_off()
    running = find_period("month")
    assert running is not None
    found = current_figures(running)
    assert (found["mrr"].figure, found["mrr"].missing) == (None, 1)
    assert found["customers"].figure == 1
    assert found["nrr"].figure is None
    ExchangeRate.objects.create(currency="USD", valid_from=day("2025-01-01"), rate=150)
    work_off()
    running = find_period("month")
    assert running is not None
    assert current_figures(running)["mrr"].figure == 15_000


def test_history_of_a_cut_is_marked(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    work_off()
    account = book.account("A")
    AttributeChange.objects.create(
        account=account, attribute="segment", new_value="small",
        happened_at=NOW, known_at=NOW,
    )  # fmt: skip
    assert Mark.objects.filter(account_id=account.pk).exists()


def test_any_past_day_can_be_asked_for(book: Book) -> None:
    a = book.contract("A", "2025-11-10", 100)
    work_off()
    asked = request_as_of(actor=ACTOR, now=LATER, as_of=day("2026-02-14"))
    assert asked == request_as_of(actor=ACTOR, now=LATER, as_of=day("2026-02-14"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.workspace')")
    tasks.answer_requests(book.workspace.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == (AsOfRequest.State.DONE, "")
    then = find_period("month", as_of=day("2026-02-14"))
    assert then is not None
    assert (then.until_on, then.is_open) == (day("2026-02-15"), True)
    before = stored(then)
    end_subscription(
        actor=ACTOR, now=LATER, subscription=a, last_paid_on=day("2026-02-10"), reason="price"
    )
    schedule.compute_as_of(now=LATER + dt.timedelta(hours=1), as_of=day("2026-02-14"))
    again = find_period("month", as_of=day("2026-02-14"))
    assert again is not None
    # it was not known then
    assert stored(again) == before


def test_a_day_that_cannot_be_asked_for_says_why(book: Book) -> None:
    with pytest.raises(DomainError, match="Nobody was a customer"):
        request_as_of(actor=ACTOR, now=NOW, as_of=day("2026-02-14"))
    book.contract("A", "2025-11-10", 100)
    for text, code in (("2026-04-15", "not_over"), ("2025-11-09", "before_first_contract")):
        with pytest.raises(DomainError) as refused:
            request_as_of(actor=ACTOR, now=NOW, as_of=day(text))
        assert refused.value.code == code


def test_no_more_than_a_few_days_wait_at_a_time(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    first = day("2026-01-01")
    for number in range(MOST_WAITING):
        request_as_of(actor=ACTOR, now=NOW, as_of=first + dt.timedelta(days=number))
    with pytest.raises(DomainError) as refused:
        request_as_of(actor=ACTOR, now=NOW, as_of=day("2026-02-01"))
    assert refused.value.code == "too_many_days"
    # one that waits may be looked at, and a place that becomes free may be taken
    assert request_as_of(actor=ACTOR, now=NOW, as_of=first).as_of == first
    AsOfRequest.objects.filter(as_of=first).update(state=AsOfRequest.State.DONE)
    request_as_of(actor=ACTOR, now=NOW, as_of=day("2026-02-01"))
    # trying again what failed takes a place as well
    AsOfRequest.objects.filter(as_of=first).update(state=AsOfRequest.State.FAILED)
    with pytest.raises(DomainError):
        request_as_of(actor=ACTOR, now=NOW, as_of=first)
    assert AsOfRequest.objects.count() == MOST_WAITING + 1


def test_another_rule_for_first_days_restates_all_of_the_past(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    book.contract("B", "2026-02-01", 40)
    work_off()
    request_as_of(actor=ACTOR, now=NOW, as_of=day("2026-02-14"))
    tasks.answer_requests(book.workspace.pk)
    february = find_period("month", day("2026-02-01"))
    assert february is not None
    assert current_figures(february)["customer-churn"].denominator == 1
    before = stored(february)
    given = {"gross_margin": None, "onboarding_target_days": 90}
    change = {"actor": ACTOR, "now": LATER, "today": day("2026-04-15")}
    change_settings(**change, **given, first_day=Settings.FirstDay.OPENING)
    assert find_period("month", as_of=day("2026-02-14")) is None
    assert not AsOfRequest.objects.exists()
    work_off()
    restated = find_period("month", day("2026-02-01"))
    assert restated is not None
    assert restated.is_restated
    assert current_figures(restated)["customer-churn"].denominator == 2
    first = as_first_known(restated)
    assert first is not None
    assert stored(first) == before
    # back to the old rule, the past says again what it first said
    change_settings(**change, **given, first_day=Settings.FirstDay.PERIOD)
    work_off()
    assert not Period.objects.filter(series=Period.Series.RESTATED).exists()
    # the margin is from the running month on
    change_settings(
        **change, gross_margin=Decimal("0.7"), onboarding_target_days=90,
        first_day=Settings.FirstDay.PERIOD,
    )  # fmt: skip
    assert Mark.objects.get().since == day("2026-04-01")


def test_the_past_waits_for_a_load_to_come_to_rest(book: Book) -> None:
    book.contract("A", "2025-11-10", 100)
    schedule.refresh_current(NOW)
    clock = Clock.objects.get()
    assert not schedule.may_compute_past(clock.marked_at + dt.timedelta(seconds=59))
    assert schedule.may_compute_past(clock.marked_at + dt.timedelta(seconds=60))


def test_command(book: Book, workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    book.contract("A", "2025-11-10", 100)
    call_command("compute_kpis", "--workspace", workspace.slug)
    call_command("compute_kpis", "--workspace", workspace.slug, "--as-of", "2026-01-15")
    call_command("compute_kpis", "--workspace", workspace.slug, "--from", "2026-01-01")
    said = capsys.readouterr().out
    assert "closed periods computed" in said
    assert "4 periods as of 2026-01-15" in said
    for arguments, message in (
        (["--workspace", "nobody"], "there is no workspace nobody"),
        (["--as-of", "2026-01-15", "--from", "2026-01-01"], "not both"),
        (["--workspace", workspace.slug, "--as-of", "2020-01-01"], "nobody was a customer"),
        (["--workspace", workspace.slug, "--as-of", "2999-01-01"], "not over yet"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command("compute_kpis", *arguments)


def test_a_ledger_without_a_pause_keeps_the_past_waiting_ten_minutes(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry every 20 seconds, each of them of the running month but the first."""
    book.contract("A", "2025-11-10", 100)
    work_off()
    book.contract("B", "2026-02-10", 50)
    begun = Mark.objects.earliest("made_at").made_at
    monkeypatch.setattr(tasks, "take_turn", lambda *, wait: True)
    computed_after = None
    for seconds in range(0, 1800, 20):
        now = begun + dt.timedelta(seconds=seconds)
        monkeypatch.setattr(tasks.clock, "now", lambda now=now: now)
        Mark.objects.create(since=day("2026-04-10"), account_id=book.account("A").pk, made_at=now)
        tasks.compute(book.workspace.pk)
        Mark.objects.create(since=day("2026-04-10"), account_id=book.account("A").pk, made_at=now)
        restated = Period.objects.filter(series=Period.Series.RESTATED)
        if restated.filter(computed_at__isnull=False).exists():
            computed_after = seconds
            break
    assert computed_after == schedule.LONGEST_WAIT.total_seconds()
    assert not restated.filter(is_due=True).exists()
    # what comes next waits for a rest again
    assert Clock.objects.get().waiting_since is None
    assert not schedule.may_compute_past(now)
