"""The data pages: sources, event browser, rejected items, catalogue."""

from django.contrib import messages
from django.db.models import Func, TextField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission, allows
from cs_platform.core import clock
from cs_platform.core.errors import NotFound
from cs_platform.core.paging import BadCursor
from metrics.usage import queries
from metrics.usage.actions import set_login_event
from metrics.usage.forms import EventFilterForm
from metrics.usage.models import Event, RejectedEvent
from metrics.usage.reasons import reason


@page(Permission.VIEW)
def sources(request: HttpRequest) -> HttpResponse:
    """Which keys send events, when they were last heard from, and how far behind they are."""
    return render(
        request,
        "metrics/sources.html",
        {"rows": queries.sources(), "held": queries.held_accounts(), **_rights(request)},
    )


@page(Permission.VIEW)
def events(request: HttpRequest) -> HttpResponse:
    """The event browser."""
    form = EventFilterForm(request.GET)
    found = None
    if form.is_valid():
        try:
            found = queries.browse_events(
                form.wanted(request.workspace.timezone), request.GET.get("cursor")
            )
        except BadCursor as error:
            form.add_error(None, error.message)
    template = "metrics/_events_list.html" if _is_partial(request) else "metrics/events.html"
    return render(request, template, {"form": form, "page": found, **_rights(request)})


@page(Permission.VIEW)
def event(request: HttpRequest, event_id: int) -> HttpResponse:
    """One event as it was received."""
    # Written out by the database: properties may nest deeper than Python reads.
    raw = Func("properties", function="jsonb_pretty", output_field=TextField())
    found = Event.objects.defer("properties").annotate(raw=raw).filter(pk=event_id).first()
    if found is None:
        raise Http404
    template = "metrics/_event.html" if _is_partial(request) else "metrics/event.html"
    return render(request, template, {"event": found, "raw": found.raw, **_rights(request)})


@page(Permission.MANAGE_DATA)
def rejected(request: HttpRequest) -> HttpResponse:
    """Items that could not be taken in, with the reason."""
    code = request.GET.get("code", "").replace("\0", "")
    try:
        found = queries.rejected_events(code, request.GET.get("cursor"))
    except BadCursor:
        found = queries.rejected_events(code, None)
    codes = RejectedEvent.objects.order_by("code").values_list("code", flat=True).distinct()
    template = "metrics/_rejected_list.html" if _is_partial(request) else "metrics/rejected.html"
    return render(
        request,
        template,
        {
            "page": {
                "rows": found.rows,
                "next_cursor": found.next,
                "previous_cursor": found.previous,
            },
            "code": code,
            "codes": [(value, reason(value)) for value in codes],
            **_rights(request),
        },
    )


@page(Permission.VIEW)
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every name of an event that has come in."""
    search = request.GET.get("q", "").replace("\0", "").strip()[:200]
    template = "metrics/_catalogue_list.html" if _is_partial(request) else "metrics/catalogue.html"
    return render(
        request,
        template,
        {"names": queries.event_names(search), "search": search, **_rights(request)},
    )


@page(Permission.MANAGE_DATA, methods=("POST",))
def set_login(request: HttpRequest) -> HttpResponse:
    """Say whether an event counts as a log-in."""
    try:
        set_login_event(
            actor=Actor.of(request.membership),
            name=request.POST.get("name", "").replace("\0", ""),
            is_login=request.POST.get("is_login") == "1",
            now=clock.now(),
        )
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Saved. Past days are being counted again."))
    response = redirect("data_catalogue", request.workspace.slug)
    response.status_code = 303
    return response


def _is_partial(request: HttpRequest) -> bool:
    return bool(request.htmx) and not request.htmx.boosted


def _rights(request: HttpRequest) -> dict[str, bool]:
    role = request.membership.role
    return {
        "may_manage_data": allows(role, Permission.MANAGE_DATA),
        "may_manage_keys": allows(role, Permission.MANAGE_KEYS),
    }
