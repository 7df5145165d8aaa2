"""Documents, below /w/<workspace_slug>/."""

from django.urls import path

from cs_platform.documents.views import report, review

urlpatterns = [
    path("reports/", report.report, name="report"),
    path("reports/request/", report.report_request, name="report_request"),
    path("accounts/<int:account_id>/review/", review.review_sheet, name="review_sheet"),
    path(
        "accounts/<int:account_id>/review/save/", review.review_sheet_save, name="review_sheet_save"
    ),
    path(
        "accounts/<int:account_id>/review/request/",
        review.review_sheet_request,
        name="review_sheet_request",
    ),
    path(
        "accounts/<int:account_id>/review/file/", review.review_sheet_file, name="review_sheet_file"
    ),
    path("accounts/<int:account_id>/review/pdf/", review.review_sheet_pdf, name="review_sheet_pdf"),
]
