"""What a review sheet says of an account: nothing here is a judgement of our own.

The sheet is for the customer. Health, risk and everything a colleague thinks of the account is
read by no query of this module.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from accounts.models import Account, AttributeChange, ContractEvent, Interaction, Subscription, Task
from cs_platform.core import sql
from cs_platform.core.clock import day_end, day_start
from cs_platform.documents.period import Period
from metrics.surveys.models import FollowUp, Response

FEATURES_SHOWN = 8
COMMENTS_SHOWN = 6
TASKS_OFFERED = 50

# What a contract entry is to the customer; "upsell" and "contraction" are our words, not theirs.
STARTED, RENEWED, CHANGED, PRICE, TERMS, PAUSED, RESUMED, ENDED = (
    "started", "renewed", "changed", "price", "terms", "paused", "resumed", "ended",
)  # fmt: skip
_KINDS = {
    ContractEvent.Kind.NEW: STARTED,
    ContractEvent.Kind.CROSS_SELL: STARTED,
    ContractEvent.Kind.REACTIVATION: STARTED,
    ContractEvent.Kind.RENEWAL: RENEWED,
    ContractEvent.Kind.UPSELL: CHANGED,
    ContractEvent.Kind.CONTRACTION: CHANGED,
    ContractEvent.Kind.PRICE_RISE: PRICE,
    ContractEvent.Kind.TERMS: TERMS,
    ContractEvent.Kind.PAUSE: PAUSED,
    ContractEvent.Kind.RESUME: RESUMED,
    ContractEvent.Kind.CHURN: ENDED,
}


@dataclass(frozen=True)
class MonthOfUse:
    """One month; ``seats`` are those at its end, None where nobody told us."""

    month: dt.date
    events: int
    users: int
    features: int
    seats: int | None


@dataclass(frozen=True)
class FeatureUse:
    """How often a feature was used in the period, and in as many months before it."""

    name: str
    events: int
    before: int


@dataclass(frozen=True)
class Usage:
    """The months of the period and those of the one before; every feature used, busiest first."""

    months: list[MonthOfUse]
    before: list[MonthOfUse]
    features: list[FeatureUse]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was used in the period."""
        return not any(month.events for month in self.months)


@dataclass(frozen=True)
class ContractChange:
    """An entry of the contract ledger in words the customer uses."""

    kind: str
    on: dt.date
    product: str
    plan: str
    seats: int | None
    mrr: Decimal
    currency: str


def usage(account: Account, period: Period, *, zone: str) -> Usage:
    """Events, users and features by month, months without usage included."""
    both = [*period.before.months, *period.months]
    found = {
        row["month"]: row
        for row in sql.rows(
            "documents/review_months",
            {"account_id": account.pk, "first": both[0], "last": period.last_day},
        )
    }
    seats = _seats_at_month_ends(account, both, zone=zone)
    months = [
        MonthOfUse(
            month=month,
            events=found[month]["events"] if month in found else 0,
            users=found[month]["users"] if month in found else 0,
            features=found[month]["features"] if month in found else 0,
            seats=seats[month],
        )
        for month in both
    ]
    count = len(period.months)
    features = sql.rows(
        "documents/review_features",
        {
            "account_id": account.pk,
            "first": period.first_month,
            "before": both[0],
            "last": period.last_day,
        },
    )
    return Usage(months[count:], months[:count], [FeatureUse(**row) for row in features])


def _seats_at_month_ends(
    account: Account, months: list[dt.date], *, zone: str
) -> dict[dt.date, int | None]:
    """Seats at the end of each month; before the first change known, what it says they were, or
    else what it made them."""
    changes = list(
        AttributeChange.objects.filter(account=account, attribute=AttributeChange.Attribute.SEATS)
        .order_by("happened_at", "id")
        .values_list("happened_at", "old_value", "new_value")
    )
    found: dict[dt.date, int | None] = {}
    for month in months:
        end = day_end(Period(month, month).last_day, zone)
        text = changes[0][1] or changes[0][2] if changes else ""
        for happened_at, _old, new in changes:
            if happened_at < end:
                text = new
        found[month] = int(text) if text else (None if changes else account.seats)
    return found


