"""Who gets a monthly report, in which language, on which day."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.reports.models.report import LANGUAGES, Section


class ReportSchedule(TenantModel):
    """A monthly report of the month before, sent on a day of the month at an hour, local time.

    A month that is too short has it on its last day. ``active_from`` is when the schedule was
    made or taken up again: what fell due before that is not sent.
    """

    name = models.CharField(_("name"), max_length=100)
    day_of_month = models.PositiveSmallIntegerField(
        _("day of the month"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )
    hour = models.PositiveSmallIntegerField(_("hour"), default=8)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    sections = ArrayField(
        models.CharField(max_length=20, choices=Section.choices), verbose_name=_("sections")
    )
    is_active = models.BooleanField(_("sent every month"), default=True)
    active_from = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "name"], name="reports_schedule_name"),
            models.CheckConstraint(
                condition=models.Q(day_of_month__range=(1, 31)), name="reports_schedule_day"
            ),
            models.CheckConstraint(
                condition=models.Q(hour__range=(0, 23)), name="reports_schedule_hour"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReportRecipient(TenantModel):
    """A member who gets what a schedule sends, for as long as they belong to the workspace."""

    schedule = models.ForeignKey(
        ReportSchedule, on_delete=models.CASCADE, db_constraint=False, related_name="recipients"
    )
    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "schedule", "member"], name="reports_recipient_member"
            ),
            TenantForeignKey(field="schedule", name="reports_recipient_schedule_fk"),
            TenantForeignKey(field="member", name="reports_recipient_member_fk"),
        ]
