"""What a workspace in daily use shows besides its history: open tasks, odd events, judgements."""

import datetime as dt

from accounts.actions.tasks import create_task
from accounts.actors import Actor
from accounts.models import Account, Interaction, Subscription, Task
from accounts.queries.workspaces import today as workspace_today

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
            title=_PREPARE["ja" if account.country == "JP" else "en"],
            owner=account.owner,
            due_on=min(today + dt.timedelta(days=number % 4), subscription.notice_deadline_on),
        )
        count += 1
    return count
