"""Saved views: kept and forgotten."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import SavedView
from accounts.permissions import Permission
from cs_platform.core.errors import DomainError
from cs_platform.dashboards.actions import delete_view, save_view
from cs_platform.dashboards.views.common import see_other

# The lists that have views, by the name of their page.
LISTS = ("accounts", "at_risk", "renewals")
# A view keeps filters and sort, never a position in the list.
_FORGOTTEN = ("cursor", "csrfmiddlewaretoken")


@page(Permission.VIEW, methods=("POST",))
def save(request: HttpRequest, list_name: str) -> HttpResponse:
    """Keep the filters of a list under a name and show that view."""
    if list_name not in LISTS:
        raise Http404
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    for name in _FORGOTTEN:
        query.pop(name, None)
    query.setdefault("owner", "all")
    try:
        view = save_view(
            actor=Actor.of(request.membership),
            page=list_name,
            name=request.POST.get("name", ""),
            query=query.urlencode(),
            is_shared="is_shared" in request.POST,
        )
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    except DomainError as error:
        messages.error(request, error.message)
    return see_other(f"{reverse(list_name, args=[request.workspace.slug])}?{query.urlencode()}")


@page(Permission.VIEW, methods=("POST",))
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of the reader's own views."""
    view = get_object_or_404(SavedView.objects.all(), pk=view_id)
    try:
        delete_view(actor=Actor.of(request.membership), view=view)
        messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    except DomainError as error:
        messages.error(request, error.message)
    return see_other(reverse(view.page, args=[request.workspace.slug]))
