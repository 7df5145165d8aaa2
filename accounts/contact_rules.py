"""Why a person is not written to, and how often people may be: the rules without a database.

A person is an address: the same one at two accounts, or in two spellings of upper and lower case,
is asked once. Checked in the order of ``Reason``; the first that holds is the answer.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from cs_platform.core.clock import local_date

# The window of the limit per account.
ACCOUNT_DAYS = 30


class Reason(models.TextChoices):
    """Why somebody is left out."""

    NO_ADDRESS = "no_address", _("No e-mail address")
    LEFT = "left", _("Has left the firm")
    REFUSED = "refused", _("Wants no mail")
    TOO_SOON = "too_soon", _("Was or will be written to within the days between two requests")
    ACCOUNT_FULL = "account_full", _("The account has had its letters for 30 days")
    SAME_PERSON = "same_person", _("Is asked under the same address already")


def person_key(address: str) -> str:
    """What identifies a person across contacts: the address in lower case."""
    return address.strip().lower()


def has_left(left_on: dt.date | None, at: dt.datetime, zone: str) -> bool:
    """Whether somebody is no longer there at ``at``: from the workspace's day ``left_on`` on."""
    return left_on is not None and left_on <= local_date(at, zone)


def is_too_soon(at: dt.datetime, others: Iterable[dt.datetime], days_between: int) -> bool:
    """Whether a request at ``at`` is nearer than ``days_between`` days to one of the others.

    Before and after alike: one planned for next week holds the place as well as last week's.
    """
    gap = dt.timedelta(days=days_between)
    return any(abs(at - other) < gap for other in others)


def is_account_full(at: dt.datetime, others: Iterable[dt.datetime], most: int | None) -> bool:
    """Whether one more letter at ``at`` makes more than ``most`` within any 30 days.

    It is enough to look at the windows of 30 days that contain ``at``: no other one changes. The
    fullest of those begins at one of the letters, or is the one that begins at ``at``.
    """
    if most is None:
        return False
    window = dt.timedelta(days=ACCOUNT_DAYS)
    near = sorted(other for other in others if abs(at - other) < window)
    starts = [moment for moment in near if moment <= at] + [at]
    return any(
        sum(start <= moment < start + window for moment in near) + 1 > most for start in starts
    )
