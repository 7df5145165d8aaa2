"""Lost accounts and what their reviews say."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from accounts.models import Account
from cs_platform.core import sql
from cs_platform.core.paging import Cursor, decode, encode
from metrics.kpis.models import AccountPeriod, ChurnReview
from metrics.kpis.queries.periods import periods
from metrics.kpis.queries.shapes import PeriodView
from metrics.statistics import Estimate, share

PAGE_SIZE = 50
STATES = ("all", "open", "reviewed")


@dataclass(frozen=True)
class Loss:
    """An account whose last contract ended. ``ended_on`` is its last paid day, ``mrr_lost`` the
    monthly recurring revenue it took along, in the workspace's currency."""

    account_id: int
    name: str
    ended_on: dt.date
    mrr_lost: Decimal
    reason: str
    review: ChurnReview | None


@dataclass(frozen=True)
class LossPage:
    """One page of losses, the dearest first, and the cursor of those that follow."""

    rows: list[Loss]
    next_cursor: str | None


@dataclass(frozen=True)
class ReasonSum:
    """Why accounts left, counted and in monthly recurring revenue; of them what was avoidable."""

    reason: str
    accounts: int
    lost: Decimal
    avoidable: int
    avoidable_lost: Decimal


@dataclass(frozen=True)
class LossSummary:
    """What the reviews of a period say together. ``avoidable_share`` is of the reviewed losses,
    with its interval; None while none has been reviewed."""

    accounts: int
    lost: Decimal
    reviewed: int
    avoidable: int
    avoidable_lost: Decimal
    avoidable_share: Estimate | None
    reasons: list[ReasonSum]


def losses(period: PeriodView, *, state: str = "all", cursor: str | None = None) -> LossPage:
    """Who was lost in a period; ``state`` keeps those with, or still without, a review.

    Raises ``BadCursor``.
    """
    found = AccountPeriod.objects.filter(
        period_id=period.id, is_churned=True, churned_on__isnull=False
    )
    reviewed = ChurnReview.objects.filter(
        account_id=OuterRef("account_id"), ended_on=OuterRef("churned_on")
    )
    if state == "reviewed":
        found = found.filter(Exists(reviewed))
    elif state == "open":
        found = found.filter(~Exists(reviewed))
    purpose = f"losses:{period.id}:{state}"
    if cursor:
        cancelled, account_id = decode(purpose, cursor).values
        found = found.filter(
            TupleLessThan(Tuple(F("cancelled"), F("account_id")), (Decimal(cancelled), account_id))
        )
    rows = list(found.order_by("-cancelled", "-account_id")[: PAGE_SIZE + 1])
    following = None
    if len(rows) > PAGE_SIZE:
        last = rows[PAGE_SIZE - 1]
        following = encode(purpose, Cursor((str(last.cancelled), last.account_id)))
    return LossPage(_losses(rows[:PAGE_SIZE]), following)


def losses_of(account: Account) -> list[Loss]:
    """Every loss of one account, the latest first."""
    ids = [period.id for period in periods("month")]
    rows = AccountPeriod.objects.filter(
        period_id__in=ids, account_id=account.pk, is_churned=True, churned_on__isnull=False
    ).order_by("-churned_on")
    # An account that left, returned and left within a month is one loss of that month.
    return _losses({row.churned_on: row for row in rows}.values())


def _losses(rows: Iterable[AccountPeriod]) -> list[Loss]:
    facts = list(rows)
    ids = [fact.account_id for fact in facts]
    names = dict(Account.objects.filter(pk__in=ids).values_list("pk", "name"))
    reviews = {
        (review.account_id, review.ended_on): review
        for review in ChurnReview.objects.filter(account_id__in=ids).select_related(
            "reviewed_by__user"
        )
    }
    return [
        Loss(
            account_id=fact.account_id,
            name=names[fact.account_id],
            ended_on=fact.churned_on,
            mrr_lost=fact.cancelled,
            reason=fact.reason or "unknown",
            review=reviews.get((fact.account_id, fact.churned_on)),
        )
        for fact in facts
        if fact.churned_on is not None and fact.account_id in names
    ]


def loss_summary(period: PeriodView) -> LossSummary:
    """The losses of a period added up; one query."""
    rows = sql.rows("kpis/loss_summary", {"period_id": period.id})
    reasons: dict[str, ReasonSum] = {}
    for row in rows:
        is_avoidable = row["avoidable"] == ChurnReview.Avoidable.YES
        before = reasons.get(row["reason"]) or ReasonSum(
            row["reason"], 0, Decimal(0), 0, Decimal(0)
        )
        reasons[row["reason"]] = ReasonSum(
            reason=row["reason"],
            accounts=before.accounts + row["accounts"],
            lost=before.lost + row["lost"],
            avoidable=before.avoidable + (row["accounts"] if is_avoidable else 0),
            avoidable_lost=before.avoidable_lost + (row["lost"] if is_avoidable else 0),
        )
    reviewed = sum(row["accounts"] for row in rows if row["avoidable"])
    avoidable = sum(reason.avoidable for reason in reasons.values())
    return LossSummary(
        accounts=sum(reason.accounts for reason in reasons.values()),
        lost=sum((reason.lost for reason in reasons.values()), Decimal(0)),
        reviewed=reviewed,
        avoidable=avoidable,
        avoidable_lost=sum((reason.avoidable_lost for reason in reasons.values()), Decimal(0)),
        avoidable_share=share(avoidable, reviewed) if reviewed else None,
        reasons=sorted(reasons.values(), key=lambda row: (-row.lost, -row.accounts, row.reason)),
    )
