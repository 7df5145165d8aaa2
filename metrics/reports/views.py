"""The archive of reports, and the schedules that fill it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import address, form_page, list_page, may, see_other
from cs_platform.core import clock
from cs_platform.core.errors import NotFound
from cs_platform.core.paging import Sort
from metrics.reports import queries
from metrics.reports.actions.reports import retry_report
from metrics.reports.actions.schedules import create_schedule, delete_schedule, update_schedule
from metrics.reports.calendar import next_send
from metrics.reports.forms import ScheduleForm
from metrics.reports.models import Report

_PAGE = 30


@page(Permission.VIEW)
def report_archive(request: HttpRequest) -> HttpResponse:
    """Every report made, newest first, with whom it went to and how far it came."""
    found = list_page(
        request,
        queries.archive(),
        purpose="reports",
        sort=Sort("requested_at", descending=True),
        limit=_PAGE,
    )
    return render(request, "reports/archive.html", {"page": found, "may": may(request)})


@page(Permission.VIEW)
def report_row(request: HttpRequest, report_id: int) -> HttpResponse:
    """One line of the archive, asked for again while its report is being made."""
    report = queries.archive().filter(pk=report_id).first()
    if report is None:
        raise Http404
    return render(request, "reports/_row.html", {"report": report, "may": may(request)})


@page(Permission.VIEW)
def report_file(request: HttpRequest, report_id: int) -> HttpResponse:
    """The PDF as it was made; 404 until it is."""
    report = Report.objects.filter(pk=report_id, state=Report.State.READY).first()
    if report is None or report.pdf is None:
        raise Http404
    response = HttpResponse(bytes(report.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{report.file_name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@page(Permission.MANAGE_REPORTS, methods=("POST",))
def report_retry(request: HttpRequest, report_id: int) -> HttpResponse:
    """Have a failed report made anew."""
    try:
        retry_report(now=clock.now(), report_id=report_id)
    except NotFound as error:
        raise Http404 from error
    return see_other(address(request, "report_archive"))


@page(Permission.VIEW)
def report_schedules(request: HttpRequest) -> HttpResponse:
    """Who gets a report when."""
    now, zone = clock.now(), request.workspace.timezone
    rows = [
        {
            "schedule": schedule,
            "next_at": next_send(
                now, day_of_month=schedule.day_of_month, hour=schedule.hour, zone=zone
            )
            if schedule.is_active
            else None,
            "hour": f"{schedule.hour:02d}:00",
        }
        for schedule in queries.schedules()
    ]
    return render(request, "reports/schedules.html", {"rows": rows, "may": may(request)})


@page(Permission.MANAGE_REPORTS, methods=("GET", "POST"))
def report_schedule_new(request: HttpRequest) -> HttpResponse:
    """A schedule more."""
    form = ScheduleForm(
        request.POST or None,
        workspace=request.workspace,
        initial={"name": _("Monthly report"), "language": request.LANGUAGE_CODE[:2],
                 "recipients": [request.membership.pk]},
    )  # fmt: skip
    return _form(
        request,
        form,
        lambda: create_schedule(
            actor=Actor.of(request.membership), now=clock.now(), **form.cleaned_data
        ),
        title=_("New schedule"),
    )


@page(Permission.MANAGE_REPORTS, methods=("GET", "POST"))
def report_schedule_edit(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Change a schedule."""
    schedule = queries.schedules().filter(pk=schedule_id).first()
    if schedule is None:
        raise Http404
    form = ScheduleForm(request.POST or None, workspace=request.workspace, instance=schedule)
    return _form(
        request,
        form,
        lambda: update_schedule(
            actor=Actor.of(request.membership),
            now=clock.now(),
            schedule=schedule,
            **form.cleaned_data,
        ),
        title=schedule.name,
    )


def _form(request: HttpRequest, form: ScheduleForm, act: Any, *, title: str) -> HttpResponse:
    with timezone.override(request.workspace.timezone):
        return form_page(
            request,
            form,
            act,
            title=title,
            submit=_("Save"),
            done=_("The schedule was saved."),
            then=address(request, "report_schedules"),
            pretitle=_("Reports"),
        )


@page(Permission.MANAGE_REPORTS, methods=("POST",))
def report_schedule_delete(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Take a schedule away; what it has sent stays in the archive."""
    try:
        delete_schedule(
            actor=Actor.of(request.membership), now=clock.now(), schedule_id=schedule_id
        )
    except NotFound as error:
        raise Http404 from error
    return see_other(address(request, "report_schedules"))
