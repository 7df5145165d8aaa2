"""Documents as files: the monthly report with the letter that takes it along, the review sheet."""

import datetime as dt

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.queries.workspaces import current_workspace
from cs_platform.core.clock import local_date
from cs_platform.core.errors import DomainError
from cs_platform.documents import report as documents
from cs_platform.documents import review
from cs_platform.documents.closing import keep_month_end
from cs_platform.documents.period import Period
from cs_platform.documents.queries.figures import is_awaited
from cs_platform.documents.queries.review import open_tasks
from cs_platform.documents.rendering import body_html, speaking, to_pdf
from metrics.reports.actions.reports import Rendered
from metrics.reports.models import Report, ReviewFile

# A report waits so many attempts for figures that workers are still at, then goes without them.
PATIENT_ATTEMPTS = 3


def render_report(report: Report, *, now: dt.datetime) -> Rendered:
    """Compose and set a report in its own language, in the open scope.

    Raises ``DomainError`` while the month's figures are still being computed, and
    ``PdfUnavailable``.
    """
    workspace = current_workspace()
    with speaking(report.language, workspace):
        if report.attempts < PATIENT_ATTEMPTS and is_awaited(report.month):
            raise DomainError(
                _("The figures of the month are still being computed."), code="figures_awaited"
            )
        keep_month_end(now, report.month)
        made = documents.compose(
            workspace,
            month=report.month,
            language=report.language,
            sections=report.sections,
            today=local_date(now, workspace.timezone),
        )
        body = body_html("documents/_report.html", {"report": made}, on_screen=False)
        title = f"{made.title} {made.month_name}"
        pdf = to_pdf(body, title=title, workspace=workspace, language=report.language)
        context = {"report": made, "url": _address(workspace, report)}
        return Rendered(
            pdf=pdf.content,
            pages=pdf.pages,
            subject=f"{title} – {workspace.name}",
            text=render_to_string("documents/mail/report.txt", context).strip() + "\n",
            html=render_to_string("documents/mail/report.html", context),
        )


def render_review(file: ReviewFile, *, now: dt.datetime) -> tuple[str, bytes]:
    """Compose and set a review sheet as it was saved; its title and the PDF.

    Raises ``PdfUnavailable``.
    """
    workspace = current_workspace()
    period = Period(file.first_month, file.last_month)
    tasks = open_tasks(file.account)
    with speaking(file.language, workspace):
        made = review.compose(
            file.account,
            workspace=workspace,
            period=period,
            choices=review.choices(file.account, period, tasks, language=file.language),
            tasks=tasks,
            today=local_date(now, workspace.timezone),
        )
        body = body_html(
            "documents/_review.html", {"sheet": made, "title": review.title()}, on_screen=False
        )
        title = f"{review.title()} {file.account.name}"
        pdf = to_pdf(body, title=title, workspace=workspace, language=file.language)
    return title, pdf.content


def _address(workspace: Workspace, report: Report) -> str:
    path = reverse("report", args=[workspace.slug])
    return f"{settings.PUBLIC_URL}{path}?month={report.month:%Y-%m}"
