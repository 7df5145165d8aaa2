"""While a day is being computed: the page says so, asks again by itself, and survives a reload."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from accounts.access import HttpRequest
from metrics.kpis.queries.periods import is_computing
from metrics.kpis.views.lens import Lens

TARGET = "waiting"


def is_polled(request: HttpRequest) -> bool:
    """Whether it is the waiting part that asks whether the figures are there."""
    return bool(request.htmx) and request.htmx.target == TARGET


def refreshed() -> HttpResponse:
    """Have the browser load the page anew: the figures are there."""
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def not_yet(
    request: HttpRequest, lens: Lens, template: str, context: dict[str, Any]
) -> HttpResponse:
    """A page without figures: why there are none, and what is being done about it."""
    is_stuck = lens.waiting is not None or bool(lens.problem)
    context = {**context, "is_computing": not is_stuck and is_computing()}
    return part_or_page(request, template, "kpis/_waiting.html", context)


def part_or_page(
    request: HttpRequest, template: str, partial: str, context: dict[str, Any]
) -> HttpResponse:
    """The page, or its part for htmx."""
    response = render(request, partial if request.htmx else template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
