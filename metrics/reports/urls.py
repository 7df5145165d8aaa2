"""Schedules and the archive of reports, below /w/<workspace_slug>/."""

from django.urls import path

from metrics.reports import views

urlpatterns = [
    path("reports/archive/", views.report_archive, name="report_archive"),
    path("reports/archive/<int:report_id>/", views.report_file, name="report_file"),
    path("reports/archive/<int:report_id>/row/", views.report_row, name="report_row"),
    path("reports/archive/<int:report_id>/retry/", views.report_retry, name="report_retry"),
    path("reports/schedules/", views.report_schedules, name="report_schedules"),
    path("reports/schedules/new/", views.report_schedule_new, name="report_schedule_new"),
    path(
        "reports/schedules/<int:schedule_id>/",
        views.report_schedule_edit,
        name="report_schedule_edit",
    ),
    path(
        "reports/schedules/<int:schedule_id>/delete/",
        views.report_schedule_delete,
        name="report_schedule_delete",
    ),
]
