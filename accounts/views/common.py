"""What the pages share: finding rows, and the way from a form to an action and on."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.db import DataError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.access import HttpRequest
from accounts.permissions import Permission, allows
from cs_platform.core.errors import DomainError, NotFound
from cs_platform.core.paging import BadCursor, Sort, page_of

T = TypeVar("T")


def found(queryset: "QuerySet[Any]", pk: int) -> Any:
    """The row with this id in the open scope, or 404."""
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def may(request: HttpRequest) -> dict[str, bool]:
    """What the reader's role allows, by name."""
    return {p.value: allows(request.membership.role, p) for p in Permission}


@dataclass(frozen=True)
class ListPage:
    """Rows of a list and the way to its neighbours, as the pager wants it."""

    rows: list[Any]
    next_cursor: str | None
    previous_cursor: str | None


def list_page(
    request: HttpRequest, queryset: "QuerySet[Any]", *, purpose: str, sort: Sort, limit: int
) -> ListPage:
    """The page the URL's cursor points to; the first one when the link has gone stale."""
    try:
        cursor = request.GET.get("cursor")
        rows = page_of(queryset, purpose=purpose, sort=sort, limit=limit, cursor=cursor)
    except BadCursor:
        rows = page_of(queryset, purpose=purpose, sort=sort, limit=limit)
    return ListPage(rows.rows, rows.next, rows.previous)


def address(request: HttpRequest, name: str, *args: Any) -> str:
    """Address of a page of the reader's workspace."""
    return reverse(name, args=[request.workspace.slug, *args])


def see_other(url: str) -> HttpResponse:
    """Go on to ``url`` by GET after a POST."""
    return HttpResponseRedirect(url, status=303)


def attempt(form: forms.BaseForm, act: Callable[[], T]) -> T | None:
    """What ``act`` returns; where it refuses, None, and the form says why beside the field.

    What does not exist in this workspace is 404.
    """
    try:
        return act()
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        field = error.field if error.field in form.fields else None
        form.add_error(field, str(error.message))
    except DataError:
        # Each number fits, and what follows from them does not: seats times price, for one.
        form.add_error(None, _("A number, or what follows from it, is too large to be kept."))
    return None


def toast(response: HttpResponse, text: str, **events: Any) -> HttpResponse:
    """Have the browser show a short message and fire the other events."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text}, **events})
    return response


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[[], Any],
    *,
    title: Any,
    submit: Any,
    done: Any,
    then: str | Callable[[Any], str],
    template: str = "accounts/form.html",
    **context: Any,
) -> HttpResponse:
    """A page with one form: shown, or acted on and left for ``then`` with the message ``done``.

    Asked for by htmx it is the content of a dialog, which closes once the action has succeeded.
    """
    if request.method == "POST" and form.is_valid():
        result = attempt(form, act)
        if not form.errors:
            url = then(result) if callable(then) else then
            messages.success(request, str(done))
            if request.htmx:
                response = HttpResponse(status=204)
                response["HX-Redirect"] = url
                return response
            return see_other(url)
    context |= {
        "form": form,
        "title": title,
        "submit": submit,
        "back": then if isinstance(then, str) else context.get("back", ""),
        "action": request.get_full_path(),
    }
    response = render(request, "accounts/_form.html" if request.htmx else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
