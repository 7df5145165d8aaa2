"""Every day's score, kept."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from health.models.scorecard import Band, ScorecardVersion


class ScoreDay(TenantModel):
    """The score of one account on one workspace-local day, with all it was made of.

    Partitioned by month of ``day``. The live series is what was said at the time: its row of the
    current day follows the score until the day is closed, and a closed row is refused every
    change by a trigger. History recomputed with facts that arrived late is the corrected series,
    beside it. ``raw`` and ``points`` are indexed by `health.measures` position.
    """

    application_grants = "SELECT, INSERT, UPDATE"
    distributed = True

    class Series(models.IntegerChoices):
        LIVE = 0
        CORRECTED = 1

    pk = models.CompositePrimaryKey("workspace_id", "account_id", "day", "series")
    account_id = models.BigIntegerField()
    day = models.DateField()
    series = models.PositiveSmallIntegerField(choices=Series.choices)
    version_id = models.BigIntegerField()
    score = models.SmallIntegerField(null=True)
    coverage = models.FloatField()
    band = models.CharField(max_length=6, choices=Band.choices, blank=True)
    # the band of seven days before; null where the account was not scored then
    week_band = models.CharField(max_length=6, null=True)
    raw = ArrayField(models.FloatField(null=True))
    points = ArrayField(models.FloatField(null=True))
    # keys of the exceptions that held the score down
    exceptions = ArrayField(models.CharField(max_length=40), default=list)
    # what the account was on that day, so that lists can be read as of it
    owner_id = models.BigIntegerField(null=True)
    segment = models.CharField(max_length=20, blank=True)
    stage = models.CharField(max_length=20)
    mrr = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    renewal_on = models.DateField(null=True)
    notice_deadline_on = models.DateField(null=True)
    churn_probability = models.FloatField(null=True)
    expected_loss = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    is_flagged = models.BooleanField(default=False)
    is_closed = models.BooleanField()
    computed_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        default_manager_name = "objects"
        indexes: ClassVar = [
            # With the account, though the key has it: while a month is new to the statistics, one
            # account's day is looked up by either, and must not be sought among all of the day's.
            models.Index(
                fields=["workspace", "day", "series", "account_id"], name="health_scoreday_by_day"
            )
        ]


class DayFigures(TenantModel):
    """The score-days of one day of a series added up, in groups of one kind.

    A day has four kinds of groups: by band and score; by band and the month (its first day) in
    which a contract ends within a year; by owner and segment; by band and the band a week before.
    What a kind does not group by is null. Written with the score-days by the same statement, and
    equal to their sums to the last digit. MRR and yearly expected loss are in the workspace's
    currency; ``coverage`` is a sum of shares. A group nobody is left in stays, with 0 accounts.
    The migration makes the groups unique, nulls being equal: said here, it would have every check
    of the models ask the database for its version before there is one.
    """

    application_grants = "SELECT, INSERT, UPDATE"

    class Kind(models.TextChoices):
        SCORE = "score"
        RENEWAL = "renewal"
        OWNER = "owner"
        MOVE = "move"

    day = models.DateField()
    series = models.PositiveSmallIntegerField(choices=ScoreDay.Series.choices)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    band = models.CharField(max_length=6, null=True)
    score = models.SmallIntegerField(null=True)
    month = models.DateField(null=True)
    owner_id = models.BigIntegerField(null=True)
    segment = models.CharField(max_length=20, null=True)
    week_band = models.CharField(max_length=6, null=True)
    accounts = models.IntegerField()
    at_risk = models.IntegerField()
    mrr = models.DecimalField(max_digits=24, decimal_places=4)
    mrr_at_risk = models.DecimalField(max_digits=24, decimal_places=4)
    expected_loss = models.DecimalField(max_digits=24, decimal_places=4)
    coverage = models.DecimalField(max_digits=14, decimal_places=4)


class PercentileBound(TenantModel):
    """The 101 percentiles of a measure among the workspace's accounts, an input of one day.

    Empty while no account had a value; written once otherwise.
    """

    application_grants = "SELECT, INSERT, UPDATE"

    version = models.ForeignKey(
        ScorecardVersion, on_delete=models.CASCADE, db_constraint=False, related_name="bounds"
    )
    day = models.DateField()
    measure = models.CharField(max_length=40)
    bounds = ArrayField(models.FloatField())

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "version", "day", "measure"],
                name="health_percentilebound_day",
            ),
            TenantForeignKey(field="version", name="health_percentilebound_version_fk"),
        ]
