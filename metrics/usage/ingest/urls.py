from django.urls import path

from metrics.usage.ingest.view import ENDPOINTS, collect

urlpatterns = [
    path(
        "api/v1/events" if name == "events" else f"v1/{name}",
        collect,
        {"call": name},
        name=f"ingest_{name}",
    )
    for name in ENDPOINTS
]
