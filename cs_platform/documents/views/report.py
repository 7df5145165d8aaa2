"""The monthly report on the screen, and the way to have it as a file or by mail."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from accounts.views.common import address, may, see_other
from cs_platform.core import clock, pdf
from cs_platform.core.errors import DomainError
from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.documents import report as documents
from cs_platform.documents.rendering import body_html, speaking
from cs_platform.documents.tasks import make_reports
from cs_platform.documents.views.common import unavailable
from metrics.kpis.periods import month_start
from metrics.reports.actions.reports import OLDEST_MONTHS, request_report
from metrics.reports.models import Section
from metrics.reports.models.report import LANGUAGES

MONTHS_OFFERED = 24


def _last_month(request: HttpRequest) -> dt.date:
    today = clock.local_date(clock.now(), request.workspace.timezone)
    return month_start(today, -1)


def _parse_month(text: str, last: dt.date) -> dt.date | None:
    """The month written as 2026-09; None where it is none, or none that can be reported on."""
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if month_start(last, -OLDEST_MONTHS) < month <= last else None


def _sections(values: list[str]) -> list[str]:
    chosen = [section for section in Section.values if section in values]
    return chosen or list(Section.values)


def _language(text: str) -> str:
    if text in dict(LANGUAGES):
        return text
    return "ja" if (get_language() or "").startswith("ja") else "en"


@page(Permission.VIEW)
def report(request: HttpRequest) -> HttpResponse:
    """A month's report: last month's, or that of ``?month=``, with what was known at its end."""
    last = _last_month(request)
    asked = request.GET.get("month", "")
    month = _parse_month(asked, last) if asked else last
    problem = ""
    if month is None:
        month = last
        problem = _("“%(text)s” is no month that can be reported on; this is %(month)s.") % {
            "text": asked[:40],
            "month": month_name(last),
        }
    language = _language(request.GET.get("language", ""))
    sections = _sections(request.GET.getlist("sections"))
    with speaking(language, request.workspace):
        made = documents.compose(
            request.workspace,
            month=month,
            language=language,
            sections=sections,
            today=clock.local_date(clock.now(), request.workspace.timezone),
        )
        paper = body_html("documents/_report.html", {"report": made}, on_screen=True)
    months = [month_start(last, -back) for back in range(MONTHS_OFFERED)]
    context: dict[str, Any] = {
        "paper": paper,
        "problem": problem,
        "month": f"{month:%Y-%m}",
        "month_name": month_name(month),
        "months": [
            (f"{choice:%Y-%m}", month_name(choice))
            for choice in sorted({*months, month}, reverse=True)
        ],
        "language": language,
        "languages": LANGUAGES,
        "sections": [(value, label, value in sections) for value, label in Section.choices],
        "chosen": sections,
        "may": may(request),
    }
    return render(request, "documents/report.html", context)


@page(Permission.VIEW, methods=("POST",))
def report_request(request: HttpRequest) -> HttpResponse:
    """Have a month's report made as a PDF; with ``send`` it is mailed to whoever asks."""
    back = address(request, "report")
    if pdf.why_unavailable():
        return unavailable(request, pdf.unavailable_error(), back)
    month = _parse_month(request.POST.get("month", ""), _last_month(request))
    if month is None:
        messages.error(request, _("Choose a month that is over."))
        return see_other(back)
    is_sent = request.POST.get("send") == "1"
    try:
        request_report(
            now=clock.now(),
            member=request.membership,
            month=month,
            language=_language(request.POST.get("language", "")),
            sections=_sections(request.POST.getlist("sections")),
            send=is_sent,
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        return see_other(back)
    workspace_id = request.workspace.pk
    # Only quicker: the scheduler would find the request within a minute.
    transaction.on_commit(lambda: _nudge(workspace_id), robust=True)
    if is_sent:
        messages.success(
            request,
            _("The report is being made and will be mailed to %(address)s.")
            % {"address": request.membership.user.email},
        )
    else:
        messages.success(request, _("The report is being made."))
    return see_other(address(request, "report_archive"))


def _nudge(workspace_id: int) -> None:
    make_reports.apply_async((workspace_id,), expires=300, retry=False)
