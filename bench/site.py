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


def numbered_pages(request: HttpRequest, table: str) -> HttpResponse:
    """The usual list: a model serializer, pages by number, a count of everything."""
    from rest_framework import generics, pagination, renderers, serializers

    from accounts.api.resources import ACCOUNT
    from accounts.models import Account
    from cs_platform.core.tenancy import scope
    from health.api.resources import HEALTH
    from health.models import AccountCurrent
    from health.queries.at_risk import RISK_ORDER

    resource, shown, order = {
        "accounts": (ACCOUNT, Account, ("external_id",)),
        "at-risk": (HEALTH, AccountCurrent, [sort.expression() for sort in RISK_ORDER]),
    }[table]
    wanted = {"is_at_risk": True} if table == "at-risk" else {}
    same = [name for name, column in resource.columns.items() if column.source == name]

    class Rows(serializers.ModelSerializer[Any]):
        owner_email = serializers.CharField(source="owner.user.email", allow_null=True)

        class Meta:
            model = shown
            fields = ("owner_email", *same)

    class Pages(pagination.PageNumberPagination):
        page_size = 50

    class List(generics.ListAPIView[Any]):
        authentication_classes = ()
        renderer_classes = (renderers.JSONRenderer,)
        serializer_class = Rows
        pagination_class = Pages

        def get_queryset(self) -> Any:
            found = shown.objects.filter(**wanted)
            return found.select_related("owner__user").order_by(*order)

    with scope(int(request.GET["workspace"])):
        return List.as_view()(request).render()


urlpatterns = [
    path("bench/pages/<str:table>", numbered_pages),
    path("bench/empty", empty),
    path("bench/serializers", through_serializers),
    path("", include("cs_platform.urls")),
]
