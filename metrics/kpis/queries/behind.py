"""Which accounts are behind each KPI, and in which order a page walks them.

A list is a few runs, one after the other, each of which an index of the facts gives in order: a
page then costs the same among a hundred accounts and among a hundred thousand, on the first page
and on the last. Those in the numerator come first; within that, what moved the figure by its size,
everybody else by the recurring revenue at the end.
"""

from dataclasses import dataclass

from django.db.models import F, Q
from django.db.models.expressions import Combinable

_OPENING = Q(is_opening=True)


@dataclass(frozen=True)
class Run:
    """Accounts that ``where`` finds, the largest ``by`` first; without it in the order of ids."""

    where: Q
    counts: bool
    by: str = ""


@dataclass(frozen=True)
class Behind:
    """The runs of a KPI's list, and what each account adds to the numerator."""

    amount: Combinable
    runs: tuple[Run, ...]


def _by_revenue(where: Q, *, counts: bool) -> tuple[Run, ...]:
    """The largest first; those that no longer pay, or without an exchange rate, last."""
    return (
        Run(where & Q(mrr_now__isnull=False), counts, "mrr_now"),
        Run(where & Q(mrr_now__isnull=True), counts),
    )


def _sold(number: str, value: str) -> tuple[Run, ...]:
    sold = Q(**{f"{number}__gt": 0})
    known = Q(**{f"{value}__isnull": False})
    return (
        Run(sold & known, True, value),
        Run(sold & ~known, True),
        *_by_revenue(_OPENING & Q(**{number: 0}), counts=False),
    )


def _shared(share: Q, among: Q) -> tuple[Run, ...]:
    return (*_by_revenue(among & share, counts=True), *_by_revenue(among & ~share, counts=False))


def _flag(name: str) -> tuple[Run, ...]:
    """A column that is true, false, or none for accounts the KPI does not look at."""
    return (
        *_by_revenue(Q(**{name: True}), counts=True),
        *_by_revenue(Q(**{name: False}), counts=False),
    )


_LEFT = Run(Q(is_churned=True), True, "cancelled")
_LOST = Run(Q(is_churned=True, cancelled__gt=0), True, "cancelled")
_SHRUNK = Run(Q(contraction__gt=0), True, "contraction")
_GROWN = Run(Q(expansion__gt=0), True, "expansion")
_NOT_LOST = _OPENING & Q(cancelled=0, contraction=0)
_LOSS = F("cancelled") + F("contraction")
_NET = _LOSS - F("expansion")

_PAYING = _by_revenue(Q(is_closing=True), counts=True)
_KEPT = _by_revenue(_OPENING, counts=True)
_CHURN = Behind(F("cancelled"), (_LEFT, *_by_revenue(_OPENING & Q(is_churned=False), counts=False)))
_RENEWAL = Behind(F("renewed_value"), _shared(Q(renewed__gt=0), Q(due__gt=0)))
_UPSELL = Behind(F("upsell_value"), _sold("upsells", "upsell_value"))
_CROSS_SELL = Behind(F("cross_sell_value"), _sold("cross_sells", "cross_sell_value"))

BEHIND: dict[str, Behind] = {
    "mrr": Behind(F("mrr_now"), _PAYING),
    "arr": Behind(F("mrr_now") * 12, _PAYING),
    "customers": Behind(F("mrr_now"), _PAYING),
    "ltv-revenue": Behind(F("mrr_now") * 12, _PAYING),
    "ltv-margin": Behind(F("mrr_now") * 12, _PAYING),
    "customer-churn": _CHURN,
    "revenue-churn-cancelled": _CHURN,
    "logo-retention": Behind(F("mrr_closing"), _shared(Q(is_churned=False), _OPENING)),
    "revenue-churn-gross": Behind(
        _LOSS, (_LOST, _SHRUNK, *_by_revenue(_NOT_LOST, counts=False))
    ),
    "revenue-churn-net": Behind(
        _NET,
        (_LOST, _SHRUNK, _GROWN, *_by_revenue(_NOT_LOST & Q(expansion=0), counts=False)),
    ),
    "grr": Behind(F("mrr_opening") - _LOSS, _KEPT),
    "nrr": Behind(F("mrr_opening") - _NET, _KEPT),
    "retention-6m": Behind(F("mrr_closing"), _flag("kept_6m")),
    "retention-12m": Behind(F("mrr_closing"), _flag("kept_12m")),
    "early-churn": Behind(
        F("mrr_closing"),
        (
            Run(Q(is_settled=True, is_early_loss=True), True),
            *_by_revenue(Q(is_settled=True, is_early_loss=False), counts=False),
        ),
    ),
    "renewal-rate": _RENEWAL,
    "renewal-rate-value": _RENEWAL,
    "upsell-rate": _UPSELL,
    "upsell-rate-value": _UPSELL,
    "cross-sell-rate": _CROSS_SELL,
    "cross-sell-rate-value": _CROSS_SELL,
    "onboarding-completion": Behind(
        F("onboarding_days"), _shared(Q(onboarding_in_time=True), Q(onboarding_counts=True))
    ),
    "onboarding-days": Behind(
        F("onboarding_days"),
        _shared(Q(onboarding_days__isnull=False), Q(onboarding_counts=True)),
    ),
    "mean-tenure": Behind(
        F("tenure_days"),
        (
            Run(Q(has_ended=True, tenure_days__isnull=False), True, "tenure_days"),
            *_by_revenue(Q(has_ended=False, tenure_days__isnull=False), counts=False),
        ),
    ),
    "referrals": Behind(F("mrr_closing"), _shared(Q(is_referred=True), Q(is_new=True))),
}  # fmt: skip
