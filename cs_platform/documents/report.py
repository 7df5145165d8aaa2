"""The monthly report: the month's figures for the firm's own leaders, section by section.

Everything is told as it was known when the month ended, where the source keeps that: KPIs as first
known, scores as given, the ledger as entered by then. A section whose source has nothing says so.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Workspace
from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.core.templatetags.formats import number, percent
from cs_platform.documents.queries import report as queries
from cs_platform.documents.sections import PARTS, Source, kpi_row
from metrics.reports.models import Section


@dataclass(frozen=True)
class Tile:
    """A figure at a glance, what it has changed by, and whether that is good news."""

    label: str
    value: str
    note: str = ""


@dataclass
class MonthlyReport:
    """What the template shows, in the active language; a section not asked for is not read."""

    workspace: Workspace
    month: dt.date
    language: str
    sections: list[str]
    made_on: dt.date
    tiles: list[Tile] = field(default_factory=list)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the report is called."""
        return _("Customer success report")

    @property
    def month_name(self) -> str:
        """The month reported on, in words."""
        return month_name(self.month)

    @property
    def last_day(self) -> dt.date:
        """The day as of which everything is told."""
        return queries.last_day(self.month)


def compose(
    workspace: Workspace, *, month: dt.date, language: str, sections: list[str], today: dt.date
) -> MonthlyReport:
    """The report on a month in the active language."""
    made = MonthlyReport(workspace, month, language, sections, today)
    source = Source(workspace, month)
    for name, part in PARTS.items():
        if name in sections:
            made.parts[name] = part(source)
    made.tiles = _tiles(made, source)
    return made


_HEADLINES = ("mrr", "nrr", "customer-churn")


def _tiles(made: MonthlyReport, source: Source) -> list[Tile]:
    """The month in four figures, of the sections that are in the report."""
    tiles = []
    if Section.KPIS in made.sections and source.figures:
        rows = {row.kpi.slug: row for row in source.figures.rows()}
        for slug in _HEADLINES:
            if slug in rows:
                row = kpi_row(rows[slug], source.currency)
                note = (
                    _("%(change)s on the month before") % {"change": row["change"]}
                    if row["change"]
                    else ""
                )
                tiles.append(Tile(str(row["label"]), row["value"], note))
    if Section.HEALTH in made.sections and source.health and source.health[-1].n:
        now = source.health[-1]
        tiles.append(
            Tile(
                pgettext("document", "Healthy accounts"),
                percent(now.accounts.get("green", 0) / now.n),
                _("%(green)s of %(all)s")
                % {"green": number(now.accounts.get("green", 0)), "all": number(now.n)},
            )
        )
    return tiles
