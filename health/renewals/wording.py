"""Renewals in words: how long is left, and what is forecast."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from health.renewals.categories import expected, probability
from health.renewals.models import Forecast, Renewal, Step

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
    step: str
    deadline: str
    is_near: bool
    term: str
    is_overdue: bool
    is_late: bool
    model: Bet
    csm: Bet
    final: Bet


def rows(renewals: Iterable[Renewal], today: dt.date) -> list[Row]:
    """Renewals in words, as of a day."""
    # A list has hundreds of these: each is put into the reader's language once.
    steps = {value: str(label) for value, label in Step.choices}
    categories = {"": "", **{value: str(label) for value, label in Forecast.choices}}

    def bet(renewal: Renewal, category: str, amount: Decimal | None) -> Bet:
        chance = probability(category)
        return Bet(categories[category], chance, expected(renewal.arr, amount, chance))

    def row(renewal: Renewal) -> Row:
        deadline = renewal.notice_deadline_on if renewal.is_open else None
        return Row(
            renewal=renewal,
            step=steps[renewal.step],
            deadline=deadline_words(deadline, today),
            is_near=deadline is not None and 0 <= (deadline - today).days <= NEAR_DAYS,
            term=term_words(renewal.term_ends_on, today) if renewal.is_open else "",
            is_overdue=renewal.is_open and renewal.term_ends_on < today,
            is_late=renewal.is_open and renewal.due_on is not None and renewal.due_on < today,
            model=Bet(
                "",
                renewal.model_probability,
                expected(renewal.arr, None, renewal.model_probability),
            ),
            csm=bet(renewal, renewal.csm_category, renewal.csm_amount),
            final=bet(renewal, renewal.final_category, renewal.final_amount),
        )

    return [row(renewal) for renewal in renewals]
