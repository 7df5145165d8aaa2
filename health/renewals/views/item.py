"""One renewal: what is known of it, and the small forms by which people work on it."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission, allows
from accounts.views.common import address, attempt
from cs_platform.core import clock
from health.renewals import wording
from health.renewals.actions.forecasts import set_forecast
from health.renewals.actions.steps import enter_lost, enter_renewed, move_step
from health.renewals.forms import ForecastForm, LostForm, MoveForm, RenewalForm, RenewedForm
from health.renewals.models import Renewal
from health.renewals.queries.lists import forecast_history, history, with_joined

# Told to the page by htmx, so that lists showing the renewal fetch themselves again.
CHANGED = "renewal-changed"
# verb: (its words, what the role needs, icon)
VERBS: dict[str, tuple[Any, Permission, str]] = {
    "move": (_("Move on"), Permission.WORK_RENEWALS, "arrow-right"),
    "csm": (_("CSM forecast"), Permission.WORK_RENEWALS, "user-check"),
    "final": (_("Final forecast"), Permission.OVERRIDE_FORECAST, "gavel"),
    "renewed": (_("Enter the renewal"), Permission.EDIT_ACCOUNTS, "refresh"),
    "lost": (_("Enter the loss"), Permission.EDIT_ACCOUNTS, "circle-x"),
}


def _renewal(renewal_id: int) -> Renewal:
    found: Renewal | None = with_joined(Renewal.objects.filter(pk=renewal_id)).first()
    if found is None or found.is_void:
        raise Http404
    return found


def _form(verb: str, renewal: Renewal, data: QueryDict | None = None) -> RenewalForm:
    ids = f"id_{verb}_%s"
    if verb in {"csm", "final"}:
        return ForecastForm(data, renewal=renewal, forecaster=verb, auto_id=ids)
    kinds: dict[str, type[RenewalForm]] = {
        "move": MoveForm,
        "renewed": RenewedForm,
        "lost": LostForm,
    }
    return kinds[verb](data, renewal=renewal, auto_id=ids)


def _act(
    verb: str, form: RenewalForm, renewal: Renewal, request: HttpRequest
) -> Callable[[], Renewal]:
    values = {
        "actor": Actor.of(request.membership),
        "now": clock.now(),
        "renewal_id": renewal.pk,
        **form.values(),
    }
    if verb in {"csm", "final"}:
        return lambda: set_forecast(forecaster=verb, **values)
    acts: dict[str, Callable[..., Renewal]] = {
        "move": move_step,
        "renewed": enter_renewed,
        "lost": enter_lost,
    }
    return lambda: acts[verb](**values)


@page(Permission.VIEW)
def renewal(request: HttpRequest, renewal_id: int) -> HttpResponse:
    """What is known of a renewal; for htmx the content of a dialog."""
    return _panel(request, _renewal(renewal_id))


@page(Permission.WORK_RENEWALS, methods=("POST",))
def renewal_action(request: HttpRequest, renewal_id: int, verb: str) -> HttpResponse:
    """Do one of the `VERBS`.

    Answers htmx with the panel (422 with errors where the input is not accepted, or the row has
    changed since it was looked at), others with a redirect to the renewal's page.
    """
    subject = _renewal(renewal_id)
    if verb not in VERBS:
        raise Http404
    if not allows(request.membership.role, VERBS[verb][1]):
        raise PermissionDenied
    form = _form(verb, subject, request.POST)
    if form.is_valid():
        attempt(form, _act(verb, form, subject, request))
    if form.errors:
        return _panel(request, _renewal(renewal_id), failed=(verb, form))
    if request.htmx:
        response = _panel(request, _renewal(renewal_id))
        response["HX-Trigger"] = json.dumps({CHANGED: {"renewal": renewal_id}})
        return response
    return HttpResponseRedirect(address(request, "renewal", renewal_id), status=303)


def _again(form: RenewalForm, subject: Renewal) -> RenewalForm:
    """The form with what was typed, ready to be sent again: it now shows the row as it is."""
    form.data = form.data.copy()
    form.data["version"] = str(subject.version)
    return form


def _panel(
    request: HttpRequest, subject: Renewal, *, failed: tuple[str, RenewalForm] | None = None
) -> HttpResponse:
    today = clock.local_date(clock.now(), request.workspace.timezone)
    offered = []
    for verb, (label, permission, icon) in VERBS.items():
        if not subject.is_open or not allows(request.membership.role, permission):
            continue
        is_failed = failed is not None and failed[0] == verb
        # from a list it is opened to be moved on
        is_first = verb == "move" and failed is None and bool(request.htmx)
        form = _again(failed[1], subject) if failed and is_failed else _form(verb, subject)
        offered.append(
            {
                "verb": verb,
                "label": label,
                "icon": icon,
                "form": form,
                "is_open": is_failed or is_first,
            }
        )
    context = {
        "renewal": subject,
        "row": wording.rows([subject], today)[0],
        "today": today,
        "offered": offered,
        "notes": history(subject),
        "forecasts": forecast_history(subject),
    }
    template = "renewals/_renewal.html" if request.htmx else "renewals/renewal.html"
    response = render(request, template, context, status=422 if failed else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response
