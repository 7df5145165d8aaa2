"""Every component on one page, for those who build pages; served in debug mode alone."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; its source is the documentation of the components."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "styleguide/styleguide.html", {})
