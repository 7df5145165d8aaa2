"""The list of renewals, the same as a calendar, and the same as CSV."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import HttpRequest, page
from accounts.ledger import add_months
from accounts.models import Account
from accounts.permissions import Permission
from accounts.queries.saved_views import saved_views
from cs_platform.core.days import out_of_range
from cs_platform.core.exports import csv_response
from cs_platform.core.paging import BadCursor, Sort
from health.renewals import wording
from health.renewals.models import Forecast, Step
from health.renewals.quarters import month_of
from health.renewals.queries.filters import BANDS, MISSING
from health.renewals.queries.lists import (
    CalendarDay,
    RenewalPage,
    all_rows,
    calendar_days,
    parse_sort,
    renewals_page,
    unrated,
)
from health.renewals.views.common import Scene, Unrated, answer, opening_redirect

PAGE = "renewals"


@page(Permission.VIEW)
def renewals(request: HttpRequest) -> HttpResponse:
    """What is due; without a query it opens on the reader's own."""
    if not request.GET:
        return opening_redirect(request)
    scene = Scene(request)
    sort = parse_sort(request.GET.get("sort", ""))
    slug, query = request.workspace.slug, request.GET.urlencode()
    found = _page(request, scene, sort)
    context = {
        **scene.context(),
        "page": found,
        "rows": wording.rows(found.rows, scene.today),
        "unrated": _unrated(scene),
        "query_string": query,
        "views": saved_views(request.membership, PAGE, query, reverse(PAGE, args=[slug])),
        "save_url": reverse("save_view", args=[slug, PAGE]),
        "tab_list": True,
    }
    return answer(request, "renewals/renewals.html", "renewals/_list.html", context)


def _page(request: HttpRequest, scene: Scene, sort: Sort) -> RenewalPage:
    options: dict[str, Any] = {"today": scene.today, "first_month": scene.first_month}
    cursor = request.GET.get("cursor") or None
    try:
        return renewals_page(scene.filters, sort, cursor=cursor, **options)
    except BadCursor:
        return renewals_page(scene.filters, sort, **options)


def _unrated(scene: Scene) -> Unrated:
    count, currencies = unrated(scene.filters, today=scene.today, first_month=scene.first_month)
    query = urlencode({**scene.filters.query(), "rate": MISSING})
    return Unrated(count, ", ".join(currencies), query)


@page(Permission.VIEW)
def calendar(request: HttpRequest) -> HttpResponse:
    """A month of renewals and notice deadlines, by day."""
    if not request.GET:
        return opening_redirect(request)
    scene = Scene(request)
    first, until = month_of(_month(request.GET.get("month", "")) or scene.today)
    days = calendar_days(
        scene.filters, first, until, today=scene.today, first_month=scene.first_month
    )
    shown = [days.get(day) or CalendarDay(day) for day in _days(first, until)]
    # a week begins on Sunday in Japan's calendars, and the columns say so
    lead = (first.weekday() + 1) % 7
    context = {
        **scene.context(),
        "month": first,
        "days": shown,
        "lead": range(lead),
        "tail": range(-(lead + len(shown)) % 7),
        "unrated": _unrated(scene),
        "weekdays": [dt.date(2023, 1, 1) + dt.timedelta(days=n) for n in range(7)],
        "count": sum(day.count for day in shown),
        "arr": sum(day.arr for day in shown),
        "deadlines": sum(day.deadlines for day in shown),
        "previous": add_months(first, -1),
        "next": until,
        "list_query": urlencode(scene.filters.query()),
        "tab_calendar": True,
    }
    return answer(request, "renewals/calendar.html", "renewals/_calendar.html", context)


def _month(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return None if out_of_range(found) else found


def _days(first: dt.date, until: dt.date) -> Iterator[dt.date]:
    while first < until:
        yield first
        first += dt.timedelta(days=1)


@page(Permission.VIEW)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole list as CSV, with the filters and the sort of the page it was asked from."""
    scene = Scene(request)
    sort = parse_sort(request.GET.get("sort", ""))
    currency = request.workspace.currency
    header = [
        _("Account id"),
        _("Account"),
        _("Contract"),
        _("Product"),
        pgettext("account", "Owner"),
        _("Segment"),
        _("Health"),
        _("Score"),
        _("ARR (%(currency)s)") % {"currency": currency},
        _("Renewal"),
        _("Notice deadline"),
        _("Notice given"),
        _("Renews by itself"),
        _("Step"),
        _("Closed on"),
        _("ARR after (%(currency)s)") % {"currency": currency},
        _("Next step"),
        pgettext("renewal", "Due"),
        _("Model"),
        _("CSM forecast"),
        _("CSM amount (%(currency)s)") % {"currency": currency},
        _("Final forecast"),
        _("Final amount (%(currency)s)") % {"currency": currency},
    ]
    lines = _export_lines(request.workspace.pk, scene, sort)
    return csv_response(f"renewals-{scene.today:%Y-%m-%d}.csv", header, lines)


def _export_lines(workspace_id: int, scene: Scene, sort: Sort) -> Iterator[Sequence[Any]]:
    filters, today, first_month = scene.filters, scene.today, scene.first_month
    names, bands = scene.names, {key: str(label) for key, label in BANDS.items()}
    segments = {value: str(label) for value, label in Account.Segment.choices}
    steps = {value: str(label) for value, label in Step.choices}
    forecasts = {"": "", **{value: str(label) for value, label in Forecast.choices}}
    yes, no = _("yes"), _("no")

    def lines() -> Iterator[Sequence[Any]]:
        for row in all_rows(workspace_id, filters, sort, today=today, first_month=first_month):
            yield (
                row.account.external_id,
                row.account.name,
                row.subscription.external_id,
                row.subscription.product.name,
                names.get(row.owner_id or 0, ""),
                segments.get(row.segment, row.segment),
                bands[row.band or "none"],
                row.score,
                row.arr,
                row.term_ends_on,
                row.notice_deadline_on,
                row.notice_given_on,
                yes if row.auto_renew else no,
                steps[row.step],
                row.closed_on,
                row.closed_arr,
                row.next_step,
                row.due_on,
                row.model_probability,
                forecasts[row.csm_category],
                row.csm_amount,
                forecasts[row.final_category],
                row.final_amount,
            )

    return lines()
