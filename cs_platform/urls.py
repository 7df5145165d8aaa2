"""Every address of the application."""

from django.urls import include, path

from cs_platform.dashboards import glossary, session, styleguide

IN_WORKSPACE = "w/<slug:workspace_slug>/"

urlpatterns = [
    # first, because it is asked for thousands of times a second
    path("", include("metrics.usage.ingest.urls")),
    path("", session.home, name="home"),
    path("favicon.ico", session.favicon, name="favicon"),
    path("language/", session.set_language, name="set_language"),
    path("theme/", session.set_theme, name="set_theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("accounts/", include("accounts.login_urls")),
    path(IN_WORKSPACE, include("accounts.urls")),
    path("api/", include("cs_platform.api_docs.urls")),
    path(IN_WORKSPACE, include("metrics.usage.urls")),
    path(IN_WORKSPACE, include("metrics.surveys.urls")),
    path("s/<slug:workspace_slug>/", include("metrics.surveys.public_urls")),
    path(IN_WORKSPACE, include("metrics.kpis.urls")),
    path(IN_WORKSPACE, include("metrics.reports.urls")),
    path(IN_WORKSPACE, include("health.urls")),
    path(IN_WORKSPACE, include("health.renewals.urls")),
    path(IN_WORKSPACE, include("cs_platform.documents.urls")),
    path(IN_WORKSPACE, include("cs_platform.dashboards.urls")),
    path(f"{IN_WORKSPACE}glossary/", glossary.glossary, name="glossary"),
]

handler400 = "cs_platform.dashboards.errors.bad_request"
handler403 = "cs_platform.dashboards.errors.forbidden"
handler404 = "cs_platform.dashboards.errors.not_found"
handler500 = "cs_platform.dashboards.errors.failed"
