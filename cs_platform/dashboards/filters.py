"""What a list of accounts is cut by, read from the URL: the same link shows the same list."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Membership, Role
from cs_platform.core.templatetags.formats import tier

ME, NOBODY, EVERYONE = "me", "none", "all"
BANDS = {
    "green": gettext_lazy("Healthy"),
    "yellow": gettext_lazy("Watch"),
    "red": gettext_lazy("Act now"),
    "none": gettext_lazy("Not enough data"),
}
RENEWAL_WINDOWS = (30, 60, 90, 180, 365)
OVERDUE = "overdue"
MAX_TEXT = 200
MAX_TIER = 50


@dataclass(frozen=True)
class AccountFilters:
    """A closed set of conditions; an empty field cuts nothing.

    ``owner`` is a membership's id, ``NOBODY`` for accounts without an owner, or '' for all.
    ``renewal`` is a number of days from today, or ``OVERDUE``.
    ``problems`` are sentences about values of the URL that were not understood and are ignored.
    """

    owner: str = ""
    segment: str = ""
    tier: str = ""
    stage: str = ""
    band: str = ""
    renewal: str = ""
    text: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether every account passes."""
        return self == AccountFilters()

    def renewal_range(self, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
        """First and last day of the renewal window, both inclusive, None for open."""
        if self.renewal == OVERDUE:
            return None, today - dt.timedelta(days=1)
        if self.renewal:
            return today, today + dt.timedelta(days=int(self.renewal))
        return None, None

    def query(self) -> dict[str, str]:
        """The URL parameters that give these filters again.

        The owner is always named: without one, a list opens on its reader's own accounts.
        """
        names = ("segment", "tier", "stage", "band", "renewal")
        given = {"owner": self.owner or EVERYONE}
        given |= {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.text:
            given["q"] = self.text
        return given


def _one_of(
    params: Mapping[str, str], name: str, allowed: Iterable[str], problems: list[str]
) -> str:
    value = params.get(name, "").strip()
    if value in {"", EVERYONE}:
        return ""
    if value in set(allowed):
        return value
    problems.append(
        _("“%(value)s” is no %(filter)s to filter by; it was ignored.")
        % {"value": value[:60], "filter": name}
    )
    return ""


def parse_filters(
    params: Mapping[str, str], *, me: Membership, owner_ids: Iterable[int]
) -> AccountFilters:
    """Read the filters of a URL; what is not understood is ignored and said so.

    ``owner=me`` becomes the reader's own id, so that links built from the result can be shared.
    """
    problems: list[str] = []
    owner = params.get("owner", "").strip()
    if owner == ME:
        owner = str(me.pk)
    else:
        owner = _one_of(params, "owner", [*map(str, owner_ids), NOBODY], problems)
    text = params.get("q", "").replace("\x00", "").strip()
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
        problems.append(
            ngettext(
                "The text was cut to its first %(count)d character.",
                "The text was cut to its first %(count)d characters.",
                MAX_TEXT,
            )
            % {"count": MAX_TEXT}
        )
    return AccountFilters(
        owner=owner,
        segment=_one_of(params, "segment", Account.Segment.values, problems),
        tier=params.get("tier", "").replace("\x00", "").strip()[:MAX_TIER],
        stage=_one_of(params, "stage", Account.Stage.values, problems),
        band=_one_of(params, "band", BANDS, problems),
        renewal=_one_of(params, "renewal", [*map(str, RENEWAL_WINDOWS), OVERDUE], problems),
        text=text,
        problems=tuple(problems),
    )


def opening_owner(me: Membership) -> str:
    """Whose accounts a list opens on: a CSM's own, everybody's for the others."""
    return str(me.pk) if me.role == Role.CSM else EVERYONE


def without(filters: AccountFilters, name: str) -> AccountFilters:
    """The filters with one of them taken away."""
    return replace(filters, **{name: ""})  # type: ignore[arg-type]


def described(filters: AccountFilters, owners: Mapping[int, str]) -> list[dict[str, Any]]:
    """The filters in force, in words: one removable chip each."""
    words: list[tuple[str, Any]] = []
    if filters.owner:
        name = _("no owner") if filters.owner == NOBODY else owners[int(filters.owner)]
        words.append(("owner", name))
    if filters.segment:
        words.append(("segment", Account.Segment(filters.segment).label))
    if filters.tier:
        words.append(("tier", tier(filters.tier)))
    if filters.stage:
        words.append(("stage", Account.Stage(filters.stage).label))
    if filters.band:
        words.append(("band", BANDS[filters.band]))
    if filters.renewal:
        words.append(("renewal", renewal_label(filters.renewal)))
    if filters.text:
        words.append(("text", f"“{filters.text}”"))
    return [
        {"name": name, "label": label, "query": without(filters, name).query()}
        for name, label in words
    ]


def renewal_label(value: str) -> str:
    """A renewal window in words."""
    if value == OVERDUE:
        return _("Renewal overdue")
    return ngettext("Renewal within %(days)d day", "Renewal within %(days)d days", int(value)) % {
        "days": int(value)
    }
