"""The addresses the benchmark server answers beside the product's: its baselines."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


def empty(request: HttpRequest) -> HttpResponse:
    """What a request costs before anything is done."""
    return HttpResponse(b"{}", content_type="application/json")


@csrf_exempt
def through_serializers(request: HttpRequest) -> HttpResponse:
    """The usual way: REST framework serializers, many=True, then bulk_create."""
    from django.db import transaction
    from rest_framework import serializers
    from rest_framework.parsers import JSONParser

    from bench.tables import plain_event

    class EventSerializer(serializers.ModelSerializer[Any]):
        class Meta:
            model = plain_event()
            fields = "__all__"

    items = JSONParser().parse(request)["batch"]
    serializer = EventSerializer(data=items, many=True)
    serializer.is_valid(raise_exception=True)
    with transaction.atomic():
        plain_event().objects.bulk_create(
            [plain_event()(**item) for item in serializer.validated_data], ignore_conflicts=True
        )
    return HttpResponse(b'{"success": true}', content_type="application/json")


urlpatterns = [
    path("bench/empty", empty),
    path("bench/serializers", through_serializers),
    path("", include("cs_platform.urls")),
]
