"""What lists sort and filter by, one row per account, written by scoring alone."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from health.models.risk import RiskState
from health.models.scorecard import Band, ScorecardVersion


class AccountCurrent(TenantModel):
    """An account as lists show it: its attributes, revenue, score and risk, as of ``computed_at``.

    Money is in the workspace's currency. ``score_7d`` and ``score_30d`` are changes in points.
    ``spark`` ends with ``day`` and has 31 entries: today and the 30 days before it.
    ``reasons`` is worded by `health.reasons`.
    """

    # The key in the database is the workspace with the account, and holds what lists are cut to
    # and sorted by: a list in an order without an index is sorted off it. Each index more is
    # written with nearly every change of a score.
    account = models.OneToOneField(
        Account,
        on_delete=models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="+",
    )
    name = models.CharField(max_length=300)
    name_reading = models.CharField(max_length=300, blank=True)
    external_id = models.CharField(max_length=200)
    owner = models.ForeignKey(
        Membership,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    segment = models.CharField(max_length=20, choices=Account.Segment.choices, blank=True)
    tier = models.CharField(max_length=50, blank=True)
    stage = models.CharField(max_length=20, choices=Account.Stage.choices)
    country = models.CharField(max_length=2, blank=True)
    # null where an active contract's currency has no rate yet: missing, never counted as 0
    mrr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    arr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # the nearest end of a term, and the nearest day by which notice must be given
    renewal_on = models.DateField(_("renewal"), null=True)
    notice_deadline_on = models.DateField(null=True)
    urgency_on = models.DateField(null=True)
    notice_given_on = models.DateField(null=True)
    # the shortest billing interval of its contracts
    billing_months = models.PositiveSmallIntegerField(null=True)
    score = models.FloatField(_("score"), null=True)
    # share of the weight that has data; null where the account is not scored at all
    coverage = models.FloatField(null=True)
    band = models.CharField(max_length=6, choices=Band.choices, blank=True)
    # what the scores of a day and of seven days before are by the borders in force now
    band_1d = models.CharField(max_length=6, choices=Band.choices, blank=True)
    band_7d = models.CharField(max_length=6, choices=Band.choices, blank=True)
    score_7d = models.FloatField(null=True)
    score_30d = models.FloatField(null=True)
    spark = ArrayField(models.SmallIntegerField(null=True), default=list)
    exceptions = ArrayField(models.CharField(max_length=40), default=list)
    churn_probability = models.FloatField(null=True)
    expected_loss = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # Under row-level security no index is entered at a value of numeric: its comparisons, unlike
    # those of float8, might tell other tenants' values. So the dearest come first by this.
    loss_order = models.GeneratedField(
        expression=Cast("expected_loss", models.FloatField()),
        output_field=models.FloatField(),
        db_persist=True,
        null=True,
    )
    reasons = models.JSONField(default=list)
    last_seen_on = models.DateField(null=True)
    last_contact_on = models.DateField(null=True)
    is_flagged = models.BooleanField(default=False)
    is_dismissed = models.BooleanField(default=False)
    risk_state = models.CharField(
        max_length=10, choices=RiskState.State.choices, default=RiskState.State.NEW
    )
    snoozed_until = models.DateField(null=True)
    is_at_risk = models.GeneratedField(
        expression=Q(band__in=[Band.YELLOW, Band.RED]) | Q(is_flagged=True),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    day = models.DateField()
    computed_at = models.DateTimeField()
    version = models.ForeignKey(
        ScorecardVersion,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            TenantForeignKey(field="account", name="health_accountcurrent_account_fk"),
            TenantForeignKey(field="owner", name="health_accountcurrent_owner_fk"),
            TenantForeignKey(field="version", name="health_accountcurrent_version_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "name", "account"], name="health_current_name"),
            models.Index(fields=["workspace", "score", "account"], name="health_current_score"),
            models.Index(
                "workspace",
                F("loss_order").desc(nulls_last=True),
                "urgency_on",
                "account",
                name="health_current_at_risk",
                condition=Q(is_at_risk=True),
            ),
            models.Index(
                fields=["workspace", "owner", "name", "account"], name="health_current_owner"
            ),
            models.Index(
                fields=["workspace", "tier", "name", "account"],
                name="health_current_tier",
                condition=~Q(tier=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScoringClock(TenantModel):
    """How far the scoring of the workspace has come.

    ``closed_on`` is the last day whose scores are final, ``version`` the one everybody has been
    scored by since that day ended; None asks for that.
    """

    closed_on = models.DateField()
    version = models.ForeignKey(
        ScorecardVersion,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    moved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="health_scoringclock_one"),
            TenantForeignKey(field="version", name="health_scoringclock_version_fk"),
        ]
