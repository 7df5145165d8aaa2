"""Reports, schedules and deliveries, as pages show them."""

from django.db.models import Prefetch, QuerySet

from metrics.reports.models import Report, ReportDelivery, ReportRecipient, ReportSchedule


def archive() -> QuerySet[Report]:
    """Every report without its file, with its deliveries and their letters, in no order."""
    deliveries = ReportDelivery.objects.select_related("member__user", "mail").order_by("id")
    return (
        Report.objects.defer("pdf")
        .select_related("schedule", "requested_by__user")
        .prefetch_related(Prefetch("deliveries", queryset=deliveries))
    )


def schedules() -> QuerySet[ReportSchedule]:
    """Every schedule with its recipients, by name."""
    recipients = ReportRecipient.objects.select_related("member__user").order_by(
        "member__user__name", "id"
    )
    return ReportSchedule.objects.prefetch_related(
        Prefetch("recipients", queryset=recipients)
    ).order_by("name")
