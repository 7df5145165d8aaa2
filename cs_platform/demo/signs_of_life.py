"""What a workspace in daily use shows besides its history: open tasks and judgements."""

import datetime as dt

from accounts.actions.tasks import create_task
from accounts.actors import Actor
from accounts.models import Account, Interaction, Subscription, Task
from accounts.queries.workspaces import today as workspace_today
from health.actions.risk import flag_risk, move_state, snooze
from health.models import AccountCurrent, RiskState

_SNOOZED = {
    "ja": "更新の社内稟議待ち。決裁後に連絡をもらう約束。",
    "en": "Waiting for their budget round; they will call us.",
}
_FLAGGED = {
    "ja": "推進者が異動するとの話。数字は良いが要注意。",
    "en": "The champion hinted at leaving. The figures look better than the mood.",
}
_PREPARE = {"ja": "更新提案の準備", "en": "Prepare the renewal offer"}


def open_tasks(*, actor: Actor, now: dt.datetime) -> int:
    """Tasks of the open scope: next steps promised for these days, and renewals coming up.

    How many were made; those that are there already are left alone.
    """
    today = workspace_today(now)
    promised = (
        Interaction.objects.filter(
            next_step_on__range=(today - dt.timedelta(days=3), today + dt.timedelta(days=10)),
            tasks__isnull=True,
        )
        .exclude(account__stage=Account.Stage.CHURNED)
        .select_related("account__owner")
        .order_by("next_step_on", "id")
    )
    count = 0
    for interaction in promised:
        create_task(
            actor=actor,
            now=now,
            account=interaction.account,
            title=interaction.next_step,
            owner=interaction.account.owner,
            due_on=interaction.next_step_on,
            interaction=interaction,
        )
        count += 1
    return count + _renewal_tasks(actor=actor, now=now, today=today)


def _renewal_tasks(*, actor: Actor, now: dt.datetime, today: dt.date) -> int:
    near = (
        Subscription.objects.filter(
            notice_deadline_on__range=(today, today + dt.timedelta(days=21)),
            notice_given_on__isnull=True,
            ended_on__isnull=True,
        )
        .select_related("account__owner")
        .order_by("notice_deadline_on", "id")
    )
    asked = set(Task.objects.filter(title__in=_PREPARE.values()).values_list("account", flat=True))
    count = 0
    for number, subscription in enumerate(near):
        account = subscription.account
        if account.pk in asked:
            continue
        asked.add(account.pk)
        create_task(
            actor=actor,
            now=now,
            account=account,
            title=_PREPARE[_language(account)],
            owner=account.owner,
            due_on=min(today + dt.timedelta(days=number % 4), subscription.notice_deadline_on),
        )
        count += 1
    return count


def judgements(*, actor: Actor, now: dt.datetime) -> int:
    """Risks of the open scope snoozed, taken up, and flagged on accounts that look healthy.

    How many; none where somebody has judged already. Needs current scores.
    """
    if RiskState.objects.exists():
        return 0
    today = workspace_today(now)
    ranked = AccountCurrent.objects.select_related("account").order_by("-expected_loss", "pk")
    at_risk = list(ranked.filter(band__in=("red", "yellow"), expected_loss__gt=0)[:9])
    healthy = list(ranked.filter(band="green", expected_loss__gt=0)[:2])
    for current in at_risk[3:9:3]:
        reason = _SNOOZED[_language(current.account)]
        until = today + dt.timedelta(days=10)
        snooze(actor=actor, now=now, account=current.account, until=until, reason=reason)
    for current in at_risk[1:3]:
        move_state(actor=actor, now=now, account=current.account, state=RiskState.State.WORKING)
    for current in healthy:
        reason = _FLAGGED[_language(current.account)]
        flag_risk(actor=actor, now=now, account=current.account, reason=reason)
    return RiskState.objects.count()


def _language(account: Account) -> str:
    return "ja" if account.country == "JP" else "en"
