"""The API's description, for programs and for people. Both are public: they hold no data."""

import functools

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@functools.cache
def description() -> bytes:
    """The OpenAPI 3.1 document; the same during the life of a process."""
    return msgspec.json.encode(SchemaGenerator().get_schema(request=None, public=True))


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """``/api/schema/``: the OpenAPI document."""
    return HttpResponse(description(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """``/api/docs/``: reference pages with a form to try each call."""
    return render(request, "api_docs/docs.html")
