"""What the renewals are cut by, read from the URL: the same link shows the same list."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Membership
from accounts.queries.matching import text_matches
from health.renewals.models import Renewal, Step
from health.renewals.quarters import Quarter

ME, NOBODY, EVERYONE = "me", "none", "all"
OPEN, CLOSED = "open", "closed"
OVERDUE, THIS_QUARTER, NEXT_QUARTER = "overdue", "quarter", "next-quarter"
WINDOW_DAYS = (30, 60, 90, 180)
DEADLINE_DAYS = (7, 14, 30, 60)
PAST = "past"
BANDS = {
    "green": gettext_lazy("Healthy"),
    "yellow": gettext_lazy("Watch"),
    "red": gettext_lazy("Act now"),
    "none": gettext_lazy("Not enough data"),
}
MISSING = "missing"
LONGEST_TEXT = 200


@dataclass(frozen=True)
class RenewalFilters:
    """A closed set of conditions; an empty field cuts nothing.

    ``owner`` is a membership's id, ``NOBODY``, or '' for all. ``step`` is a step, ``CLOSED`` for
    both closed ones, or '' for every open one. ``window`` cuts by the end of the term: days from
    today, ``OVERDUE``, or a fiscal quarter. ``deadline`` cuts by the notice deadline: days from
    today, or ``PAST``. ``text`` cuts by the account's name, reading or id. ``problems`` are
    sentences about values that were not understood.
    """

    owner: str = ""
    segment: str = ""
    band: str = ""
    step: str = ""
    window: str = ""
    deadline: str = ""
    forecast: str = ""
    rate: str = ""
    text: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether every open renewal passes."""
        return self == RenewalFilters()

    @cached_property
    def matching(self) -> Q:
        """What the text asks of a row; looked up once, however many parts of a page ask."""
        return text_matches(self.text)

    def query(self) -> dict[str, str]:
        """The URL parameters that give these filters again; the owner is always named."""
        names = ("segment", "band", "step", "window", "deadline", "forecast", "rate")
        given = {"owner": self.owner or EVERYONE}
        given |= {name: getattr(self, name) for name in names if getattr(self, name)}
        return given | ({"q": self.text} if self.text else {})


def parse_filters(
    params: Mapping[str, str], *, me: Membership, owner_ids: Iterable[int]
) -> RenewalFilters:
    """Read the filters of a URL; what is not understood is ignored and said so."""
    problems: list[str] = []

    def one_of(name: str, allowed: Iterable[Any]) -> str:
        value = params.get(name, "").strip()
        if value in {"", EVERYONE}:
            return ""
        if value in set(map(str, allowed)):
            return value
        problems.append(
            _("“%(value)s” is no %(filter)s to filter by; it was ignored.")
            % {"value": value.replace("\x00", "")[:60], "filter": name}
        )
        return ""

    owner = params.get("owner", "").strip()
    owner = str(me.pk) if owner == ME else one_of("owner", [*owner_ids, NOBODY])
    step = one_of("step", [*Step.values, OPEN, CLOSED])
    return RenewalFilters(
        owner=owner,
        segment=one_of("segment", Account.Segment.values),
        band=one_of("band", BANDS),
        step="" if step == OPEN else step,
        window=one_of("window", [*WINDOW_DAYS, OVERDUE, THIS_QUARTER, NEXT_QUARTER]),
        deadline=one_of("deadline", [*DEADLINE_DAYS, PAST]),
        forecast=one_of("forecast", [MISSING]),
        rate=one_of("rate", [MISSING]),
        text=params.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT],
        problems=tuple(problems),
    )


def window_days(window: str, today: dt.date, first_month: int) -> tuple[dt.date | None, dt.date]:
    """First and last day of a window, both inclusive; None for no first day."""
    if window == OVERDUE:
        return None, today - dt.timedelta(days=1)
    if window in {THIS_QUARTER, NEXT_QUARTER}:
        quarter = Quarter.of(today, first_month).moved(int(window == NEXT_QUARTER), first_month)
        return quarter.starts_on, quarter.last_day
    return today, today + dt.timedelta(days=int(window))


def filtered(
    found: QuerySet[Renewal], filters: RenewalFilters, *, today: dt.date, first_month: int
) -> QuerySet[Renewal]:
    """The renewals of ``found`` that pass."""
    found = _at_step(found, filters.step)
    if filters.owner == NOBODY:
        found = found.filter(owner__isnull=True)
    elif filters.owner:
        found = found.filter(owner_id=int(filters.owner))
    if filters.segment:
        found = found.filter(segment=filters.segment)
    if filters.band:
        found = found.filter(band="" if filters.band == "none" else filters.band)
    if filters.forecast:
        found = found.filter(csm_category="", final_category="")
    if filters.rate:
        found = found.filter(arr__isnull=True)
    if filters.text:
        found = found.filter(filters.matching)
    if filters.window:
        first, last = window_days(filters.window, today, first_month)
        found = found.filter(term_ends_on__lte=last)
        found = found.filter(term_ends_on__gte=first) if first else found
    if filters.deadline == PAST:
        return found.filter(notice_deadline_on__lt=today)
    if filters.deadline:
        last = today + dt.timedelta(days=int(filters.deadline))
        return found.filter(notice_deadline_on__range=(today, last))
    return found


def _at_step(found: QuerySet[Renewal], step: str) -> QuerySet[Renewal]:
    if step == CLOSED:
        return found.filter(step__in=(Step.RENEWED, Step.LOST), is_void=False)
    if step in (Step.RENEWED, Step.LOST):
        return found.filter(step=step, is_void=False)
    return found.filter(is_open=True, **({"step": step} if step else {}))


def window_choices() -> list[tuple[str, str]]:
    """The windows of the end of the term, in words."""
    return [
        (THIS_QUARTER, _("This quarter")),
        (NEXT_QUARTER, _("Next quarter")),
        (OVERDUE, _("Renewal overdue")),
        *(
            (
                str(days),
                ngettext("Renewal within %(days)d day", "Renewal within %(days)d days", days)
                % {"days": days},
            )
            for days in WINDOW_DAYS
        ),
    ]


def deadline_choices() -> list[tuple[str, str]]:
    """The windows of the notice deadline, in words."""
    return [
        *(
            (
                str(days),
                ngettext("Deadline within %(days)d day", "Deadline within %(days)d days", days)
                % {"days": days},
            )
            for days in DEADLINE_DAYS
        ),
        (PAST, _("Deadline passed")),
    ]
