"""The glossary page; every term of a page links to its entry."""

from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.core.glossary_entries import ENTRIES, GROUPS


@page(Permission.VIEW)
def glossary(request: HttpRequest) -> HttpResponse:
    """Every entry, grouped by subject."""
    by_group = groupby(ENTRIES.values(), key=lambda entry: entry.group)
    groups = [(GROUPS[name], list(entries)) for name, entries in by_group]
    return render(request, "dashboards/glossary.html", {"groups": groups, "entries": ENTRIES})
