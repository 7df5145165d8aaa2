"""What goes wrong in real life: messages that are refused, belong to nobody yet, or come early."""

import datetime as dt
from typing import Any

from cs_platform.demo.catalogue import FEATURES, LOGIN

Message = dict[str, Any]
# what `messages` makes at the usual size of a demo
COUNT = 60


def messages(now: dt.datetime, seed: int) -> list[Message]:
    """Live messages of the last days before ``now``, the same for a seed and a day.

    Accounts on trial that nobody has created yet (they become unconfirmed accounts), users
    without an account (their events stay unattributed), a clock that runs ahead, and messages
    that must be refused.
    """
    found: list[Message] = []

    def add(hours_ago: float, **message: Any) -> None:
        number = len(found)
        base: Message = {
            "type": "track",
            "messageId": f"odd-{seed}-{now:%Y%m%d}-{number}",
            "timestamp": (now - dt.timedelta(hours=hours_ago)).isoformat(),
        }
        found.append(base | message)

    for number, trial in enumerate(("trial-0412", "trial-0415", "パートナー-試用")):
        for step in range(10):
            add(
                6 + 5 * step + number,
                event=LOGIN if step % 4 == 0 else FEATURES[step % 5],
                userId=f"{trial}-user",
                context={"groupId": trial},
            )
    for step in range(12):
        add(3 + 4 * step, event=FEATURES[step % 4], userId=f"guest-{step % 3}")
    for step in range(6):
        add(2 + 3 * step, event="Dashboard Viewed", anonymousId=f"visitor-{step}")
    for step in range(3):
        add(-72, event=FEATURES[step], userId="acct-000001-u1", context={"groupId": "acct-000001"})
    add(30, userId="acct-000002-u1")
    add(28, event="", userId="acct-000002-u1")
    add(26, event="Report Created")
    add(20, event="Report Created", userId="acct-000003-u1", timestamp="昨日の午後")
    add(15, type="trakc", event="Task Completed", userId="acct-000003-u1")
    add(9, event="Comment Added", userId="acct-000004-u1", properties={"text": "a\0b"})
    add(7, event="File Uploaded", userId="acct-000004-u1", properties=["not", "an", "object"])
    add(5, event="x" * 300, userId="acct-000005-u1")
    add(4, event="Search Performed", userId="u" * 300)
    return found
