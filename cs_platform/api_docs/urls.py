from django.urls import include, path, re_path

from cs_platform.api_docs.views import docs, schema
from cs_platform.core.api import unknown_address

urlpatterns = [
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("health.api.urls")),
    # Whatever is left below /api/ is answered in JSON, not by an error page.
    re_path(r"", unknown_address),
]
