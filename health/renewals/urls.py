"""Addresses of the renewals, below /w/<workspace_slug>/."""

from django.urls import path

from health.renewals.views import forecast, item, lists

urlpatterns = [
    path("renewals/", lists.renewals, name="renewals"),
    path("renewals/calendar/", lists.calendar, name="renewals_calendar"),
    path("renewals/export/", lists.export, name="renewals_export"),
    path("renewals/forecast/", forecast.forecast, name="renewals_forecast"),
    path("renewals/calibration/", forecast.calibration, name="renewals_calibration"),
    path("renewals/<int:renewal_id>/", item.renewal, name="renewal"),
    path("renewals/<int:renewal_id>/<slug:verb>/", item.renewal_action, name="renewal_action"),
]
