"""Reports as they were made, and to whom they went."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, OutgoingMail
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel

LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]


class Section(models.TextChoices):
    """The parts a monthly report is made of, in their order."""

    KPIS = "kpis", _("Key figures")
    BRIDGE = "bridge", _("Revenue bridge")
    CHURN = "churn", _("Churn and its reasons")
    SATISFACTION = "satisfaction", _("Satisfaction")
    HEALTH = "health", _("Health and its movement")
    AT_RISK = "at_risk", _("Accounts at risk")
    RENEWALS = "renewals", _("Renewals of the next three months")
    GOALS = "goals", _("Goals")


class Report(TenantModel):
    """One month's report in one language: asked for, then made by a worker, then kept.

    A schedule makes one a month; a report without a schedule was asked for by a member. The PDF
    is the report: it stays as it was sent, whatever becomes known later.
    """

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("state of a report", "Being made")
        READY = "ready", pgettext_lazy("state of a report", "Ready")
        FAILED = "failed", pgettext_lazy("state of a report", "Failed")

    schedule = models.ForeignKey(
        "ReportSchedule",
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="reports",
    )
    requested_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    # first day of the month reported on
    month = models.DateField()
    language = models.CharField(max_length=5, choices=LANGUAGES)
    sections = ArrayField(models.CharField(max_length=20, choices=Section.choices))
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    pdf = models.BinaryField(null=True)
    pages = models.PositiveSmallIntegerField(null=True)
    size = models.PositiveIntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            # nulls differ: reports asked for by hand have no schedule
            models.UniqueConstraint(
                fields=["workspace", "schedule", "month"], name="reports_report_month"
            ),
            TenantForeignKey(field="schedule", name="reports_report_schedule_fk"),
            TenantForeignKey(field="requested_by", name="reports_report_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "next_attempt_at", "id"],
                condition=models.Q(state="queued"),
                name="reports_report_waiting",
            ),
            models.Index(fields=["workspace", "requested_at", "id"], name="reports_report_archive"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def file_name(self) -> str:
        """What the PDF is called when it is saved or mailed."""
        return f"cs-report-{self.month:%Y-%m}-{self.language}.pdf"


class ReportDelivery(TenantModel):
    """A report on its way to one member; how far it came is said by its letter's state."""

    report = models.ForeignKey(
        Report, on_delete=models.CASCADE, db_constraint=False, related_name="deliveries"
    )
    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    # None until the report is made
    mail = models.ForeignKey(
        OutgoingMail, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    # why there is no letter, where the address cannot be written to
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "report", "member"], name="reports_delivery_recipient"
            ),
            TenantForeignKey(field="report", name="reports_delivery_report_fk"),
            TenantForeignKey(field="member", name="reports_delivery_member_fk"),
            TenantForeignKey(field="mail", name="reports_delivery_mail_fk"),
        ]
