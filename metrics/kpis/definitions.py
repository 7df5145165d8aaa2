"""Every KPI: what it is called, its unit, which way is good, its formula and how it is computed."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from metrics.kpis.models import Figure

_D = Figure.Dimension
CUTS = (_D.SEGMENT, _D.PLAN, _D.COHORT, _D.COHORT_QUARTER, _D.OWNER)


class Unit(StrEnum):
    """What a figure is counted in."""

    SHARE = "share"  # 0–1; NRR may exceed 1
    MONEY = "money"  # the workspace's currency; recurring revenue per month
    MONTHS = "months"
    DAYS = "days"
    COUNT = "count"


class Estimator(StrEnum):
    """How a figure and its 95 % interval follow from numerator and denominator."""

    # numerator ÷ denominator, both counts, with Wilson's interval
    SHARE = "share"
    # money ÷ money summed over accounts, with the interval of a ratio estimator
    RATIO = "ratio"
    # the numerator as it is; an exact count has no interval
    TOTAL = "total"
    # comes with its interval from a module of its own
    OWN = "own"


@dataclass(frozen=True)
class Kpi:
    """A KPI of the registry. ``sql`` names its file in ``metrics/kpis/sql`` without ``.sql``."""

    slug: str
    label: Promise
    unit: Unit
    is_up_good: bool
    formula: Promise
    glossary: str
    sql: str
    estimator: Estimator
    cuts: tuple[str, ...] = CUTS

    @property
    def direction(self) -> str:
        """``up`` or ``down``: which way is good."""
        return "up" if self.is_up_good else "down"


def _kpi(  # noqa: PLR0917 - a table reads best in columns
    slug: str,
    label: Promise,
    unit: Unit,
    formula: Promise,
    glossary: str,
    estimator: Estimator,
    *,
    up: bool = True,
    sql: str = "",
    cuts: tuple[str, ...] = CUTS,
) -> Kpi:
    return Kpi(
        slug, label, unit, up, formula, glossary, sql or slug.replace("-", "_"), estimator, cuts
    )


_ALL = (
    _kpi("mrr", _("MRR"), Unit.MONEY,
         _("recurring revenue per month at the end of the period"), "mrr", Estimator.TOTAL),
    _kpi("arr", _("ARR"), Unit.MONEY, _("MRR × 12"), "arr", Estimator.TOTAL),
    _kpi("customers", pgettext_lazy("KPI", "Customers"), Unit.COUNT,
         _("accounts with recurring revenue above zero at the end of the period"),
         "paying-accounts", Estimator.TOTAL),
    _kpi("customer-churn", _("Customer churn rate"), Unit.SHARE,
         _("accounts lost ÷ accounts at the start"), "customer-churn", Estimator.SHARE, up=False),
    _kpi("logo-retention", _("Logo retention"), Unit.SHARE,
         _("1 − customer churn rate"), "logo-retention", Estimator.SHARE),
    _kpi("revenue-churn-gross", _("Revenue churn rate (gross)"), Unit.SHARE,
         _("(cancelled + contraction) ÷ recurring revenue at the start"),
         "revenue-churn", Estimator.RATIO, up=False),
    _kpi("revenue-churn-cancelled", _("Revenue churn rate by cancellation"), Unit.SHARE,
         _("recurring revenue of lost accounts ÷ recurring revenue at the start"),
         "revenue-churn-cancelled", Estimator.RATIO, up=False),
    _kpi("revenue-churn-net", _("Revenue churn rate (net)"), Unit.SHARE,
         _("(cancelled + contraction − expansion) ÷ recurring revenue at the start"),
         "revenue-churn", Estimator.RATIO, up=False),
    _kpi("grr", _("GRR"), Unit.SHARE, _("1 − gross revenue churn rate"), "grr", Estimator.RATIO),
    _kpi("nrr", _("NRR"), Unit.SHARE, _("1 − net revenue churn rate"), "nrr", Estimator.RATIO),
    _kpi("retention-6m", _("Retention 6 months after onboarding"), Unit.SHARE,
         _("customers without a break for 6 months since their first onboarding was completed "
           "÷ onboardings completed at least 6 months ago"),
         "retention-after-onboarding", Estimator.SHARE),
    _kpi("retention-12m", _("Retention 12 months after onboarding"), Unit.SHARE,
         _("customers without a break for 12 months since their first onboarding was completed "
           "÷ onboardings completed at least 12 months ago"),
         "retention-after-onboarding", Estimator.SHARE),
    _kpi("early-churn", _("Early churn"), Unit.SHARE,
         _("lost within 90 days of the start ÷ accounts whose 90th day fell in the period"),
         "early-churn", Estimator.SHARE, up=False),
    _kpi("renewal-rate", _("Renewal rate"), Unit.SHARE,
         _("contracts renewed ÷ contracts whose term ran out in the period"),
         "renewal-rate", Estimator.SHARE),
    _kpi("renewal-rate-value", _("Renewal rate by value"), Unit.SHARE,
         _("recurring revenue renewed ÷ recurring revenue whose term ran out in the period"),
         "renewal-rate", Estimator.RATIO),
    _kpi("upsell-rate", _("Upsell rate"), Unit.SHARE,
         _("accounts at the start with an upsell ÷ accounts at the start"),
         "upsell-rate", Estimator.SHARE),
    _kpi("upsell-rate-value", _("Upsell rate by value"), Unit.SHARE,
         _("recurring revenue added by upsells ÷ recurring revenue at the start"),
         "upsell-rate", Estimator.RATIO),
    _kpi("cross-sell-rate", _("Cross-sell rate"), Unit.SHARE,
         _("accounts at the start with a cross-sell ÷ accounts at the start"),
         "cross-sell-rate", Estimator.SHARE),
    _kpi("cross-sell-rate-value", _("Cross-sell rate by value"), Unit.SHARE,
         _("recurring revenue added by cross-sells ÷ recurring revenue at the start"),
         "cross-sell-rate", Estimator.RATIO),
    _kpi("onboarding-completion", _("Onboarding completion rate"), Unit.SHARE,
         _("completed within the target days ÷ started at least that long ago"),
         "onboarding", Estimator.SHARE),
    _kpi("onboarding-days", _("Days to complete onboarding"), Unit.DAYS,
         _("median days from start to completion, those not completed counted as longest"),
         "onboarding-days", Estimator.OWN, up=False),
    _kpi("mean-tenure", _("Mean tenure"), Unit.MONTHS,
         _("area under the survival curve up to the longest tenure observed"),
         "tenure", Estimator.OWN),
    _kpi("ltv-revenue", _("LTV (revenue)"), Unit.MONEY,
         _("average recurring revenue per account per year × expected lifetime in years"),
         "ltv", Estimator.OWN),
    _kpi("ltv-margin", _("LTV (gross margin)"), Unit.MONEY,
         _("average recurring revenue per account per year × gross margin × expected lifetime in "
           "years"),
         "ltv", Estimator.OWN),
    _kpi("referrals", _("Referrals"), Unit.COUNT,
         _("new accounts that name the account which referred them"),
         "referrals", Estimator.TOTAL),
)  # fmt: skip

KPIS: dict[str, Kpi] = {kpi.slug: kpi for kpi in _ALL}
