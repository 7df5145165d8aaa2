"""The monthly report: what each section says of a month, and what it says without data."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from pypdf import PdfReader

from accounts.actions.contracts import give_notice
from accounts.actors import Actor
from accounts.models import Account, MailAttachment, OutgoingMail, Subscription, Workspace
from cs_platform.core import clock, pdf, tenancy
from cs_platform.documents.closing import month_facts
from cs_platform.documents.making import render_report
from cs_platform.documents.queries import answers
from cs_platform.documents.queries import report as queries
from cs_platform.documents.tasks import keep_month_ends, make_reports, send_reports
from health.models import ScoreDay, ScoringClock
from health.renewals.models import QuarterOutlook
from health.renewals.quarters import Quarter
from metrics.kpis.periods import month_start
from metrics.reports.models import Report, Section
from metrics.surveys.models import KnownFigure, Span
from metrics.surveys.rollup import roll_up_results
from tests.cast import Cast
from tests.dashboards.conftest import Book
from tests.documents.conftest import text_of
from tests.health import figures
from tests.surveys.answers import a_contact, a_survey, an_account, answer, day

Url = Callable[..., str]


@pytest.fixture
def month(today: dt.date) -> dt.date:
    """The month that is over."""
    return month_start(today, -1)


@pytest.fixture
def scored(workspace: Workspace, cast: Cast, month: dt.date) -> Book:
    """Scores at the ends of the last two months: two accounts well before, one well now."""
    book = Book(workspace)
    end = (queries.last_day(month) - book.today).days
    before = (queries.last_day(month_start(month, -1)) - book.today).days
    with tenancy.scope(workspace.pk):
        with connection.cursor() as cursor:
            cursor.execute("SELECT health_ensure_score_months(%s, %s)", [book.on(-100), book.on(1)])
        for name, then, now, mrr in (
            ("青空商事 <i>", 80, 75, 100),
            ("Bluebird", 72, 30, 50),
            ("Cedar", 45, 90, 10),
        ):
            account = book.account(name, score=now, mrr=mrr, owner=cast["csm"])
            loss = Decimal(mrr * 6)
            book.score_day(account, before, then, mrr=mrr)
            book.score_day(account, end, now, mrr=mrr, owner=cast["csm"], expected_loss=loss)
        for back in (before, end):
            figures.keep(book.on(back))
        ScoringClock.objects.create(closed_on=book.on(-1), moved_at=clock.now())
    keep_month_ends(workspace.pk)
    return book


def page(client: Any, url: Url, **query: Any) -> str:
    answer = client.get(url("report"), query)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text[text.index('<article class="paper"') : text.index("</article>")]


def test_without_data_every_section_says_so(url: Url, client_as: Any) -> None:
    text = page(client_as("viewer"), url)
    for words in (
        "No figures have been computed for this month.",
        "No recurring revenue was known for this month.",
        "Nobody answered a survey",
        "No account was scored at the end of this month.",
        "No term ends in the three months after this one.",
        "No goal was set for this month.",
    ):
        assert words in text
    # nothing is made up: there is no figure at all
    assert 'class="tile-value"' not in text


def test_health_of_a_month_and_its_movement(
    workspace: Workspace, scored: Book, month: dt.date
) -> None:
    with tenancy.scope(workspace.pk):
        days, facts = queries.health(month), queries.kept_facts(month)
    assert days is not None
    assert facts is not None
    assert days[-1].day == queries.last_day(month)
    assert days[-1].accounts == {"green": 2, "red": 1}
    assert days[-2].accounts == {"green": 2, "yellow": 1}
    assert {(move.old, move.new): (move.accounts, move.arr) for move in facts.moves} == {
        ("green", "green"): (1, Decimal(1200)),
        ("green", "red"): (1, Decimal(600)),
        ("yellow", "green"): (1, Decimal(120)),
    }
    assert (facts.moved(worse=True), facts.moved(worse=False)) == (1, 1)
    assert days[-1].at_risk == 1
    assert days[-1].arr_at_risk == 600


def test_the_page_tells_it(scored: Book, url: Url, client_as: Any) -> None:
    text = page(client_as("viewer"), url, sections=["health", "at_risk"], language="en")
    assert "<b>1</b> account got better" in text
    assert "67%" in text
    assert "Bluebird" in text
    # green accounts are at no risk
    assert "Cedar" not in text
    assert "No figures have been computed" not in text


def test_past_months_are_told_as_they_were_scored_then(
    workspace: Workspace, scored: Book, month: dt.date, url: Url, client_as: Any
) -> None:
    """What scores say today changes nothing of a month that is over."""
    before = page(client_as("viewer"), url, sections=["health", "at_risk"])
    with tenancy.scope(workspace.pk):
        ScoreDay.objects.filter(day=scored.today).update(score=1, band="red")
    assert page(client_as("viewer"), url, sections=["health", "at_risk"]) == before
    earlier = page(
        client_as("viewer"), url, sections=["health"], month=f"{month_start(month, -1):%Y-%m}"
    )
    assert "There are no scores of a month before" in earlier


def test_renewals_are_those_the_ledger_knew(
    workspace: Workspace, cast: Cast, account: Account, today: dt.date, month: dt.date
) -> None:
    """A contract known since today was not known at the end of last month."""
    with tenancy.scope(workspace.pk):
        subscription = Subscription.objects.get(account=account)
        term = month_start(subscription.term_ends_on or today)
        found = month_facts(month_start(term, -1))
        later = month_facts(month_start(term, -4))
        give_notice(
            actor=Actor.of(cast["csm"]), now=clock.now(), subscription=subscription, given_on=today
        )
        noticed = month_facts(month_start(term, -1))
        unknown = month_facts(month)
    (first, *_others) = found.renewal_months
    assert (first.month, first.contracts, first.arr) == (term, 1, 360000)
    assert [row.name for row in found.renewals] == [account.name]
    assert not any(m.contracts for m in later.renewal_months)
    assert [row.has_notice for row in noticed.renewals] == [True]
    assert not any(m.contracts for m in unknown.renewal_months)


def test_satisfaction_is_the_months_with_its_interval(workspace: Workspace, month: dt.date) -> None:
    with tenancy.scope(workspace.pk):
        for score, n in ((10, 30), (8, 20), (3, 50)):
            KnownFigure.objects.create(
                kind="nps", scale=10, span=Span.MONTH, starts_on=month, known_on=month,
                score=score, n=n,
            )  # fmt: skip
        (nps,) = answers.series(month)
    assert nps.now is not None
    assert (round(nps.now.value), nps.now.n) == (-20, 100)
    assert nps.now.high - nps.now.value == pytest.approx(17.1, abs=0.05)
    assert nps.figures[:-1] == [None] * 11


def test_satisfaction_is_told_as_known_when_the_month_ended(scoped: Workspace) -> None:
    """May told in November: 9 and 8 were known; 0, in place of 9, and another 0 came in June."""
    survey, account = a_survey(), an_account("acme")
    anna, ben = a_contact(account, "anna"), a_contact(account, "ben")
    june = day("2026-06-03")
    answer(survey, 2, contact=anna, at=day("2026-05-02"))
    answer(survey, 9, contact=anna, at=day("2026-05-10"))
    answer(survey, 0, contact=anna, at=day("2026-05-20"), known_at=june)
    answer(survey, 8, contact=ben, at=day("2026-05-10"))
    answer(survey, 0, at=day("2026-05-11"), known_at=june)
    answer(survey, 0, contact=ben, at=june)
    roll_up_results(day("2026-11-22"))
    may = dt.date(2026, 5, 1)
    (nps,) = answers.series(may)
    assert nps.now is not None
    # one promoter, one passive
    assert (nps.now.value, nps.now.n) == (50, 2)
    assert nps.now.low < 50 < nps.now.high
    # in June's report May is told as June knew it: 0, 8, 0; and June itself is Ben's 0
    (nps,) = answers.series(dt.date(2026, 6, 1))
    assert nps.now is not None
    assert nps.before is not None
    assert (round(nps.before.value, 1), nps.before.n) == (-66.7, 3)
    assert (nps.now.value, nps.now.n) == (-100, 1)


@pytest.mark.parametrize("text", ["2026-13", "x", "9999-01", "1900-01", "2026-01-01\x00"])
def test_bad_months_are_named_and_last_month_is_shown(url: Url, client_as: Any, text: str) -> None:
    answer = client_as("viewer").get(url("report"), {"month": text})
    assert "no month that can be reported on" in answer.content.decode()


def test_the_running_month_is_not_reported_on(
    url: Url, client_as: Any, today: dt.date, workspace: Workspace
) -> None:
    answer = client_as("viewer").get(url("report"), {"month": f"{today:%Y-%m}"})
    assert "no month that can be reported on" in answer.content.decode()
    client_as("viewer").post(url("report_request"), {"month": f"{today:%Y-%m}"})
    with tenancy.scope(workspace.pk):
        assert not Report.objects.exists()


def test_another_workspaces_figures_are_not_in_it(
    scored: Book, rival_workspace: Workspace, client_as: Any
) -> None:
    address = reverse("report", args=[rival_workspace.slug])
    text = client_as("owner", of=rival_workspace).get(address).content.decode()
    assert "Bluebird" not in text
    assert "No account was scored" in text


def test_the_next_quarter_is_forecast_as_it_was_at_the_month_s_end(
    workspace: Workspace, month: dt.date, url: Url, client_as: Any
) -> None:
    """The three forecasters apart, each with its range; what was worked out later is not told."""
    start = workspace.fiscal_year_start_month
    quarter = Quarter.of(month, start).moved(1, start)
    end = queries.last_day(month)

    def keep(day: dt.date, middle: dict[str, float]) -> None:
        for forecaster, mid in middle.items():
            QuarterOutlook.objects.create(
                starts_on=quarter.starts_on, ends_on=quarter.ends_on, day=day, cut="all",
                forecaster=forecaster, accounts=9, start=900, booked=100, lost=0, expansion=0,
                open=800, due=8, judged=5, renewing_low=2, renewing_mid=mid, renewing_high=8,
                keeping_low=211, keeping_mid=mid * 100, keeping_high=799,
                unrated={"USD": 3}, computed_at=clock.now(),
            )  # fmt: skip

    client = client_as("viewer")
    assert "Forecast of the next quarter" not in page(client, url)
    with tenancy.scope(workspace.pk):
        keep(end, {"model": 6.4, "csm": 5.3, "final": 4.2})
        keep(end + dt.timedelta(days=1), {"model": 1.1, "csm": 1.1, "final": 1.1})
    text = page(client, url)
    assert "Forecast of the next quarter" in text
    places = [text.index(f"<b>{mid}</b>") for mid in ("6.4", "5.3", "4.2")]
    assert places == sorted(places)
    assert text.count("2 – 8") == 3
    assert "3 renewals without an exchange rate are left out." in text
    assert "<b>1.1</b>" not in text
    assert "翌四半期の更新見込み" in page(client, url, language="ja")


# --- asked for, made, mailed -----------------------------------------------------------------
def test_asked_for_by_a_page_it_is_made_and_mailed(
    workspace: Workspace, cast: Cast, scored: Book, month: dt.date, url: Url, client_as: Any
) -> None:
    posted = {"month": f"{month:%Y-%m}", "language": "ja", "sections": ["health", "at_risk"]}
    answer = client_as("viewer").post(url("report_request"), {**posted, "send": "1"})
    assert answer.status_code == 303
    assert answer["Location"] == url("report_archive")
    make_reports(workspace.pk)
    make_reports(workspace.pk)
    with tenancy.scope(workspace.pk):
        report = Report.objects.get()
        assert (report.state, report.error) == ("ready", "")
        letter = OutgoingMail.objects.get()
        file = MailAttachment.objects.get(mail=letter)
        assert bytes(file.content) == bytes(report.pdf)
    assert letter.to_address == cast["viewer"].user.email
    assert "カスタマーサクセス月次レポート" in letter.subject
    assert f"/reports/?month={month:%Y-%m}" in letter.text
    assert "67%" in letter.text
    assert "<script" not in letter.html
    words = text_of(bytes(report.pdf))
    for expected in ("ヘルスの分布と変化", "解約リスク顧客", "Bluebird"):
        assert expected in words
    reader = PdfReader(io.BytesIO(bytes(report.pdf)))
    assert len(reader.pages) == report.pages <= 2
    # as the page says, the file: green accounts are not at risk
    assert "Cedar" not in words


def test_the_whole_report_fits_its_pages(workspace: Workspace, scored: Book) -> None:
    report = Report(
        month=month_start(scored.today, -1), language="en", sections=list(Section.values)
    )
    with tenancy.scope(workspace.pk):
        made = render_report(report, now=clock.now())
    reader = PdfReader(io.BytesIO(made.pdf))
    assert len(reader.pages) == made.pages <= 4
    for sheet in reader.pages:
        places: list[tuple[float, float]] = []
        sheet.extract_text(
            visitor_text=lambda text, cm, tm, *_rest, keep=places: (
                keep.append((tm[4] * cm[0] + cm[4], tm[5])) if text.strip() else None
            )
        )
        # within the margins of an A4 sheet, 595 points wide
        assert all(0 <= x <= 560 for x, _y in places)


def test_where_pdfs_cannot_be_made_nothing_is_asked_for(
    workspace: Workspace, month: dt.date, url: Url, client_as: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pdf, "why_unavailable", lambda: "no pango")
    answer = client_as("viewer").post(url("report_request"), {"month": f"{month:%Y-%m}"})
    assert answer.status_code == 503
    assert "libpango-1.0-0" in answer.content.decode()
    with tenancy.scope(workspace.pk):
        assert not Report.objects.exists()


def test_the_sweep_finds_every_workspaces_reports(
    workspace: Workspace, month: dt.date, cast: Cast, monkeypatch: Any
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(make_reports, "apply_async", lambda args, **_o: asked.append(args[0]))
    send_reports()
    assert asked == []
    with tenancy.scope(workspace.pk):
        Report.objects.create(
            month=month, language="en", sections=["kpis"], requested_at=clock.now(),
            next_attempt_at=clock.now(),
        )  # fmt: skip
    send_reports()
    assert asked == [workspace.pk]
