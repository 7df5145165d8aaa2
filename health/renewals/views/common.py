"""What the pages of the renewals share."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from accounts.access import HttpRequest
from accounts.models import Account, Membership, Role
from accounts.queries.members import members
from accounts.views.common import may
from cs_platform.core import clock
from health.renewals.models import Step
from health.renewals.queries.filters import (
    BANDS,
    CLOSED,
    EVERYONE,
    MISSING,
    OPEN,
    RenewalFilters,
    deadline_choices,
    parse_filters,
    window_choices,
)


class Scene:
    """Who looks, at what moment, with which filters."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now: dt.datetime = clock.now()
        self.today: dt.date = clock.local_date(self.now, request.workspace.timezone)
        self.first_month: int = request.workspace.fiscal_year_start_month

    @cached_property
    def members(self) -> list[Membership]:
        """Every member, active ones first, by name."""
        return list(members(self.request.workspace))

    @cached_property
    def names(self) -> dict[int, str]:
        """Members' names by membership id, those who have left included."""
        return {member.pk: str(member.user) for member in self.members}

    @cached_property
    def filters(self) -> RenewalFilters:
        """The filters of the URL."""
        me = self.request.membership
        return parse_filters(self.request.GET, me=me, owner_ids=self.names)

    def context(self) -> dict[str, Any]:
        """What the filter bar offers and what every page shows."""
        return {
            "today": self.today,
            "may": may(self.request),
            "filters": self.filters,
            "owner_choices": [(str(m.pk), str(m.user)) for m in self.members if m.is_active],
            "segment_choices": Account.Segment.choices,
            "band_choices": list(BANDS.items()),
            "step_choices": Step.choices,
            "window_choices": window_choices(),
            "deadline_choices": deadline_choices(),
            "OPEN": OPEN,
            "CLOSED": CLOSED,
            "MISSING": MISSING,
        }


@dataclass(frozen=True)
class Unrated:
    """Renewals without an amount because their currency has no rate; ``count`` None: very many.

    ``query`` is that of the list which shows them, '' where none does; ``since`` the day on which a
    rate was wanted, where that is not today.
    """

    count: int | None
    currencies: str
    query: str
    since: dt.date | None = None


def opening_redirect(request: HttpRequest) -> HttpResponse:
    """From the bare address to the one that names whose renewals are shown: a CSM's own."""
    me = request.membership
    owner = str(me.pk) if me.role == Role.CSM else EVERYONE
    return HttpResponseRedirect(f"{request.path}?{urlencode({'owner': owner})}")


def answer(
    request: HttpRequest, template: str, partial: str, context: dict[str, Any]
) -> HttpResponse:
    """The page, or the part of it that htmx is about to exchange in ``#list``."""
    is_part = request.htmx and request.htmx.target == "list"
    response = render(request, partial if is_part else template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
