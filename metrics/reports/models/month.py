"""The ends of months, as reports tell them."""

from typing import ClassVar

from django.db import models

from cs_platform.core.tenancy import TenantModel


class MonthEnd(TenantModel):
    """What a report tells of a month's end that is found by reading every account or contract.

    As known when the month ended; a worker writes it, so that no page reads them. ``facts`` are
    `cs_platform.documents.facts.MonthFacts`; a row that is taken away is found anew.
    ``scored_days``: of the last days of the month and of the one before, those that had scores by
    then.
    """

    month = models.DateField()
    facts = models.JSONField()
    scored_days = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "month"], name="reports_monthend_one"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
