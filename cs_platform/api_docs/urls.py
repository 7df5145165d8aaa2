from django.urls import include, path, re_path

from cs_platform.api_docs.views import docs, schema
from cs_platform.core.api import unknown_address

urlpatterns = [
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
    # before accounts: one of its addresses goes on after a contact's id
    path("v1/", include("metrics.surveys.api.urls")),
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("health.api.urls")),
    path("v1/", include("health.renewals.api.urls")),
    path("v1/", include("metrics.kpis.api.urls")),
    # Whatever is left below /api/ is answered in JSON, not by an error page.
    re_path(r"", unknown_address),
]
