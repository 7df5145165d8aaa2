"""What is still to be computed: marks of what changed, and past days asked for."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Mark(TenantModel):
    """Something an account's KPIs rest on has changed, from ``since`` on.

    Written by triggers on the ledger and the histories, in the transaction of the change, so that
    none is forgotten; taken away in the transaction of the result. Without an account: all of
    them (an exchange rate). A queue without a unique key, so that marking never waits.
    """

    account_id = models.BigIntegerField(null=True)
    since = models.DateField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["workspace", "made_at"], name="kpis_mark_by_age")]


class Clock(TenantModel):
    """How far the computation of a workspace has come."""

    # the last day looked at; the next one closes and opens periods
    day = models.DateField()
    # when something was last marked: the past is computed only once a load has come to rest
    marked_at = models.DateTimeField()
    # since when the past has waited for that; none: it does not
    waiting_since = models.DateTimeField(null=True)
    # the day on which contracts that lapsed unnoticed were last looked for
    lapses_on = models.DateField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    # what the last refresh took
    seconds = models.FloatField(default=0)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="kpis_clock_one"),
        ]


class AsOfRequest(TenantModel):
    """A past day whose figures somebody asked to see."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("computation", "Waiting")
        DONE = "done", _("Computed")
        FAILED = "failed", _("Could not be computed")

    as_of = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    requested_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "as_of"], name="kpis_asofrequest_one"),
            TenantForeignKey(field="requested_by", name="kpis_asofrequest_by_fk"),
        ]

    def __str__(self) -> str:
        return self.as_of.isoformat()
