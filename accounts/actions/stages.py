"""The lifecycle stage as the contracts leave it: churned after the last one, and back again."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from accounts.actions.history import change_row
from accounts.actors import Actor
from accounts.ledger import GRACE_DAYS
from accounts.models import Account, AttributeChange
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql

_ACTOR = Actor.system("contracts")


def follow_contracts(account_ids: Iterable[int], *, now: dt.datetime) -> int:
    """Move accounts whose contracts have overtaken their stage; how many. Idempotent.

    An account is churned from the day after the last of its contracts ended, if it ever paid for
    one; once it has signed again it is in the stage it was in before. A stage that somebody stated
    for a later time stays. In the caller's transaction, which marks the accounts.
    """
    wanted = sorted(set(account_ids))
    if not wanted:
        return 0
    overtaken: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sql.rows(
        "accounts/overtaken_stages",
        {
            "account_ids": wanted,
            "first_stage": Account.Stage.ADOPTION,
            "grace_days": GRACE_DAYS,
            "timezone": current_workspace().timezone,
            "now": now,
        },
    ):
        overtaken[row["account_id"]].append(row)
    if not overtaken:
        return 0
    # In the order in which imports lock them.
    accounts = list(
        Account.objects.select_for_update(no_key=True)
        .filter(pk__in=overtaken)
        .order_by("external_id")
    )
    # Whoever stated another stage while we waited for the row has said the last word.
    moving = [
        account for account in accounts if account.stage == overtaken[account.pk][0]["before"]
    ]
    changes = []
    for account in moving:
        for row in overtaken[account.pk]:
            changes.append(
                change_row(
                    account,
                    AttributeChange.Attribute.STAGE,
                    row["before"],
                    row["stage"],
                    actor=_ACTOR,
                    happened_at=row["happened_at"],
                    known_at=row["known_at"],
                    is_historical=row["is_historical"],
                    is_derived=True,
                )
            )
            account.stage, account.updated_at = row["stage"], now
    Account.objects.bulk_update(moving, ["stage", "updated_at"], batch_size=2000)
    AttributeChange.objects.bulk_create(changes, batch_size=5000)
    return len(moving)
