"""What the workers do for the outbox."""

import datetime as dt

from celery import shared_task

from accounts import delivery
from accounts.actions.mail import forget_texts
from accounts.sweeping import each_workspace
from cs_platform.core import clock

# Letters are kept whole for so long after they were settled; what they were stays known.
KEPT_FOR = dt.timedelta(days=30)


@shared_task(name="accounts.send_mail")
def send_mail(workspace_id: int) -> None:
    """Send what is due in one workspace."""
    delivery.deliver(workspace_id)


@shared_task(name="accounts.sweep_mail")
def sweep_mail() -> None:
    """Ask for a delivery in every workspace that has a letter to send."""
    now = clock.now()
    for workspace_id, has_mail in each_workspace(lambda: delivery.has_mail(now)):
        if has_mail:
            send_mail.apply_async((workspace_id,), expires=30)


@shared_task(name="accounts.forget_letters")
def forget_letters() -> None:
    """Throw away the texts of letters that were settled long ago."""
    before = clock.now() - KEPT_FOR
    list(each_workspace(lambda: forget_texts(before=before)))
