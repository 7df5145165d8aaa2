"""Monthly reports, who gets them when, and the review sheets of accounts."""

from metrics.reports.models.month import MonthEnd
from metrics.reports.models.report import Report, ReportDelivery, Section
from metrics.reports.models.review import ReviewFile, ReviewSheet
from metrics.reports.models.schedule import ReportRecipient, ReportSchedule

__all__ = [
    "MonthEnd",
    "Report",
    "ReportDelivery",
    "ReportRecipient",
    "ReportSchedule",
    "ReviewFile",
    "ReviewSheet",
    "Section",
]
