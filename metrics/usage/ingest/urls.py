from django.urls import path

from metrics.usage.ingest.view import ENDPOINTS, collect

# what is called at which address
CALLS = {f"/api/v1/{name}" if name == "events" else f"/v1/{name}": name for name in ENDPOINTS}

urlpatterns = [
    path(address.removeprefix("/"), collect, {"call": name}, name=f"ingest_{name}")
    for address, name in CALLS.items()
]
