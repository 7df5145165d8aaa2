"""The review sheet: what the customer reads, and that nothing else is on it."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import Account, Task, Workspace
from cs_platform.core import clock, pdf, tenancy
from cs_platform.documents import rendering
from cs_platform.documents.period import (
    BadPeriod,
    Period,
    last_months,
    last_quarter,
    parse_period,
    quarter_of,
)
from cs_platform.documents.tasks import make_reviews
from health.models import AccountCurrent
from metrics.kpis.periods import month_start
from metrics.reports.models import ReviewFile, ReviewSheet
from metrics.surveys.models import Response, Survey
from tests.cast import ROLES, Cast
from tests.documents.conftest import SECRETS, text_of

Url = Callable[..., str]


@pytest.fixture
def months(today: dt.date) -> str:
    """The query of the last three months."""
    first, last = month_start(today, -3), month_start(today, -1)
    return f"?from={first:%Y-%m}&to={last:%Y-%m}"


def sheet(client: Client, url: Url, account: Account, months: str) -> str:
    answer = client.get(url("review_sheet", account.pk) + months)
    assert answer.status_code == 200
    return answer.content.decode()


def file_of(client: Any, url: Url, account: Account, months: str) -> Any:
    """The PDF, asked for and made."""
    assert client.post(url("review_sheet_request", account.pk) + months).status_code == 303
    make_reviews(account.workspace_id)
    return client.get(url("review_sheet_pdf", account.pk) + months)


def test_it_shows_what_the_customer_did(
    account: Account, months: str, url: Url, client_as: Any
) -> None:
    page = sheet(client_as("viewer"), url, account, months + "&language=en")
    assert "月次決算を3日で終える" in page
    assert "北極星商事 &lt;b&gt;&amp;株式会社" in page
    assert "<b>&株式会社" not in page
    assert "of 10 seats (20%)" in page  # two people in the last month
    assert ">66<" in page  # 11 + 22 + 33 actions
    assert "レポート作成" in page
    assert "操作研修の日程を決める" in page
    assert "Suite" in page
    assert "30,000" in page


def test_nothing_we_think_of_the_customer_is_in_it(
    workspace: Workspace, account: Account, months: str, url: Url, client_as: Any
) -> None:
    """Neither in the page's sheet nor in the PDF's words, data and metadata."""
    with tenancy.scope(workspace.pk):
        current = AccountCurrent.objects.get(account=account)
        sheet_of_all = {"sections": ReviewSheet.Section.values}
    assert current.is_flagged  # there is something to be kept back
    assert current.churn_probability is not None
    client = client_as("csm")
    saved = client.post(
        url("review_sheet_save", account.pk) + months,
        {**sheet_of_all, "language": "en", "note": ""},
    )
    assert saved.status_code == 303
    page = sheet(client_as("viewer"), url, account, months)
    paper = page[page.index('<article class="paper"') : page.index("</article>")]
    content = file_of(client, url, account, months).content
    reader = PdfReader(io.BytesIO(content))
    words, data = text_of(content), str(reader.metadata)
    for secret in SECRETS:
        assert secret not in paper
        assert "".join(secret.split()) not in words
        assert secret not in data
        assert secret.encode() not in content
    for word in ("health", "churn", "risk", "probability", "expected loss", "band", "score"):
        assert word not in paper.lower(), word
        assert word.replace(" ", "") not in words.lower(), word
        assert word not in data.lower(), word


def test_only_tasks_that_were_chosen_are_shown(
    workspace: Workspace, account: Account, months: str, url: Url, client_as: Any
) -> None:
    with tenancy.scope(workspace.pk):
        internal = Task.objects.get(title__startswith="INTERNAL-TASK")
    client = client_as("csm")
    chosen = {"language": "en", "sections": ["next_steps"], "tasks": [internal.pk], "note": "x"}
    client.post(url("review_sheet_save", account.pk) + months, chosen)
    paper = sheet(client_as("viewer"), url, account, months)
    assert "INTERNAL-TASK prepare discount" in paper
    assert "操作研修の日程を決める" not in paper
    assert "月次決算" not in paper


def test_answers_are_means_without_names(
    workspace: Workspace, account: Account, today: dt.date, months: str, url: Url, client_as: Any
) -> None:
    now = clock.now()
    when = clock.day_start(month_start(today, -2), workspace.timezone)
    with tenancy.scope(workspace.pk):
        survey = Survey.objects.create(kind="csat", name="Q", created_at=now, updated_at=now)
        shared = {
            "survey": survey, "account": account, "kind": "csat", "scale": 5, "channel": "link",
            "known_at": when,
        }  # fmt: skip
        sato = account.contacts.get()
        Response.objects.create(**shared, score=1, happened_at=when, contact=sato)
        Response.objects.create(
            **shared, score=4, happened_at=when + dt.timedelta(days=9), contact=sato,
            comment="もう少し速いと助かります",
        )  # fmt: skip
        Response.objects.create(**shared, score=5, happened_at=when)
        Response.objects.create(**shared, score=1, happened_at=when, is_suspected_robot=True)
        Response.objects.create(**shared, score=1, happened_at=when - dt.timedelta(days=80))
    page = sheet(client_as("viewer"), url, account, months + "&language=en")
    # Sato's latest and the nameless one: (4 + 5) / 2; a 1 in the months before
    assert '<td class="n">4.5</td><td class="n">2</td><td class="n">1.0</td>' in page
    assert "+3.5" in page
    assert "もう少し速い" not in page
    assert "Sato" not in page
    client_as("csm").post(
        url("review_sheet_save", account.pk) + months,
        {"language": "ja", "sections": ["satisfaction", "comments"], "note": ""},
    )
    page = sheet(client_as("viewer"), url, account, months)
    assert "もう少し速いと助かります" in page
    assert "Sato" not in page


def test_what_is_chosen_is_kept_per_period(
    workspace: Workspace, cast: Cast, account: Account, months: str, url: Url, client_as: Any
) -> None:
    client = client_as("csm")
    save = url("review_sheet_save", account.pk)
    chosen = {"language": "ja", "sections": ["goals"], "note": "新機能の <i>ご紹介</i>"}
    answer = client.post(save + months, chosen)
    assert answer["Location"].endswith(months.replace("?", ""))
    client.post(save + months, {**chosen, "sections": ["goals", "usage"]})
    with tenancy.scope(workspace.pk):
        kept = ReviewSheet.objects.get()
        assert (kept.language, kept.sections) == ("ja", ["goals", "usage"])
        assert kept.written_by_id == cast["csm"].pk
    assert "新機能の &lt;i&gt;ご紹介" in sheet(client, url, account, months)
    other = sheet(client, url, account, "?from=2026-01&to=2026-03")
    assert "ご紹介" not in other


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sections": []}, "required"),
        ({"sections": ["health"]}, "health"),
        ({"language": "xx"}, "xx"),
        ({"note": "x" * 4001}, "4000"),
        ({"note": "a\x00b"}, "ull character"),
        ({"tasks": ["nine"]}, "nine"),
    ],
)
def test_bad_choices_are_answered_with_the_reason(
    account: Account, months: str, url: Url, client_as: Any, changes: Any, words: str
) -> None:
    posted = {"language": "en", "sections": ["goals"], "note": "", **changes}
    answer = client_as("csm").post(url("review_sheet_save", account.pk) + months, posted)
    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_its_language_is_the_customers_unless_chosen(
    account: Account, months: str, url: Url, client_as: Any
) -> None:
    client = client_as("viewer")
    assert 'class="paper" lang="ja"' in sheet(client, url, account, months)
    assert 'class="paper" lang="en"' in sheet(client, url, account, months + "&language=en")
    # what is none is not understood, and the page stays
    assert 'class="paper" lang="ja"' in sheet(client, url, account, months + "&language=xx")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=2026-13&to=2026-13", "2026-07"),
        ("?from=x", "2026-07"),
        ("?from=2026-03&to=2026-01", "after the last"),
        ("?from=2020-01&to=2026-01", "24 months"),
        ("?from=2199-01&to=2199-02", "not begun"),
    ],
)
def test_bad_periods_are_named(
    account: Account, url: Url, client_as: Any, query: str, words: str
) -> None:
    page = sheet(client_as("viewer"), url, account, query)
    assert words in page


def test_the_file_is_japanese_whole_and_named(
    account: Account, months: str, url: Url, client_as: Any
) -> None:
    client = client_as("viewer")
    client.cookies["django_language"] = "ja"
    answer = file_of(client, url, account, months)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "private, no-store"
    disposition = answer["Content-Disposition"]
    assert disposition.isascii()
    assert '"' not in disposition.removeprefix('inline; filename="').replace('";', "", 1)
    reader = PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) <= 3
    words = text_of(answer.content)
    for expected in (
        "定例会資料",
        "北極星商事<b>&株式会社",
        "月次決算を3日で終える",
        "レポート作成",
    ):
        assert expected in words


def test_it_is_set_by_a_worker_and_the_page_says_how_far_it_is(
    workspace: Workspace, account: Account, months: str, url: Url, client_as: Any, monkeypatch: Any
) -> None:
    client = client_as("viewer")
    page = url("review_sheet", account.pk) + months
    monkeypatch.setattr(rendering, "render_pdf", _no_pdf_here)  # not while somebody waits
    first = client.post(url("review_sheet_request", account.pk) + months)
    assert first.status_code == 303
    client.post(url("review_sheet_request", account.pk) + months)  # a second click
    assert client.get(url("review_sheet_pdf", account.pk) + months).status_code == 404
    for _reload in range(2):
        assert "Being made" in client.get(page).content.decode()
    make_reviews(workspace.pk)  # and fails
    with tenancy.scope(workspace.pk):
        file = ReviewFile.objects.get()
        assert (file.state, file.attempts, "no PDF here" in file.error) == ("queued", 1, True)
        ReviewFile.objects.update(next_attempt_at=clock.now())
    assert "no PDF here" in client.get(page).content.decode()
    monkeypatch.undo()
    make_reviews(workspace.pk)
    part = client.get(url("review_sheet_file", account.pk) + months).content.decode()
    assert "Being made" not in part
    assert "Make PDF anew" in part
    assert client.get(url("review_sheet_pdf", account.pk) + months).content.startswith(b"%PDF")
    # asked for anew, the old one can still be had meanwhile
    client.post(url("review_sheet_request", account.pk) + months)
    assert client.get(url("review_sheet_pdf", account.pk) + months).content.startswith(b"%PDF")
    with tenancy.scope(workspace.pk):
        assert ReviewFile.objects.get().state == "queued"


def _no_pdf_here(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("no PDF here")


def test_where_pdfs_cannot_be_made_the_page_says_what_to_install(
    account: Account, months: str, url: Url, client_as: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pdf, "why_unavailable", lambda: "no pango")
    answer = client_as("viewer").post(url("review_sheet_request", account.pk) + months)
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "libpango-1.0-0" in page
    assert url("review_sheet", account.pk) in page


def test_roles(account: Account, months: str, url: Url, client_as: Any) -> None:
    for role in ROLES:
        client = client_as(role)
        may_edit = role not in {"viewer", "agent"}
        page = sheet(client, url, account, months)
        assert (url("review_sheet_save", account.pk) in page) is may_edit
        posted = {"language": "en", "sections": ["goals"], "note": ""}
        answer = client.post(url("review_sheet_save", account.pk) + months, posted)
        assert answer.status_code == (303 if may_edit else 403)


def test_another_workspaces_account_does_not_exist(
    account: Account, rival_workspace: Workspace, months: str, client_as: Any
) -> None:
    rival = client_as("owner", of=rival_workspace)
    for name in ("review_sheet", "review_sheet_file", "review_sheet_pdf"):
        address = reverse(name, args=[rival_workspace.slug, account.pk])
        assert rival.get(address + months).status_code == 404
    save = reverse("review_sheet_save", args=[rival_workspace.slug, account.pk])
    posted = {"language": "en", "sections": ["goals"], "note": ""}
    assert rival.post(save + months, posted).status_code == 404
    ask = reverse("review_sheet_request", args=[rival_workspace.slug, account.pk])
    assert rival.post(ask + months).status_code == 404


def test_it_takes_few_queries(
    account: Account, months: str, url: Url, client_as: Any, django_assert_max_num_queries: Any
) -> None:
    client = client_as("csm")
    sheet(client, url, account, months)
    with django_assert_max_num_queries(20):
        sheet(client, url, account, months)


# --- periods ---------------------------------------------------------------------------------
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


def test_worked_quarters() -> None:
    day = dt.date(2026, 11, 22)
    assert quarter_of(day, 4) == Period(dt.date(2026, 10, 1), dt.date(2026, 12, 1))
    assert quarter_of(day, 2) == Period(dt.date(2026, 11, 1), dt.date(2027, 1, 1))
    assert last_quarter(day, 4) == Period(dt.date(2026, 7, 1), dt.date(2026, 9, 1))
    assert last_months(day, 6) == Period(dt.date(2026, 5, 1), dt.date(2026, 10, 1))
    assert last_quarter(day, 4).last_day == dt.date(2026, 9, 30)
    assert last_quarter(day, 4).before == Period(dt.date(2026, 4, 1), dt.date(2026, 6, 1))


@given(day=DAYS, start=st.integers(1, 12))
def test_quarters_hold_their_day_and_follow_each_other(day: dt.date, start: int) -> None:
    quarter = quarter_of(day, start)
    assert quarter.first_month <= day <= quarter.last_day
    assert len(quarter.months) == len(quarter.before.months) == 3
    assert (quarter.first_month.month - start) % 3 == 0
    assert quarter.before.last_day + dt.timedelta(days=1) == quarter.first_month
    assert last_quarter(day, start).last_day < day


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-1", "2026-02", "format"),
        ("", "", "format"),
        ("0001-01", "0001-02", "format"),
        ("2026-02", "2026-01", "order"),
        ("2026-02", "2026-12", "future"),
        ("2024-01", "2026-01", "long"),
    ],
)
def test_months_that_make_no_period(first: str, last: str, code: str) -> None:
    with pytest.raises(BadPeriod, match=code):
        parse_period(first, last, today=dt.date(2026, 11, 22))
