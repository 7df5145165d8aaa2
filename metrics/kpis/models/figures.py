"""Periods, the facts of each account in them, and the figures made of those."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Period(TenantModel):
    """A stretch of days [starts_on, ends_on) with one state of knowledge of it.

    ``until_on`` is the first day not counted yet: ``ends_on`` once the period is over, else the day
    after the last one looked at. The ``FIRST`` series holds what was known when the period was
    over and is never computed again; what became known later makes the ``RESTATED`` one beside it,
    stored only where it differs. ``CURRENT`` follows the ledger while the period runs. ``AS_OF``
    is what would have been shown at the end of a past day, which ``as_of`` names.
    """

    class Kind(models.TextChoices):
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Fiscal quarter")
        YEAR = "year", _("Fiscal year")
        TRAILING = "trailing12", _("Trailing 12 months")

    class Series(models.TextChoices):
        FIRST = "first", _("As first known")
        RESTATED = "restated", _("Restated")
        CURRENT = "current", _("To date")
        AS_OF = "as_of", _("As of a past day")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    until_on = models.DateField()
    series = models.CharField(max_length=10, choices=Series.choices)
    as_of = models.DateField(null=True)
    # what the ledger had been told by then
    known_until = models.DateTimeField(null=True)
    # to be computed: for the first time, or again because of what became known since
    is_due = models.BooleanField(default=True)
    computed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "kind", "starts_on", "ends_on", "series", "as_of"],
                nulls_distinct=False,
                name="kpis_period_one",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__lt=models.F("ends_on"))
                & models.Q(until_on__lte=models.F("ends_on"))
                & models.Q(starts_on__lt=models.F("until_on")),
                name="kpis_period_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(series="as_of", as_of__isnull=False)
                | (~models.Q(series="as_of") & models.Q(as_of__isnull=True)),
                name="kpis_period_as_of",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "kind", "-ends_on"], name="kpis_period_by_end"),
            models.Index(
                fields=["workspace", "-ends_on"],
                condition=models.Q(is_due=True),
                name="kpis_period_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_on} {self.series}"


class AccountPeriod(TenantModel):
    """What a period was for one account. Money is per month, at the rates of the period's start.

    Cuts are as of the start, for accounts that came later as of the end. Null money means that no
    exchange rate was in force.
    """

    pk = models.CompositePrimaryKey("workspace_id", "period_id", "account_id")
    # not a foreign key: millions of rows are written and taken away with their period at a time
    period_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    segment = models.CharField(max_length=20, blank=True)
    # the plan with the highest recurring revenue
    plan_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    # first day of the month in which the account first paid
    cohort = models.DateField(null=True)
    # paid at the start; paid at the end
    is_opening = models.BooleanField()
    is_closing = models.BooleanField()
    is_new = models.BooleanField()
    is_reactivated = models.BooleanField()
    is_churned = models.BooleanField()
    is_paused = models.BooleanField()
    is_referred = models.BooleanField()
    mrr_opening = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    mrr_closing = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # at the rates of the end
    mrr_now = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # netted over the account's products, none negative
    cancelled = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    contraction = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    expansion = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    # of contract events of accounts that paid at the start
    upsells = models.PositiveIntegerField(default=0)
    upsell_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    cross_sells = models.PositiveIntegerField(default=0)
    cross_sell_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # terms that ran out in the period
    due = models.PositiveIntegerField(default=0)
    renewed = models.PositiveIntegerField(default=0)
    due_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    renewed_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # last paid day and reason of the account's last contract, where it churned
    churned_on = models.DateField(null=True)
    reason = models.CharField(max_length=20, blank=True)
    # first 90 days over in the period; and lost in them
    is_settled = models.BooleanField(default=False)
    is_early_loss = models.BooleanField(default=False)
    # onboardings and what became of them, as of the end of the period
    onboarding_counts = models.BooleanField(default=False)
    onboarding_in_time = models.BooleanField(default=False)
    onboarding_days = models.IntegerField(null=True)
    # none: not completed long enough ago
    kept_6m = models.BooleanField(null=True)
    kept_12m = models.BooleanField(null=True)
    lost_before_completion = models.BooleanField(default=False)
    # first paid day; of the 12 months before the end, those it paid in when they began, and those
    # of them that it no longer did when they ended; whether it paid 12 and 24 months before the end
    began_on = models.DateField(null=True)
    months_paid = models.PositiveSmallIntegerField(default=0)
    months_lost = models.PositiveSmallIntegerField(default=0)
    paid_12m_ago = models.BooleanField(default=False)
    paid_24m_ago = models.BooleanField(default=False)
    # days from the first paid day to the last, and whether it was the end
    tenure_days = models.IntegerField(null=True)
    has_ended = models.BooleanField(default=False)

    class Meta:
        base_manager_name = "objects"
        default_manager_name = "objects"
        # what lists walk (metrics.kpis.queries.behind): everybody by revenue, and those few by
        # the size of what happened to them
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "period_id", "mrr_now", "account_id"],
                name="kpis_fact_by_revenue",
            ),
            models.Index(
                fields=["workspace", "period_id", "cancelled", "account_id"],
                condition=models.Q(is_churned=True),
                name="kpis_fact_churned",
            ),
            models.Index(
                fields=["workspace", "period_id", "contraction", "account_id"],
                condition=models.Q(contraction__gt=0),
                name="kpis_fact_contracted",
            ),
            models.Index(
                fields=["workspace", "period_id", "expansion", "account_id"],
                condition=models.Q(expansion__gt=0),
                name="kpis_fact_expanded",
            ),
            models.Index(
                fields=["workspace", "period_id", "upsell_value", "account_id"],
                condition=models.Q(upsells__gt=0),
                name="kpis_fact_upsold",
            ),
            models.Index(
                fields=["workspace", "period_id", "cross_sell_value", "account_id"],
                condition=models.Q(cross_sells__gt=0),
                name="kpis_fact_cross_sold",
            ),
            models.Index(
                fields=["workspace", "period_id", "account_id"],
                condition=models.Q(is_settled=True, is_early_loss=True),
                name="kpis_fact_lost_early",
            ),
            models.Index(
                fields=["workspace", "period_id", "tenure_days", "account_id"],
                condition=models.Q(has_ended=True),
                name="kpis_fact_ended",
            ),
            models.Index(
                fields=["workspace", "period_id", "mrr_now", "account_id"],
                condition=models.Q(is_new=True, is_referred=True),
                name="kpis_fact_referred",
            ),
        ]


class Figure(TenantModel):
    """One KPI of one period, overall (dimension '') or for one value of a cut."""

    class Dimension(models.TextChoices):
        ALL = "", pgettext_lazy("cut", "All")
        SEGMENT = "segment", _("Segment")
        PLAN = "plan", _("Plan")
        OWNER = "owner", _("Owner")
        COHORT = "cohort", _("Month of start")
        COHORT_QUARTER = "cohort_quarter", _("Fiscal quarter of start")
        REASON = "reason", _("Churn reason")

    period = models.ForeignKey(
        Period, on_delete=models.CASCADE, db_constraint=False, related_name="figures"
    )
    kpi = models.CharField(max_length=40)
    dimension = models.CharField(max_length=20, choices=Dimension.choices, blank=True)
    # segment, id of plan or owner, ISO day of a cohort, reason; '' also for "none"
    value = models.CharField(max_length=40, blank=True)
    # shares are 0–1; none: nothing to divide by, or no exchange rate
    figure = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    numerator = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    denominator = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    # accounts (renewals: contracts) behind the figure
    n = models.IntegerField(default=0)
    # accounts left out because no exchange rate was in force
    missing = models.IntegerField(default=0)
    # what else the page of the KPI shows beside it, such as the inputs of LTV
    detail = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "period", "kpi", "dimension", "value"],
                name="kpis_figure_one",
            ),
            TenantForeignKey(field="period", name="kpis_figure_period_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "kpi", "dimension", "value", "period"],
                name="kpis_figure_by_kpi",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.dimension} {self.value}".rstrip()


class Curve(TenantModel):
    """A Kaplan–Meier curve of one period's end, overall or for one value of a cut."""

    period = models.ForeignKey(
        Period, on_delete=models.CASCADE, db_constraint=False, related_name="curves"
    )
    dimension = models.CharField(max_length=20, choices=Figure.Dimension.choices, blank=True)
    value = models.CharField(max_length=40, blank=True)
    # one entry per day on which somebody churned, and the last day observed
    days = ArrayField(models.IntegerField())
    survival = ArrayField(models.FloatField())
    low = ArrayField(models.FloatField())
    high = ArrayField(models.FloatField())
    at_risk = ArrayField(models.IntegerField())
    n = models.IntegerField()
    ended = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "period", "dimension", "value"], name="kpis_curve_one"
            ),
            TenantForeignKey(field="period", name="kpis_curve_period_fk"),
        ]
