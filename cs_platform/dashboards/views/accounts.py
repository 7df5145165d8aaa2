"""The list of accounts: filtered, sorted, saved, given to another owner, exported."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account
from accounts.permissions import Permission
from accounts.queries.saved_views import saved_views
from cs_platform.core.errors import DomainError
from cs_platform.core.exports import csv_response
from cs_platform.core.paging import Sort
from cs_platform.dashboards.actions import give_accounts
from cs_platform.dashboards.filters import BANDS, AccountFilters
from cs_platform.dashboards.queries.lists import (
    ListPage,
    all_rows,
    filtered,
    list_page,
    parse_sort,
)
from cs_platform.dashboards.queries.overview import last_scored_day
from cs_platform.dashboards.queries.past_lists import (
    PAST_SORTS,
    all_past_rows,
    filtered_on,
    past_page,
)
from cs_platform.dashboards.views.common import Scene, answer, opening_redirect, see_other
from health.models import AccountCurrent

PAGE = "accounts"
SORTS = (
    "name",
    "score",
    "score_7d",
    "score_30d",
    "mrr",
    "renewal_on",
    "last_seen_on",
    "last_contact_on",
)
DEFAULT_SORT = "name"
# An id is a bigint; longer numbers are none.
_ID_DIGITS = 19
MOST_ASSIGNED = 500


@page(Permission.VIEW)
def accounts(request: HttpRequest) -> HttpResponse:
    """The list; without a query it opens on the reader's own accounts."""
    if not request.GET:
        return opening_redirect(request)
    scene = Scene(request)
    filters = scene.filters()
    sort = _sort(scene)
    slug, query = request.workspace.slug, request.GET.urlencode()
    context: dict[str, Any] = {
        "sort": str(sort),
        "may": scene.may(),
        "query_string": query,
        "views": saved_views(request.membership, PAGE, query, _list_url(request)),
        "save_url": reverse("save_view", args=[slug, PAGE]),
        **scene.filter_context(filters),
    }
    if scene.is_past:
        context["day"] = last_scored_day(until=scene.asked[0])
        context["page"] = _past_page(scene, context["day"], filters, sort)
    else:
        context["page"] = _page(scene, filters, sort)
    return answer(request, "dashboards/accounts.html", "dashboards/_accounts_list.html", context)


def _sort(scene: Scene) -> Sort:
    columns = PAST_SORTS if scene.is_past else SORTS
    return parse_sort(scene.request.GET.get("sort", ""), columns=columns, default=DEFAULT_SORT)


def _page(scene: Scene, filters: AccountFilters, sort: Sort) -> ListPage:
    rows = filtered(
        AccountCurrent.objects.select_related("owner__user", "account").defer(
            "reasons", *(f"account__{name}" for name in Account.LONG_FIELDS)
        ),
        filters,
        today=scene.today,
    )
    return scene.page(lambda cursor: list_page(rows, purpose=PAGE, sort=sort, cursor=cursor))


def _past_page(
    scene: Scene, day: dt.date | None, filters: AccountFilters, sort: Sort
) -> ListPage | None:
    if day is None:
        return None
    found = filtered_on(day, filters)
    return scene.page(
        lambda cursor: past_page(found, purpose=f"{PAGE}:{day}", sort=sort, cursor=cursor)
    )


def _list_url(request: HttpRequest) -> str:
    return reverse(PAGE, args=[request.workspace.slug])


@page(Permission.ASSIGN, methods=("POST",))
def assign(request: HttpRequest) -> HttpResponse:
    """Give the selected accounts to another owner, or to nobody."""
    back = _back(request)
    given = request.POST.getlist("ids")
    ids = [int(value) for value in given if value.isdecimal() and len(value) < _ID_DIGITS]
    if not ids:
        messages.warning(request, _("Select at least one account first."))
        return back
    if len(ids) > MOST_ASSIGNED:
        messages.error(
            request,
            _("At most %(most)d accounts can be assigned at once.") % {"most": MOST_ASSIGNED},
        )
        return back
    scene = Scene(request)
    chosen = request.POST.get("owner", "")
    owner = next((member for member in scene.owners if str(member.pk) == chosen), None)
    if owner is None and chosen != "none":
        messages.error(request, _("Choose the new owner."))
        return back
    try:
        moved = give_accounts(
            actor=Actor.of(request.membership), now=scene.now, account_ids=ids, owner=owner
        )
    except DomainError as error:
        messages.error(request, error.message)
        return back
    messages.success(
        request,
        ngettext(
            "%(count)d account now belongs to %(owner)s.",
            "%(count)d accounts now belong to %(owner)s.",
            moved,
        )
        % {"count": moved, "owner": owner.user if owner else _("nobody")},
    )
    return back


def _back(request: HttpRequest) -> HttpResponse:
    """Back to the list as it was; only the query of the form is trusted, never an address."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query.setdefault("owner", "all")
    return see_other(f"{_list_url(request)}?{query.urlencode()}")


@page(Permission.VIEW)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole list as CSV, with the filters and the sort of the page it was asked from."""
    scene = Scene(request)
    filters = scene.filters()
    day = last_scored_day(until=scene.asked[0]) if scene.is_past else scene.today
    header = [
        _("External id"),
        _("Name"),
        _("Reading"),
        pgettext("account", "Owner"),
        _("Segment"),
        _("Tier"),
        _("Stage"),
        _("Country"),
        _("Band"),
        _("Score"),
        _("Coverage"),
        _("Change in 7 days"),
        _("Change in 30 days"),
        _("ARR (%(currency)s)") % {"currency": request.workspace.currency},
        _("Renewal"),
        _("Notice deadline"),
        pgettext("account", "Last seen"),
        _("Last contact"),
    ]
    lines = _export_lines(scene, _all_rows(scene, day, filters))
    return csv_response(f"accounts-{day or scene.asked[0]:%Y-%m-%d}.csv", header, lines)


def _all_rows(
    scene: Scene, day: dt.date | None, filters: AccountFilters
) -> Iterator[AccountCurrent]:
    workspace_id, sort = scene.request.workspace.pk, _sort(scene)
    if not scene.is_past:
        return all_rows(workspace_id, filters, sort, today=scene.today)
    return iter(()) if day is None else all_past_rows(workspace_id, day, filters, sort)


def _export_lines(scene: Scene, rows: Iterator[AccountCurrent]) -> Iterator[Sequence[Any]]:
    names, bands = scene.names, {key: str(label) for key, label in BANDS.items()}
    segments = {value: str(label) for value, label in Account.Segment.choices}
    stages = {value: str(label) for value, label in Account.Stage.choices}

    def lines() -> Iterator[Sequence[Any]]:
        for row in rows:
            yield (
                row.external_id,
                row.name,
                row.name_reading,
                names.get(row.owner_id or 0, ""),
                segments.get(row.segment, row.segment),
                row.tier,
                stages.get(row.stage, row.stage),
                row.country,
                bands[row.band or "none"],
                row.score,
                row.coverage,
                row.score_7d,
                row.score_30d,
                row.arr,
                row.renewal_on,
                row.notice_deadline_on,
                row.last_seen_on,
                row.last_contact_on,
            )

    return lines()
