"""The sections about revenue: KPIs, the bridge, churn, goals."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import ContractEvent
from cs_platform.core.clock import day_end
from cs_platform.core.templatetags.formats import number
from cs_platform.documents.charts import (
    Drawing,
    Line,
    Step,
    line_chart,
    row_bars,
    waterfall,
)
from cs_platform.documents.charts.drawing import LOSS
from cs_platform.documents.queries import figures
from cs_platform.documents.queries import report as queries
from cs_platform.documents.sections.source import Source, tone
from cs_platform.documents.wording import (
    month_labels,
)
from metrics.kpis.definitions import KPIS
from metrics.kpis.queries.shapes import FigureView
from metrics.kpis.wording import change_text, interval_text, value_text


def kpis(source: Source) -> dict[str, Any]:
    found = source.figures
    if found is None:
        return {"is_empty": True}
    rows = [kpi_row(row, source.currency) for row in found.rows()]
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


def kpi_row(row: figures.KpiRow, currency: str) -> dict[str, Any]:
    unit, now = row.kpi.unit, row.now
    before = None if row.before is None else row.before.figure
    change = change_text(now.figure, before, unit, currency)
    return {
        "label": row.kpi.label,
        "formula": row.kpi.formula,
        "value": value_text(now.figure, unit, currency, short=True),
        "change": change,
        "tone": tone(now.figure, before, is_up_good=row.kpi.is_up_good),
        "interval": interval_text(now.low, now.high, unit, currency),
        "n": now.n,
        "year": "" if row.year is None else value_text(row.year.figure, unit, currency, short=True),
        "missing": now.missing,
    }


_SECOND = "#0b7a8a"


def _kpi_line(
    found: figures.Figures, kpis: tuple[str, ...], source: Source, title: str
) -> Drawing | None:
    """KPIs of one unit over the months, the only or first one with its interval."""
    unit = KPIS[kpis[0]].unit
    trends = {kpi: found.trend(kpi) for kpi in kpis}
    if not any(view and view.figure is not None for trend in trends.values() for view in trend):
        return None
    lines = [
        Line(
            str(KPIS[kpi].label),
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


def bridge(source: Source) -> dict[str, Any]:
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


_REASONS = dict(ContractEvent.Reason.choices)


def churn(source: Source) -> dict[str, Any]:
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
                "reason": _REASONS.get(row.reason, ""),
            }
            for row in figures.churned(found)
        ],
    }


def goals(source: Source) -> dict[str, Any]:
    until = day_end(queries.last_day(source.month), source.workspace.timezone)
    rows = figures.goals(source.month, source.figures, known_until=until)
    return {
        "is_empty": not rows,
        "rows": [
            {
                "label": row.kpi.label,
                "period": _period_words()[row.goal.period_kind],
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


def _period_words() -> dict[str, str]:
    """Kinds of periods in words."""
    return {
        "month": pgettext("document", "Month"),
        "quarter": pgettext("document", "Quarter"),
        "year": pgettext("document", "Fiscal year"),
        "trailing12": _("Last 12 months"),
    }
