"""What the reader looks through: a kind of period, one of them, a past day, a cut."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from babel.dates import format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import HttpRequest
from accounts.actors import Actor
from accounts.permissions import Permission, allows
from cs_platform.core import clock
from cs_platform.core.days import out_of_range
from cs_platform.core.errors import DomainError
from cs_platform.core.templatetags.formats import day, viewer_locale
from metrics.kpis.actions.as_of import request_as_of
from metrics.kpis.models import AsOfRequest, Figure, Period
from metrics.kpis.queries.periods import find_period, periods
from metrics.kpis.queries.series import closed_before
from metrics.kpis.queries.shapes import PeriodView

DEFAULT_KIND = Period.Kind.TRAILING
# How many periods of a kind a trend shows, and a reader may choose from.
SHOWN = {"month": 36, "quarter": 16, "year": 10, "trailing12": 36}
CUTS = (
    Figure.Dimension.SEGMENT,
    Figure.Dimension.PLAN,
    Figure.Dimension.OWNER,
    Figure.Dimension.COHORT_QUARTER,
)


def period_label(period: PeriodView, *, fiscal_start: int) -> str:
    """A period as a reader names it: Nov 2026, FY2026 Q2, FY2026, 12 months to Nov 2026."""
    last = period.ends_on - dt.timedelta(days=1)
    # The fiscal year is called after the calendar year it begins in, as in Japan.
    year = period.starts_on.year - (period.starts_on.month < fiscal_start)
    match period.kind:
        case Period.Kind.QUARTER:
            quarter = (period.starts_on.month - fiscal_start) % 12 // 3 + 1
            text = _("FY%(year)d Q%(quarter)d") % {"year": year, "quarter": quarter}
        case Period.Kind.YEAR:
            text = _("FY%(year)d") % {"year": year}
        case Period.Kind.TRAILING:
            text = _("12 months to %(month)s") % {"month": month_text(last)}
        case _:
            text = month_text(period.starts_on)
    return text


def month_text(value: dt.date) -> str:
    """A month with its year: Nov 2026, 2026年11月."""
    return format_skeleton("yMMM", value, locale=viewer_locale())


def short_label(period: PeriodView, *, fiscal_start: int) -> str:
    """The same for an axis; trailing 12 months by the month they end with."""
    if period.kind == Period.Kind.TRAILING:
        return month_text(period.ends_on - dt.timedelta(days=1))
    return period_label(period, fiscal_start=fiscal_start)


@dataclass
class Lens:
    """The choice of the URL, and what it finds. Nothing but stored figures is read."""

    request: HttpRequest
    problem: str = ""
    waiting: AsOfRequest | None = None
    _asked: dt.date | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._asked = self._read_day(self.request.GET.get("as_of", ""))

    @cached_property
    def now(self) -> dt.datetime:
        """The moment of the request."""
        return clock.now()

    @cached_property
    def today(self) -> dt.date:
        """The workspace's calendar day."""
        return clock.local_date(self.now, self.request.workspace.timezone)

    @property
    def kind(self) -> str:
        """Month, fiscal quarter, fiscal year or trailing 12 months."""
        asked = self.request.GET.get("period", "")
        return asked if asked in Period.Kind.values else DEFAULT_KIND.value

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return str(Period.Kind(self.kind).label)

    @property
    def as_of(self) -> dt.date | None:
        """The past day whose knowledge is asked for; None is now."""
        return self._asked

    @property
    def dimension(self) -> str:
        """The cut."""
        asked = self.request.GET.get("cut", "")
        return asked if asked in CUTS else Figure.Dimension.SEGMENT.value

    @property
    def value(self) -> str | None:
        """One value of the cut; None is all of them, '' is those without one."""
        return self.request.GET.get("value", "")[:40] if "value" in self.request.GET else None

    @property
    def fiscal_start(self) -> int:
        """The month the workspace's fiscal year begins in."""
        return self.request.workspace.fiscal_year_start_month

    @property
    def currency(self) -> str:
        """The workspace's currency."""
        return self.request.workspace.currency

    def _read_day(self, text: str) -> dt.date | None:
        if not text:
            return None
        try:
            asked = dt.date.fromisoformat(text)
        except ValueError:
            self.problem = _("“%(text)s” is no date; this is today.") % {"text": text[:40]}
            return None
        if asked > self.today or out_of_range(asked):
            self.problem = _("That day has not come yet; this is today.")
            if asked <= self.today:
                self.problem = out_of_range(asked)
            return None
        return None if asked == self.today else asked

    @cached_property
    def choices(self) -> list[PeriodView]:
        """The periods of the kind that may be chosen, newest first."""
        if self.as_of is not None:
            return closed_before(self.kind, self.as_of, limit=SHOWN[self.kind])
        return periods(self.kind, limit=SHOWN[self.kind])

    @cached_property
    def period(self) -> PeriodView | None:
        """The period looked at: the one asked for, else the running one."""
        start = self.request.GET.get("start", "")
        for period in self.choices:
            if start and period.starts_on.isoformat() == start:
                return period
        if self.as_of is None:
            return self.choices[0] if self.choices else None
        found = find_period(self.kind, as_of=self.as_of)
        if found is None:
            self._wait(self.as_of)
        return found

    def _wait(self, day: dt.date) -> None:
        """Have the day computed, once; what stands in its way is said."""
        try:
            asked = request_as_of(actor=Actor.of(self.request.membership), now=self.now, as_of=day)
        except DomainError as error:
            self.problem = str(error.message)
            return
        if asked.state == AsOfRequest.State.DONE:
            self.problem = _("There are no figures of this kind of period for that day.")
        else:
            self.waiting = asked

    @cached_property
    def shown(self) -> list[PeriodView]:
        """The periods of a trend, newest first: the one looked at and those before it."""
        period = self.period
        if period is None:
            return []
        before = [other for other in self.choices if other.ends_on < period.ends_on]
        return [period, *before][: SHOWN[self.kind]]

    @property
    def previous(self) -> PeriodView | None:
        """The period that changes are measured from."""
        return self.shown[1] if len(self.shown) > 1 else None

    def label(self, period: PeriodView) -> str:
        """The period's name; one that still runs says so."""
        text = period_label(period, fiscal_start=self.fiscal_start)
        if period.is_open:
            return pgettext("period", "%(period)s (to %(day)s)") % {
                "period": text,
                "day": day(period.last_on),
            }
        return text

    def short(self, period: PeriodView) -> str:
        """The period's name on an axis; an asterisk marks one that still runs."""
        return short_label(period, fiscal_start=self.fiscal_start) + ("*" if period.is_open else "")

    def context(self) -> dict[str, Any]:
        """What the bar of choices and the state of a past day need."""
        period = self.period
        role = self.request.membership.role
        return {
            "lens": self,
            "period": period,
            "period_label": self.label(period) if period else "",
            "kind_choices": Period.Kind.choices,
            "period_choices": [(p.starts_on.isoformat(), self.label(p)) for p in self.choices],
            "cut_choices": [(cut.value, cut.label) for cut in CUTS],
            "today": self.today,
            "may": {permission.value: allows(role, permission) for permission in Permission},
        }
