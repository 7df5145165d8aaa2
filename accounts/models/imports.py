"""Imports of files: what was read, what was refused, and why."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.workspace import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class ImportRun(TenantModel):
    """One file taken in, or tried out."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=30)
    file_name = models.CharField(_("file"), max_length=300)
    mapping = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(_("dry run"), default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_updated = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    rows_warned = models.PositiveIntegerField(default=0)
    failure = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="started_by", name="accounts_importrun_by_fk"),
        ]


class ImportIssue(TenantModel):
    """A row that was refused, or taken with a warning, with the reason and the row itself."""

    class Severity(models.TextChoices):
        ERROR = "error", _("Refused")
        WARNING = "warning", _("Taken with a warning")

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, db_constraint=False, related_name="issues"
    )
    severity = models.CharField(max_length=10, choices=Severity.choices)
    row_number = models.PositiveIntegerField(_("row"))
    columns = ArrayField(models.CharField(max_length=200), default=list)
    code = models.CharField(max_length=50)
    message = models.TextField()
    row = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="run", name="accounts_importissue_run_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "run", "id"], name="accounts_importissue_by_run")
        ]
