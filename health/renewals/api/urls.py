from django.urls import path

from health.renewals.api.views import RenewalItem, Renewals

urlpatterns = [
    path("renewals", Renewals.as_view(), name="api_renewals"),
    path("renewals/<int:id>", RenewalItem.as_view(), name="api_renewal"),
]
