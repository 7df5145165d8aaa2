"""The review sheet of an account: chosen, shown, and as PDF."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account, Task
from accounts.permissions import Permission
from accounts.views.common import address, attempt, found, may, see_other
from cs_platform.core import clock, pdf
from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.documents import review
from cs_platform.documents.forms import ReviewForm
from cs_platform.documents.period import (
    LONGEST,
    BadPeriod,
    Period,
    last_months,
    last_quarter,
    parse_period,
    quarter_of,
)
from cs_platform.documents.queries.review import open_tasks
from cs_platform.documents.rendering import body_html, speaking
from cs_platform.documents.tasks import make_reviews
from cs_platform.documents.views.common import pdf_answer, unavailable
from cs_platform.documents.wording import period_name
from metrics.kpis.periods import month_start
from metrics.reports.actions.reviews import request_review_file, save_review_sheet
from metrics.reports.models import ReviewFile
from metrics.reports.models.report import LANGUAGES


@dataclass(frozen=True)
class Asked:
    """An account and the months asked for; ``problem`` says why they are not those of the URL."""

    account: Account
    period: Period
    problem: str
    choices: review.Choices
    tasks: list[Task]

    def query(self) -> str:
        """The months as the URL has them."""
        return urlencode(
            {
                "from": f"{self.period.first_month:%Y-%m}",
                "to": f"{self.period.last_month:%Y-%m}",
            }
        )

    def file_query(self) -> str:
        """The months and the language of the file."""
        return f"{self.query()}&{urlencode({'language': self.choices.language})}"


def _asked(request: HttpRequest, account_id: int) -> Asked:
    account: Account = found(Account.objects.select_related("owner__user"), account_id)
    today = clock.local_date(clock.now(), request.workspace.timezone)
    period = last_quarter(today, request.workspace.fiscal_year_start_month)
    problem = ""
    if "from" in request.GET or "to" in request.GET:
        try:
            period = parse_period(
                request.GET.get("from", ""), request.GET.get("to", ""), today=today
            )
        except BadPeriod as error:
            problem = _problem(str(error))
    tasks = open_tasks(account)
    language = request.GET.get("language", "")
    choices = review.choices(
        account,
        period,
        tasks,
        viewer_language=get_language() or "en",
        language=language if language in dict(LANGUAGES) else "",
    )
    return Asked(account, period, problem, choices, tasks)


def _problem(code: str) -> str:
    texts = {
        "format": _("Months are written as 2026-07. This is the last quarter."),
        "order": _("The first month comes after the last one. This is the last quarter."),
        "future": _("The last month has not begun. This is the last quarter."),
        "long": _("A sheet covers at most %(count)d months. This is the last quarter.")
        % {"count": LONGEST},
    }
    return texts[code]


def _sheet(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """What the sheet's template needs, in the document's language, which must be active."""
    return {
        "sheet": review.compose(
            asked.account,
            workspace=request.workspace,
            period=asked.period,
            choices=asked.choices,
            tasks=asked.tasks,
            today=clock.local_date(clock.now(), request.workspace.timezone),
        ),
        "title": review.title(),
    }


@page(Permission.VIEW)
def review_sheet(request: HttpRequest, account_id: int) -> HttpResponse:
    """The sheet as it will be handed over, and what can be chosen for it."""
    return _page(request, _asked(request, account_id), None)


@page(Permission.EDIT_ACCOUNTS, methods=("POST",))
def review_sheet_save(request: HttpRequest, account_id: int) -> HttpResponse:
    """Keep what was chosen for the account and the months of the URL."""
    asked = _asked(request, account_id)
    form = ReviewForm(request.POST, choices=asked.choices, tasks=asked.tasks)
    if form.is_valid():
        data = {"tasks": (), **form.cleaned_data}
        attempt(
            form,
            lambda: save_review_sheet(
                actor=Actor.of(request.membership),
                now=clock.now(),
                account=asked.account,
                first_month=asked.period.first_month,
                last_month=asked.period.last_month,
                **data,
            ),
        )
        if not form.errors:
            messages.success(request, _("The review sheet was saved."))
            url = address(request, "review_sheet", asked.account.pk)
            return see_other(f"{url}?{asked.query()}")
    return _page(request, asked, form)


def _page(request: HttpRequest, asked: Asked, form: ReviewForm | None) -> HttpResponse:
    language = asked.choices.language
    with speaking(language, request.workspace):
        paper = body_html("documents/_review.html", _sheet(request, asked), on_screen=True)
    if form is None:
        form = ReviewForm(choices=asked.choices, tasks=asked.tasks)
    today = clock.local_date(clock.now(), request.workspace.timezone)
    this = month_start(today)
    months = [month_start(this, -back) for back in range(LONGEST + 1)]
    context = {
        "account": asked.account,
        "asked": asked,
        "file": _file(asked),
        "form": form,
        "paper": paper,
        "language": language,
        "languages": LANGUAGES,
        "may": may(request),
        "problem": asked.problem,
        "first": f"{asked.period.first_month:%Y-%m}",
        "last": f"{asked.period.last_month:%Y-%m}",
        "months": _months(months, asked.period),
        "presets": _presets(request, asked, this),
    }
    return render(request, "documents/review.html", context)


def _months(recent: list[Any], period: Period) -> list[tuple[str, str]]:
    """The months offered, newest first, those chosen among them."""
    every = sorted({*recent, period.first_month, period.last_month}, reverse=True)
    return [(f"{month:%Y-%m}", month_name(month)) for month in every]


def _presets(request: HttpRequest, asked: Asked, this: Any) -> list[dict[str, Any]]:
    start = request.workspace.fiscal_year_start_month
    quarter = quarter_of(this, start)
    offered = [
        (_("Quarter so far"), Period(quarter.first_month, this)),
        (_("Last quarter"), quarter.before),
        (_("The quarter before"), quarter.before.before),
        (_("Six months"), last_months(this, 6)),
        (_("Twelve months"), last_months(this, 12)),
    ]
    url = address(request, "review_sheet", asked.account.pk)
    return [
        {
            "label": label,
            "title": period_name(period),
            "url": f"{url}?{urlencode(_months_of(period))}",
            "is_current": period == asked.period,
        }
        for label, period in offered
    ]


def _months_of(period: Period) -> dict[str, str]:
    return {"from": f"{period.first_month:%Y-%m}", "to": f"{period.last_month:%Y-%m}"}


@page(Permission.VIEW, methods=("POST",))
def review_sheet_request(request: HttpRequest, account_id: int) -> HttpResponse:
    """Have the sheet set as a file for the customer; the page says how far that is."""
    asked = _asked(request, account_id)
    back = f"{address(request, 'review_sheet', asked.account.pk)}?{asked.query()}"
    if pdf.why_unavailable():
        return unavailable(request, pdf.unavailable_error(), back)
    request_review_file(
        now=clock.now(),
        account=asked.account,
        first_month=asked.period.first_month,
        last_month=asked.period.last_month,
        language=asked.choices.language,
    )
    workspace_id = request.workspace.pk
    # Only quicker: the scheduler would find the request within a minute.
    transaction.on_commit(lambda: _nudge(workspace_id), robust=True)
    if request.htmx:
        return _file_part(request, asked)
    return see_other(back)


def _nudge(workspace_id: int) -> None:
    make_reviews.apply_async((workspace_id,), expires=300, retry=False)


def _file(asked: Asked) -> ReviewFile | None:
    """The file of what is shown, without its content."""
    found: ReviewFile | None = (
        ReviewFile.objects.filter(
            account=asked.account,
            first_month=asked.period.first_month,
            last_month=asked.period.last_month,
            language=asked.choices.language,
        )
        .defer("pdf")
        .first()
    )
    return found


@page(Permission.VIEW)
def review_sheet_file(request: HttpRequest, account_id: int) -> HttpResponse:
    """How far the file is; asked for again while it is being made."""
    return _file_part(request, _asked(request, account_id))


def _file_part(request: HttpRequest, asked: Asked) -> HttpResponse:
    context = {"account": asked.account, "asked": asked, "file": _file(asked)}
    return render(request, "documents/_review_file.html", context)


@page(Permission.VIEW)
def review_sheet_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    """The file for the customer as it was made; 404 until it is."""
    asked = _asked(request, account_id)
    file = _file(asked)
    if file is None or file.made_at is None or file.pdf is None:
        raise Http404
    name = f"{file.title} {file.first_month:%Y-%m} {file.last_month:%Y-%m}.pdf"
    return pdf_answer(bytes(file.pdf), name)
