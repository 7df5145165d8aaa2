"""Renewals in words: how long is left, and what is forecast."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from health.renewals.categories import expected, probability
from health.renewals.models import Renewal

# From here on a deadline is near: what is to be done needs some days.
NEAR_DAYS = 14


def deadline_words(deadline: dt.date | None, today: dt.date) -> str:
    """How long until, or since, the day by which notice must be given; '' without one."""
    if deadline is None:
        return ""
    days = (deadline - today).days
    if days == 0:
        return _("Last day to give notice")
    if days > 0:
        words = ngettext(
            "%(days)d day left to give notice", "%(days)d days left to give notice", days
        )
    else:
        words = ngettext(
            "Notice deadline passed %(days)d day ago",
            "Notice deadline passed %(days)d days ago",
            -days,
        )
    return words % {"days": abs(days)}


def term_words(term_ends_on: dt.date, today: dt.date) -> str:
    """How long until, or since, the last paid day of the term."""
    days = (term_ends_on - today).days
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    if days == 0:
        return _("last day today")
    return ngettext("over for %(days)d day", "over for %(days)d days", -days) % {"days": -days}


@dataclass(frozen=True)
class Bet:
    """One forecaster's view of a renewal."""

    label: str
    chance: float | None
    amount: Decimal | None


@dataclass(frozen=True)
class Row:
    """A renewal as a list shows it."""

    renewal: Renewal
    deadline: str
    is_past: bool
    is_near: bool
    term: str
    is_overdue: bool
    is_late: bool
    model: Bet
    csm: Bet
    final: Bet


def row(renewal: Renewal, today: dt.date) -> Row:
    """A renewal in words, as of a day."""
    deadline = renewal.notice_deadline_on if renewal.is_open else None
    days = (deadline - today).days if deadline else None
    return Row(
        renewal=renewal,
        deadline=deadline_words(deadline, today),
        is_past=days is not None and days < 0,
        is_near=days is not None and 0 <= days <= NEAR_DAYS,
        term=term_words(renewal.term_ends_on, today) if renewal.is_open else "",
        is_overdue=renewal.is_open and renewal.term_ends_on < today,
        is_late=renewal.is_open and renewal.due_on is not None and renewal.due_on < today,
        model=Bet(
            "",
            renewal.model_probability,
            expected(renewal.arr, None, renewal.model_probability),
        ),
        csm=_bet(renewal, "csm"),
        final=_bet(renewal, "final"),
    )


def _bet(renewal: Renewal, forecaster: str) -> Bet:
    category = getattr(renewal, f"{forecaster}_category")
    chance = probability(category)
    label = str(getattr(renewal, f"get_{forecaster}_category_display")()) if category else ""
    return Bet(
        label, chance, expected(renewal.arr, getattr(renewal, f"{forecaster}_amount"), chance)
    )
