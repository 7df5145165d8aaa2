"""Open loops: who is still owed an answer, and what was done."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import address, attempt, found, list_page, may, see_other
from cs_platform.core import clock
from cs_platform.core.paging import Sort
from metrics.surveys.actions import follow_ups as actions
from metrics.surveys.forms.results import OutcomeForm
from metrics.surveys.models import FollowUp
from metrics.surveys.queries import follow_ups as queries

_PAGE = 50
_STATES = (
    ("", gettext_lazy("Open")),
    ("overdue", gettext_lazy("Overdue")),
    ("resolved", gettext_lazy("Resolved")),
)


@page(Permission.VIEW)
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Follow-ups, the most urgent first: open ones, overdue ones, or those resolved."""
    today = clock.local_date(clock.now(), request.workspace.timezone)
    state = request.GET.get("state", "")
    state = state if state in dict(_STATES) else ""
    is_mine = request.GET.get("whose") == "mine"
    owner = request.membership if is_mine else None
    if state == "resolved":
        rows, sort = (
            queries.listed().filter(state=FollowUp.State.RESOLVED),
            Sort("opened_at", True),
        )
    else:
        rows, sort = queries.open_of(queries.listed()), Sort("due_on")
    if state == "overdue":
        rows = rows.filter(state=FollowUp.State.OPEN, due_on__lt=today)
    if owner is not None:
        rows = rows.filter(owner=owner)
    survey = request.GET.get("survey", "")
    if survey.isascii() and survey.isdecimal() and len(survey) < 19:
        rows = rows.filter(survey_id=int(survey))
    context = {
        "page": list_page(request, rows, purpose="follow-ups", sort=sort, limit=_PAGE),
        "counts": queries.counts(today=today, owner=owner),
        "states": [(value, label, value == state) for value, label in _STATES],
        "state": state,
        "is_mine": is_mine,
        "today": today,
        "may": may(request),
    }
    is_part = request.htmx and request.htmx.target == "list"
    template = "surveys/follow_ups/_list.html" if is_part else "surveys/follow_ups/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@page(Permission.VIEW)
def follow_up(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """One follow-up: what was answered, who is on it, and what was done."""
    return _page(request, found(queries.follow_ups(), follow_up_id), OutcomeForm())


@page(Permission.LOG_CONTACT, methods=("POST",))
def follow_up_move(request: HttpRequest, follow_up_id: int, verb: str) -> HttpResponse:
    """Note that the customer was contacted, close the loop, or open it again."""
    row: FollowUp = found(queries.follow_ups(), follow_up_id)
    actor, now = Actor.of(request.membership), clock.now()
    form = OutcomeForm(request.POST)
    if verb == "contacted":
        attempt(form, lambda: actions.mark_contacted(actor=actor, now=now, follow_up=row))
        form.errors.pop("note", None)
    elif verb == "reopen":
        attempt(form, lambda: actions.reopen(actor=actor, now=now, follow_up=row))
        form.errors.pop("note", None)
    elif verb == "resolve":
        if form.is_valid():
            note = form.cleaned_data["note"]
            attempt(form, lambda: actions.resolve(actor=actor, now=now, follow_up=row, note=note))
    else:
        raise Http404
    if form.errors:
        return _page(request, row, form, status=422)
    messages.success(request, _("Noted."))
    return see_other(address(request, "follow_up", row.pk))


def _page(
    request: HttpRequest, row: FollowUp, form: OutcomeForm, *, status: int = 200
) -> HttpResponse:
    today = clock.local_date(clock.now(), request.workspace.timezone)
    context = {
        "row": row,
        "form": form,
        "today": today,
        "is_overdue": row.state == FollowUp.State.OPEN and row.due_on and row.due_on < today,
        "may": may(request),
    }
    return render(request, "surveys/follow_ups/follow_up.html", context, status=status)
