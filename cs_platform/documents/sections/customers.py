"""The sections about customers: satisfaction, health, risk, renewals."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cs_platform.core.templatetags.formats import MISSING, number, percent, signed
from cs_platform.core.templatetags.formats import month as month_name
from cs_platform.documents.charts import (
    Bars,
    Line,
    bar_chart,
    line_chart,
)
from cs_platform.documents.charts.drawing import BANDS
from cs_platform.documents.facts import Move
from cs_platform.documents.queries import answers
from cs_platform.documents.queries import report as queries
from cs_platform.documents.sections.source import Source, tone
from cs_platform.documents.wording import (
    band_word,
    month_labels,
    scale_name,
    survey_short,
)
from health.reasons import measure_reason
from health.renewals.models import Forecaster
from health.renewals.quarters import Quarter
from health.renewals.queries.figures import outlook


def satisfaction(source: Source) -> dict[str, Any]:
    found = answers.series(source.month)
    letters = answers.delivered(source.month)
    charts = []
    for kind in found:
        known = [figure is not None for figure in kind.figures]
        if sum(known) < 2:
            continue
        line = Line(
            survey_short(kind.scale.kind),
            [None if f is None else f.value for f in kind.figures],
            lows=[None if f is None else f.low for f in kind.figures],
            highs=[None if f is None else f.high for f in kind.figures],
        )
        charts.append(
            line_chart(
                month_labels(kind.months),
                [line],
                title=_("%(name)s by month") % {"name": survey_short(kind.scale.kind)},
                form=_score_form(kind.scale.kind),
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
        "rate": percent(letters.rate.value) if letters.rate else "",
        "delivered": number(letters.delivered),
        "answered": number(letters.answered),
    }


def _score_form(kind: str) -> Callable[[Any], str]:
    return lambda value: number(value, 0 if kind == "nps" else 1)


def _answer_row(kind: answers.Series) -> dict[str, Any]:
    now, before, scale = kind.now, kind.before, kind.scale
    form, decimals = _score_form(scale.kind), 0 if scale.kind == "nps" else 2
    return {
        "label": survey_short(kind.scale.kind),
        "scale": "−100–100" if scale.kind == "nps" else scale_name(scale.kind, scale.highest),
        "value": number(now.value, decimals) if now else MISSING,
        "change": signed(now.value - before.value, decimals) if now and before else "",
        "tone": tone(
            now.value if now else None,
            before.value if before else None,
            is_up_good=scale.is_high_good,
        ),
        "interval": f"{form(now.low)} – {form(now.high)}" if now else "",
        "n": now.n if now else 0,
        "is_few": bool(now and now.is_few),
    }


def health(source: Source) -> dict[str, Any]:
    days, facts = source.health, source.facts
    if not days:
        return {"is_empty": True}
    now, before = days[-1], days[-2] if len(days) > 1 else None
    is_next = before is not None and before.day == queries.last_day(
        (source.month - queries.DAY).replace(day=1)
    )
    return {
        "is_empty": False,
        "chart": bar_chart(
            month_labels([day.day.replace(day=1) for day in days]),
            [
                Bars(band_word(band), [d.accounts.get(band, 0) for d in days], colour)
                for band, colour in BANDS.items()
                if any(day.accounts.get(band) for day in days)
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
                "accounts": now.accounts.get(band, 0),
                "share": percent(now.accounts.get(band, 0) / now.n) if now.n else "",
                "before": before.accounts.get(band, 0) if before and is_next else None,
            }
            for band in queries.BANDS
        ],
        "n": now.n,
        "is_awaited": source.is_awaited,
        "moves": _moves(facts.moves) if facts else [],
        "worse": facts.moved(worse=True) if facts else 0,
        "better": facts.moved(worse=False) if facts else 0,
    }


def _moves(moves: list[Move]) -> list[dict[str, Any]]:
    """Rows: the band a month before; cells: the band at the end of this month."""
    accounts = {(move.old, move.new): move.accounts for move in moves}
    if not accounts:
        return []
    seen = {band for pair in accounts for band in pair}
    shown = [band for band in queries.BANDS if band or band in seen]
    return [
        {
            "band": old,
            "word": band_word(old),
            "cells": [
                {
                    "band": new,
                    "word": band_word(new),
                    "accounts": accounts.get((old, new), 0),
                    "is_same": old == new,
                }
                for new in shown
            ],
        }
        for old in shown
    ]


def at_risk(source: Source) -> dict[str, Any]:
    rows = source.facts.risks if source.facts else []
    day = source.health[-1] if source.health else None
    return {
        "is_empty": day is None,
        "is_awaited": source.is_awaited,
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
                "reasons": [measure_reason(key, raw) for key, raw in row.causes],
            }
            for row in rows
        ],
        "accounts": day.at_risk if day else 0,
        "arr": source.short(day.arr_at_risk) if day else "",
        "loss": source.short(day.expected_loss) if day else "",
    }


def renewals(source: Source) -> dict[str, Any]:
    months = source.facts.renewal_months if source.facts else []
    contracts = source.facts.renewals if source.facts else []
    bands = [band for band in BANDS if any(month.by_band.get(band) for month in months)]
    return {
        "is_empty": not any(month.contracts for month in months),
        "is_awaited": source.is_awaited,
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
        "forecast": forecast(source),
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


def forecast(source: Source) -> dict[str, Any] | None:
    """The next fiscal quarter by each forecaster, as last worked out by the month's end."""
    first_month = source.workspace.fiscal_year_start_month
    quarter = Quarter.of(source.month, first_month).moved(1, first_month)
    found = outlook(quarter.starts_on, "", until=queries.last_day(source.month))
    if found is None:
        return None
    whole = found.whole
    return {
        "first": quarter.starts_on,
        "last": quarter.last_day,
        "day": found.day,
        "due": number(whole.model.due),
        "open": source.short(whole.model.open),
        "rows": [
            {
                "label": forecaster.label,
                "judged": number(view.judged),
                "renewing": number(view.renewing_mid, 1),
                "renewing_range": f"{number(view.renewing_low)} – {number(view.renewing_high)}",
                "keeping": source.short(view.keeping_mid),
                "keeping_range": (
                    f"{source.short(view.keeping_low)} – {source.short(view.keeping_high)}"
                ),
            }
            for forecaster in Forecaster
            for view in [getattr(whole, forecaster.value)]
        ],
        "unrated": sum(whole.model.unrated.values()),
    }
