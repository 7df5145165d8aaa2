"""Housekeeping of usage data."""

from celery import shared_task

from accounts.sweeping import each_workspace
from cs_platform.core import clock
from metrics.usage.actions import purge_usage
from metrics.usage.partitions import make_partitions_ahead


@shared_task(name="usage.make_partitions")
def make_partitions() -> None:
    """Make the event partitions of the months to come."""
    make_partitions_ahead(clock.now().date())


@shared_task(name="usage.purge")
def purge() -> None:
    """Forget what is kept for 90 days only, in every workspace."""
    list(each_workspace(lambda: purge_usage(now=clock.now())))
