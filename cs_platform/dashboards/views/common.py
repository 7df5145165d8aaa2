"""What the pages of the dashboards share."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.access import HttpRequest
from accounts.models import Account, Membership
from accounts.permissions import Permission, allows
from accounts.queries.members import members
from cs_platform.core import clock
from cs_platform.core.paging import BadCursor
from cs_platform.dashboards.filters import (
    BANDS,
    OVERDUE,
    RENEWAL_WINDOWS,
    AccountFilters,
    described,
    opening_owner,
    parse_filters,
    renewal_label,
)
from cs_platform.dashboards.queries.lists import ListPage, tiers
from health.models import AccountCurrent
from health.reasons import Reason, next_action, reasons


@dataclass
class Scene:
    """Who looks, at what moment, and the members they may see: one query, made when needed."""

    request: HttpRequest

    @cached_property
    def now(self) -> dt.datetime:
        """The moment of the request, the same wherever it is asked for."""
        return clock.now()

    @cached_property
    def today(self) -> dt.date:
        """The workspace's calendar day."""
        return clock.local_date(self.now, self.request.workspace.timezone)

    @cached_property
    def asked(self) -> tuple[dt.date, str]:
        """The day of ``?as_of=`` and, where it was not understood, a sentence that says so."""
        text = self.request.GET.get("as_of", "")
        if not text:
            return self.today, ""
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            return self.today, _("“%(text)s” is no date; this is today.") % {"text": text[:40]}
        if day > self.today:
            return self.today, _("That day has not come yet; this is today.")
        return day, ""

    @cached_property
    def members(self) -> list[Membership]:
        """Every member, active ones first, by name."""
        return list(members(self.request.workspace))

    @cached_property
    def names(self) -> dict[int, str]:
        """Members' names by membership id, those who have left included."""
        return {member.pk: str(member.user) for member in self.members}

    @property
    def owners(self) -> list[Membership]:
        """Members who may own accounts."""
        return [member for member in self.members if member.is_active]

    @property
    def is_past(self) -> bool:
        """Whether a day before today is asked for."""
        return self.asked[0] < self.today

    def filters(self) -> AccountFilters:
        """The filters of the URL."""
        return parse_filters(self.request.GET, me=self.request.membership, owner_ids=self.names)

    def page(self, read: Callable[[str | None], ListPage]) -> ListPage:
        """What ``read`` gives for the URL's cursor; the first page when the link has gone stale."""
        # Where an order has no index, two processes take longer to sort a workspace than one, and
        # keep everybody else waiting.
        connection.set_local("max_parallel_workers_per_gather", "0")  # type: ignore[attr-defined]
        try:
            return read(self.request.GET.get("cursor") or None)
        except BadCursor:
            return read(None)

    def filter_context(self, filters: AccountFilters) -> dict[str, Any]:
        """What the filter bar of a list offers, and what is in force."""
        found = tiers()
        if filters.tier and filters.tier not in found:
            found.append(filters.tier)
        asked, problem = self.asked
        return {
            "filters": filters,
            "today": self.today,
            "is_past": self.is_past,
            "asked": asked if self.is_past else None,
            "day_problem": problem,
            "chips": described(filters, self.names),
            "owner_choices": [(str(member.pk), str(member.user)) for member in self.owners],
            "segment_choices": Account.Segment.choices,
            "tier_choices": found,
            "stage_choices": Account.Stage.choices,
            "band_choices": list(BANDS.items()),
            "renewal_choices": [
                (value, renewal_label(value)) for value in (OVERDUE, *map(str, RENEWAL_WINDOWS))
            ],
        }

    def may(self) -> dict[str, bool]:
        """What the reader's role allows, by name, for a page's buttons; of the past, nothing."""
        if self.is_past:
            return {}
        role = self.request.membership.role
        return {permission.value: allows(role, permission) for permission in Permission}


@dataclass(frozen=True)
class RiskRow:
    """A row of the at-risk list with its reasons and its next best action in words."""

    current: AccountCurrent
    reasons: list[Reason]
    next_action: str


def risk_rows(found: Iterable[AccountCurrent], *, today: dt.date) -> list[RiskRow]:
    """Rows of the at-risk list as pages show them."""
    return [RiskRow(row, reasons(row), next_action(row, today=today)) for row in found]


def answer(
    request: HttpRequest, template: str, partial: str, context: dict[str, Any]
) -> HttpResponse:
    """The page, or the part of it that htmx is about to exchange in ``#list``."""
    is_part = request.htmx and request.htmx.target == "list"
    response = render(request, partial if is_part else template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def opening_redirect(request: HttpRequest) -> HttpResponse:
    """From the bare address of a list to the one that names whose accounts it shows."""
    query = urlencode({"owner": opening_owner(request.membership)})
    return HttpResponseRedirect(f"{request.path}?{query}")


def see_other(url: str) -> HttpResponse:
    """Go on to ``url`` by GET after a POST."""
    return HttpResponseRedirect(url, status=303)
