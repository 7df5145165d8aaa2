"""What the team has learnt from customers it lost: some of the losses have been reviewed."""

import datetime as dt
from decimal import Decimal

from accounts.actors import Actor
from accounts.models import Account, ContractEvent, Workspace
from accounts.queries.workspaces import today as workspace_today
from cs_platform.core import tenancy
from cs_platform.demo.words import read_json
from metrics.kpis.actions.reviews import review_churn
from metrics.kpis.models import ChurnReview

_LESSONS = read_json("phrases")["lessons"]
_SINCE = dt.timedelta(days=365)
_MOST = 9
# every so many losses still wait for their review
_WAITING = 3
_Kind = ContractEvent.Kind


def churn_reviews(workspace: Workspace, now: dt.datetime) -> None:
    """Reviews of last year's losses, by the owners of the accounts."""
    with tenancy.scope(workspace.pk):
        if ChurnReview.objects.exists():
            return
        losses = (
            ContractEvent.objects.filter(
                kind=_Kind.CHURN,
                last_paid_on__gte=workspace_today(now) - _SINCE,
                account__stage=Account.Stage.CHURNED,
                account__owner__isnull=False,
                reason__in=list(_LESSONS),
            )
            .select_related("account__owner")
            .order_by("account_id", "-last_paid_on")
            .distinct("account_id")
        )
        newest = sorted(losses, key=lambda loss: (loss.effective_on, loss.pk), reverse=True)
        chosen = [loss for number, loss in enumerate(newest) if (number + 1) % _WAITING]
        for loss in chosen[:_MOST]:
            _review(loss, workspace.currency, now)


def _review(loss: ContractEvent, currency: str, now: dt.datetime) -> None:
    account, ended_on = loss.account, loss.last_paid_on
    owner, lost = account.owner, _revenue(account, ended_on, currency)
    if owner is None or ended_on is None or lost is None:
        return
    lesson = _LESSONS[loss.reason]
    review_churn(
        actor=Actor.of(owner),
        now=now,
        account=account,
        ended_on=ended_on,
        mrr_lost=lost,
        reason=loss.reason,
        avoidable=lesson["avoidable"],
        competitor=loss.competitor,
        lesson=lesson["ja" if account.country == "JP" else "en"],
    )


def _revenue(account: Account, ended_on: dt.date | None, currency: str) -> Decimal | None:
    """What the account last paid a month; none where it paid in another currency."""
    last = (
        ContractEvent.objects.filter(account=account, effective_on__lte=ended_on, mrr__gt=0)
        .exclude(kind__in=[_Kind.VOID, _Kind.ONE_OFF, _Kind.CHURN])
        .order_by("subscription_id", "-effective_on", "-id")
        .distinct("subscription_id")
    )
    found = [(entry.mrr, entry.currency) for entry in last]
    if any(code != currency for _mrr, code in found):
        return None
    return sum((mrr for mrr, _code in found), Decimal(0))
