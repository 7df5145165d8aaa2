"""The monthly report: the month's figures for the firm's own leaders, section by section.

Everything is told as it was known when the month ended, where the source keeps that: KPIs as first
known, scores as given, the ledger as entered by then. A section whose source has nothing says so.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Workspace
from accounts.queries.members import members
from cs_platform.core.clock import day_end
from cs_platform.core.templatetags.formats import MISSING, money_short, number, percent, signed
from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.documents.charts import (
    Bars,
    Drawing,
    Line,
    Step,
    bar_chart,
    line_chart,
    row_bars,
    waterfall,
)
from cs_platform.documents.charts.drawing import BANDS, LOSS
from cs_platform.documents.queries import answers, figures
from cs_platform.documents.queries import report as queries
from cs_platform.documents.wording import (
    band_word,
    month_labels,
    scale_name,
    survey_short,
)
from metrics.kpis.queries.shapes import FigureView
from metrics.kpis.wording import change_text, interval_text, value_text
from metrics.reports.models import Section
from metrics.surveys import scales


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
    source = _Source(workspace, month)
    for name, part in _PARTS.items():
        if name in sections:
            made.parts[name] = part(source)
    made.tiles = _tiles(made, source)
    return made


class _Source:
    """What several sections read, read once."""

    def __init__(self, workspace: Workspace, month: dt.date) -> None:
        self.workspace = workspace
        self.month = month
        self.currency = workspace.currency
        self._kept: dict[str, Any] = {}

    def _once(self, name: str, read: Callable[[], Any]) -> Any:
        if name not in self._kept:
            self._kept[name] = read()
        return self._kept[name]

    @property
    def figures(self) -> figures.Figures | None:
        found: figures.Figures | None = self._once("figures", lambda: figures.figures(self.month))
        return found

    @property
    def health(self) -> queries.Health | None:
        found: queries.Health | None = self._once("health", lambda: queries.health(self.month))
        return found

    @property
    def names(self) -> dict[int, str]:
        found: dict[int, str] = self._once(
            "names", lambda: {member.pk: str(member.user) for member in members(self.workspace)}
        )
        return found

    def short(self, amount: Any) -> str:
        """Money in a few letters."""
        return money_short(amount, self.currency)

    def signed_money(self, amount: Any) -> str:
        """Money with its sign."""
        return ("+" if amount > 0 else "") + money_short(amount, self.currency)


# --- the sections ----------------------------------------------------------------------------
def _kpis(source: _Source) -> dict[str, Any]:
    found = source.figures
    if found is None:
        return {"is_empty": True}
    rows = [_kpi_row(row, source.currency) for row in found.rows()]
    return {
        "is_empty": not rows,
        "rows": rows,
        "charts": [
            chart
            for chart in (
                _kpi_line(found, ("nrr", "grr"), source, _("NRR and GRR by month")),
                _kpi_line(found, ("mrr",), source, _("MRR at the end of the month")),
            )
            if chart
        ],
    }


def _kpi_row(row: figures.KpiRow, currency: str) -> dict[str, Any]:
    unit, now = row.kpi.unit, row.now
    before = None if row.before is None else row.before.figure
    change = change_text(now.figure, before, unit, currency)
    return {
        "label": row.kpi.label,
        "formula": row.kpi.formula,
        "value": value_text(now.figure, unit, currency, short=True),
        "change": change,
        "tone": _tone(now.figure, before, is_up_good=row.kpi.is_up_good),
        "interval": interval_text(now.low, now.high, unit, currency),
        "n": now.n,
        "year": "" if row.year is None else value_text(row.year.figure, unit, currency, short=True),
        "missing": now.missing,
    }


def _tone(now: float | None, before: float | None, *, is_up_good: bool) -> str:
    if now is None or before is None or now == before:
        return ""
    return "good" if (now > before) is is_up_good else "bad"


_SECOND = "#0b7a8a"


def _kpi_line(
    found: figures.Figures, kpis: tuple[str, ...], source: _Source, title: str
) -> Drawing | None:
    """KPIs of one unit over the months, the only or first one with its interval."""
    unit = figures.KPIS[kpis[0]].unit
    trends = {kpi: found.trend(kpi) for kpi in kpis}
    if not any(view and view.figure is not None for trend in trends.values() for view in trend):
        return None
    lines = [
        Line(
            str(figures.KPIS[kpi].label),
            [_figure(view) for view in trend],
            lows=[view.low if view else None for view in trend] if index == 0 else (),
            highs=[view.high if view else None for view in trend] if index == 0 else (),
            **({"colour": _SECOND} if index else {}),
        )
        for index, (kpi, trend) in enumerate(trends.items())
    ]
    return line_chart(
        month_labels(found.months), lines, title=title,
        form=lambda value: value_text(value, unit, source.currency, short=True),
        width=326, height=180, from_zero=unit == "money", head=pgettext("document", "Month"),
    )  # fmt: skip


def _figure(view: FigureView | None) -> float | None:
    return None if view is None or view.figure is None else float(view.figure)


def _bridge(source: _Source) -> dict[str, Any]:
    found = source.figures
    bridge = figures.revenue_bridge(found) if found else None
    if bridge is None:
        return {"is_empty": True}
    words = {
        "start": pgettext("document", "Start"),
        "new": pgettext("document", "New"),
        "reactivation": pgettext("document", "Won back"),
        "expansion": pgettext("document", "Expansion"),
        "contraction": pgettext("document", "Contraction"),
        "churn": pgettext("document", "Churn"),
        "end": pgettext("document", "End"),
    }
    steps = [Step(words[s.key], float(s.amount), s.is_total) for s in bridge.steps]
    return {
        "is_empty": not any(step.amount for step in bridge.steps),
        "chart": waterfall(
            steps,
            title=_("Monthly recurring revenue from the start to the end of the month"),
            form=source.short,
            form_change=source.signed_money,
            head=(pgettext("document", "Step"), pgettext("document", "MRR")),
        ),
        "rows": [
            {
                "label": words[step.key],
                "amount": source.short(step.amount)
                if step.is_total
                else source.signed_money(step.amount),
                "accounts": step.accounts,
                "is_total": step.is_total,
            }
            for step in bridge.steps
        ],
        "currency_effect": source.signed_money(bridge.currency_effect)
        if bridge.currency_effect
        else "",
        "missing": bridge.missing,
    }


def _churn(source: _Source) -> dict[str, Any]:
    found = source.figures
    if found is None:
        return {"is_empty": True}
    why = figures.reasons(found)
    bars = [
        (
            row.label,
            float(row.lost),
            _("%(money)s · %(count)s accounts")
            % {"money": source.short(row.lost), "count": number(row.accounts)},
        )
        for row in why
    ]
    return {
        "is_empty": False,
        "chart": _kpi_line(found, ("customer-churn",), source, _("Customer churn rate by month")),
        "reasons": row_bars(
            bars,
            title=_("MRR lost by reason"),
            head=(pgettext("document", "Reason"), pgettext("document", "MRR lost")),
            colour=LOSS,
        )
        if bars
        else None,
        "accounts": [
            {
                "name": row.name,
                "mrr": source.short(row.mrr_opening),
                "on": row.churned_on,
                "reason": row.reason,
            }
            for row in figures.churned(found)
        ],
    }


def _satisfaction(source: _Source) -> dict[str, Any]:
    found = answers.series(source.month)
    delivered, answered = answers.response_rate(source.month)
    charts = []
    for kind in found:
        known = [figure is not None for figure in kind.figures]
        if sum(known) < 2:
            continue
        line = Line(
            survey_short(kind.kind),
            [None if f is None else f.value for f in kind.figures],
            lows=[None if f is None else f.low for f in kind.figures],
            highs=[None if f is None else f.high for f in kind.figures],
        )
        charts.append(
            line_chart(
                month_labels(kind.months),
                [line],
                title=_("%(name)s by month") % {"name": survey_short(kind.kind)},
                form=_score_form(kind.kind),
                width=326,
                height=170,
                from_zero=False,
                head=pgettext("document", "Month"),
            )
        )
    return {
        "is_empty": not found,
        "rows": [_answer_row(kind) for kind in found],
        "charts": charts[:2],
        "rate": percent(answered / delivered) if delivered else "",
        "delivered": number(delivered),
        "answered": number(answered),
    }


def _score_form(kind: str) -> Callable[[Any], str]:
    return lambda value: number(value, 0 if kind == "nps" else 1)


def _answer_row(kind: answers.Series) -> dict[str, Any]:
    now, before, form = kind.now, kind.before, _score_form(kind.kind)
    scale = scales.of(kind.kind, kind.scale)
    decimals = 0 if kind.kind == "nps" else 2
    return {
        "label": survey_short(kind.kind),
        "scale": "−100–100" if kind.kind == "nps" else scale_name(kind.kind, kind.scale),
        "value": number(now.value, decimals) if now else MISSING,
        "change": signed(now.value - before.value, decimals) if now and before else "",
        "tone": _tone(
            now.value if now else None,
            before.value if before else None,
            is_up_good=scale is None or scale.is_high_good,
        ),
        "interval": f"{form(now.low)} – {form(now.high)}" if now else "",
        "n": now.n if now else 0,
        "is_few": bool(now and now.is_few),
    }


def _health(source: _Source) -> dict[str, Any]:
    found = source.health
    if found is None:
        return {"is_empty": True}
    before = found.days[-2] if len(found.days) > 1 else None
    is_next = before is not None and before.day == queries.last_day(
        (source.month - queries.DAY).replace(day=1)
    )
    return {
        "is_empty": False,
        "chart": bar_chart(
            month_labels([day.day.replace(day=1) for day in found.days]),
            [
                Bars(band_word(band), [d.accounts.get(band, 0) for d in found.days], colour)
                for band, colour in BANDS.items()
                if any(day.accounts.get(band) for day in found.days)
            ],
            title=_("Accounts by health at the end of each month"),
            form=number,
            width=326,
            height=200,
            head=pgettext("document", "Month"),
        ),
        "bands": [
            {
                "band": band,
                "word": band_word(band),
                "accounts": found.now.accounts.get(band, 0),
                "share": percent(found.now.accounts.get(band, 0) / found.now.n)
                if found.now.n
                else "",
                "before": before.accounts.get(band, 0) if before and is_next else None,
            }
            for band in queries.BANDS
        ],
        "n": found.now.n,
        "moves": _moves(found),
        "worse": found.moved(worse=True),
        "better": found.moved(worse=False),
    }


def _moves(found: queries.Health) -> list[dict[str, Any]]:
    """Rows: the band a month before; cells: the band at the end of this month."""
    if not found.moves:
        return []
    seen = {band for pair in found.moves for band in pair}
    shown = [band for band in queries.BANDS if band or band in seen]
    return [
        {
            "band": old,
            "word": band_word(old),
            "cells": [
                {
                    "band": new,
                    "word": band_word(new),
                    "accounts": found.moves.get((old, new), (0, Decimal(0)))[0],
                    "is_same": old == new,
                }
                for new in shown
            ],
        }
        for old in shown
    ]


def _at_risk(source: _Source) -> dict[str, Any]:
    rows = queries.at_risk(source.month)
    day = source.health.now if source.health else None
    return {
        "is_empty": source.health is None,
        "rows": [
            {
                "name": row.name,
                "owner": source.names.get(row.owner_id or 0, "—"),
                "band": row.band,
                "word": band_word(row.band),
                "score": number(row.score),
                "arr": source.short(row.arr),
                "loss": source.short(row.expected_loss),
                "renewal_on": row.renewal_on,
                "reasons": row.reasons,
            }
            for row in rows
        ],
        "accounts": day.at_risk if day else 0,
        "arr": source.short(day.arr_at_risk) if day else "",
        "loss": source.short(day.expected_loss) if day else "",
    }


def _renewals(source: _Source) -> dict[str, Any]:
    months, contracts = queries.renewals(source.month, zone=source.workspace.timezone)
    bands = [band for band in BANDS if any(month.by_band.get(band) for month in months)]
    return {
        "is_empty": not any(month.contracts for month in months),
        "chart": bar_chart(
            month_labels([month.month for month in months]),
            [
                Bars(
                    band_word(band),
                    [float(month.by_band.get(band, 0)) for month in months],
                    BANDS[band],
                )
                for band in bands
            ],
            title=_("ARR up for renewal by month and health"),
            form=source.short,
            width=326,
            height=190,
            head=pgettext("document", "Month"),
        ),
        "months": [
            {
                "name": month_name(month.month),
                "contracts": month.contracts,
                "arr": source.short(month.arr),
                "missing": month.missing,
            }
            for month in months
        ],
        "rows": [
            {
                "name": row.name,
                "arr": source.short(row.arr),
                "ends_on": row.term_ends_on,
                "deadline_on": row.notice_deadline_on,
                "auto_renew": row.auto_renew,
                "has_notice": row.has_notice,
                "band": row.band,
                "word": band_word(row.band),
            }
            for row in contracts
        ],
    }


def _goals(source: _Source) -> dict[str, Any]:
    until = day_end(queries.last_day(source.month), source.workspace.timezone)
    rows = figures.goals(source.month, known_until=until)
    return {
        "is_empty": not rows,
        "rows": [
            {
                "label": row.kpi.label,
                "period": PERIOD_WORDS()[row.goal.period_kind],
                "direction": row.goal.get_direction_display(),
                "target": value_text(row.goal.target, row.kpi.unit, source.currency, short=True),
                "value": value_text(
                    None if row.figure is None else row.figure.figure,
                    row.kpi.unit,
                    source.currency,
                    short=True,
                ),
                "due_on": row.goal.due_on,
                "is_met": row.progress.is_met,
                "share": row.progress.share,
                "width": f"{100 * (row.progress.share or 0):.0f}",
            }
            for row in rows
        ],
    }


def PERIOD_WORDS() -> dict[str, str]:  # noqa: N802 - a table in the active language
    """Kinds of periods in words."""
    return {
        "month": pgettext("document", "Month"),
        "quarter": pgettext("document", "Quarter"),
        "year": pgettext("document", "Fiscal year"),
        "trailing12": _("Last 12 months"),
    }


_PARTS: dict[str, Callable[[_Source], dict[str, Any]]] = {
    Section.KPIS: _kpis,
    Section.BRIDGE: _bridge,
    Section.CHURN: _churn,
    Section.SATISFACTION: _satisfaction,
    Section.HEALTH: _health,
    Section.AT_RISK: _at_risk,
    Section.RENEWALS: _renewals,
    Section.GOALS: _goals,
}


# --- at a glance -----------------------------------------------------------------------------
_HEADLINES = ("mrr", "nrr", "customer-churn")


def _tiles(made: MonthlyReport, source: _Source) -> list[Tile]:
    """The month in four figures, of the sections that are in the report."""
    tiles = []
    if Section.KPIS in made.sections and source.figures:
        rows = {row.kpi.slug: row for row in source.figures.rows()}
        for slug in _HEADLINES:
            if slug in rows:
                row = _kpi_row(rows[slug], source.currency)
                note = (
                    _("%(change)s on the month before") % {"change": row["change"]}
                    if row["change"]
                    else ""
                )
                tiles.append(Tile(str(row["label"]), row["value"], note))
    if Section.HEALTH in made.sections and source.health and source.health.now.n:
        now = source.health.now
        tiles.append(
            Tile(
                pgettext("document", "Healthy accounts"),
                percent(now.accounts.get("green", 0) / now.n),
                _("%(green)s of %(all)s")
                % {"green": number(now.accounts.get("green", 0)), "all": number(now.n)},
            )
        )
    return tiles
