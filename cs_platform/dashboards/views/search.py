"""Global search: a panel under the search field, and a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.dashboards.filters import MAX_TEXT
from cs_platform.dashboards.queries.search import search as find

IN_PANEL = 6
ON_PAGE = 50


@page(Permission.VIEW)
def search(request: HttpRequest) -> HttpResponse:
    """Accounts and contacts that match ``q``; for htmx the panel under the search field."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_TEXT]
    is_panel = request.htmx and request.htmx.target == "search-results"
    found = find(text, limit=IN_PANEL if is_panel else ON_PAGE)
    template = "dashboards/_search_panel.html" if is_panel else "dashboards/search.html"
    response = render(request, template, {"found": found, "text": text})
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