def contracts(account: Account) -> list[Subscription]:
    """Contracts that are running, overdue or about to begin, by product."""
    live = (
        Subscription.Status.UPCOMING,
        Subscription.Status.ACTIVE,
        Subscription.Status.PAUSED,
        Subscription.Status.OVERDUE,
    )
    return list(
        Subscription.objects.filter(account=account, status__in=live)
        .select_related("product", "plan")
        .order_by(F("term_ends_on").asc(nulls_last=True), "product__name", "id")
    )


def contract_changes(account: Account, period: Period) -> list[ContractChange]:
    """What became of the contracts in the period, earliest first; voided entries left out."""
    events = (
        ContractEvent.objects.filter(
            account=account,
            effective_on__range=(period.first_month, period.last_day),
            kind__in=list(_KINDS),
            voided_by__isnull=True,
        )
        .select_related("subscription__product", "plan")
        .order_by("effective_on", "id")
    )
    return [
        ContractChange(
            kind=_KINDS[ContractEvent.Kind(event.kind)],
            on=event.last_paid_on or event.effective_on,
            product=event.subscription.product.name if event.subscription else "",
            plan=event.plan.name if event.plan else "",
            seats=event.seats,
            mrr=event.mrr,
            currency=event.currency,
        )
        for event in events
    ]


def open_tasks(account: Account) -> list[Task]:
    """Open tasks that could be put on the sheet, the most urgent first."""
    return list(
        Task.objects.filter(account=account, done_at=None)
        .select_related("owner__user", "interaction")
        .order_by(F("due_on").asc(nulls_last=True), "id")[:TASKS_OFFERED]
    )


def promised(task: Task) -> bool:
    """Whether the task was agreed with the customer: the next step of a contact they took part in.

    These are on the sheet unless taken off; every other task is off unless put on.
    """
    return task.interaction is not None and task.interaction.kind != Interaction.Kind.NOTE


def open_follow_ups(account: Account) -> int:
    """Survey answers of the account that somebody has yet to come back on."""
    return FollowUp.objects.filter(
        ~Q(state=FollowUp.State.RESOLVED), response__account=account
    ).count()


def language_of(account: Account, default: str) -> str:
    """The language of the account's people: its decision-makers' and champions' first.

    Where none is known: Japanese for a firm in Japan, else ``default``.
    """
    found: dict[str, Any] = {}
    contacts = account.contacts.filter(left_on=None).exclude(language="")
    for contact in contacts.values("language", "is_champion", "is_decision_maker"):
        weight = 1 + 10 * (contact["is_champion"] + contact["is_decision_maker"])
        found[contact["language"]] = found.get(contact["language"], 0) + weight
    if found:
        return max(sorted(found), key=lambda language: found[language])
    return "ja" if account.country == "JP" else default


@dataclass(frozen=True)
class Satisfaction:
    """What the account's people answered: each person's latest answer in the period.

    ``kind`` and ``scale`` (the highest grade) are those of `metrics.surveys.scales`.
    """

    kind: str
    scale: int | None
    n: int
    mean: float | None
    n_before: int
    mean_before: float | None


def satisfaction(account: Account, period: Period, *, zone: str) -> list[Satisfaction]:
    """Means per kind of survey, with those of the period before; kinds without answers left out."""
    found = sql.rows(
        "documents/review_answers",
        {
            "account_id": account.pk,
            "before": day_start(period.before.first_month, zone),
            "first": day_start(period.first_month, zone),
            "until": day_end(period.last_day, zone),
        },
    )
    return [Satisfaction(**row) for row in found if row["n"]]


def comments(account: Account, period: Period, *, zone: str) -> list[str]:
    """What the account's people wrote in surveys in the period, latest first, without names."""
    return list(
        Response.objects.filter(
            account=account,
            happened_at__gte=day_start(period.first_month, zone),
            happened_at__lt=day_end(period.last_day, zone),
            is_suspected_robot=False,
        )
        .exclude(comment="")
        .order_by("-happened_at", "-id")
        .values_list("comment", flat=True)[:COMMENTS_SHOWN]
    )
