"""What was chosen for the review sheet of an account."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.reports.models.report import LANGUAGES


class ReviewSheet(TenantModel):
    """The choices and the note for one account's meeting on one period (定例会資料).

    Figures are not kept: the sheet is composed anew whenever it is opened. ``tasks`` are the open
    tasks the customer is to see; no other task ever is.
    """

    class Section(models.TextChoices):
        GOALS = "goals", _("Goals")
        USAGE = "usage", _("Usage")
        SATISFACTION = "satisfaction", _("Satisfaction")
        COMMENTS = "comments", _("Comments from surveys, without names")
        NEXT_STEPS = "next_steps", _("Open items")
        CONTRACT = "contract", _("Contract and renewal")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    # first day of the first month and first day of the last month
    first_month = models.DateField()
    last_month = models.DateField()
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    sections = ArrayField(models.CharField(max_length=20, choices=Section.choices))
    note = models.TextField(_("note for the meeting"), blank=True)
    tasks = ArrayField(models.BigIntegerField(), default=list)
    written_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "account", "first_month", "last_month"],
                name="reports_reviewsheet_period",
            ),
            models.CheckConstraint(
                condition=models.Q(first_month__lte=models.F("last_month")),
                name="reports_reviewsheet_order",
            ),
            TenantForeignKey(field="account", name="reports_reviewsheet_account_fk"),
            TenantForeignKey(field="written_by", name="reports_reviewsheet_by_fk"),
        ]


class ReviewFile(TenantModel):
    """A review sheet as a PDF: asked for, made by a worker, kept until it is asked for anew.

    One per account, period and language.
    """

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("state of a report", "Being made")
        READY = "ready", pgettext_lazy("state of a report", "Ready")
        FAILED = "failed", pgettext_lazy("state of a report", "Failed")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    first_month = models.DateField()
    last_month = models.DateField()
    language = models.CharField(max_length=5, choices=LANGUAGES)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    title = models.CharField(max_length=300, blank=True)
    pdf = models.BinaryField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "account", "first_month", "last_month", "language"],
                name="reports_reviewfile_one",
            ),
            TenantForeignKey(field="account", name="reports_reviewfile_account_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "next_attempt_at", "id"],
                condition=models.Q(state="queued"),
                name="reports_reviewfile_waiting",
            )
        ]
