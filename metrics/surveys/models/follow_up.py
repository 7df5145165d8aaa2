"""The closed loop: an unhappy answer and what was done about it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Task
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys.models.response import Response
from metrics.surveys.models.survey import Survey


class FollowUp(TenantModel):
    """What is owed to somebody who answered badly. One per response."""

    class State(models.TextChoices):
        OPEN = "open", _("To be contacted")
        CONTACTED = "contacted", _("Contacted")
        RESOLVED = "resolved", _("Resolved")

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="follow_ups"
    )
    # the response's, so that a survey's open loops are found by an index
    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="follow_ups"
    )
    task = models.ForeignKey(
        Task, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    owner = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    # by when somebody is to have contacted the customer
    due_on = models.DateField(_("due"), null=True)
    opened_at = models.DateTimeField()
    contacted_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    note = models.TextField(_("what was done"), blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "response"], name="surveys_followup_response"
            ),
            TenantForeignKey(field="response", name="surveys_followup_response_fk"),
            TenantForeignKey(field="survey", name="surveys_followup_survey_fk"),
            TenantForeignKey(field="task", name="surveys_followup_task_fk"),
            TenantForeignKey(field="owner", name="surveys_followup_owner_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "opened_at", "id"],
                condition=~models.Q(state="resolved"),
                name="surveys_followup_open",
            ),
            models.Index(
                fields=["workspace", "due_on", "id"],
                condition=~models.Q(state="resolved"),
                name="surveys_followup_due",
                include=["state", "owner"],
            ),
            models.Index(
                fields=["workspace", "survey", "due_on", "id"],
                condition=~models.Q(state="resolved"),
                name="surveys_followup_survey",
            ),
            models.Index(
                fields=["workspace", "opened_at", "id"],
                condition=models.Q(state="resolved"),
                name="surveys_followup_resolved",
            ),
        ]

    def __str__(self) -> str:
        return str(self.response_id)
