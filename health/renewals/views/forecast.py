"""The outlook of a quarter by three forecasters, and how their forecasts have held."""

import datetime as dt
from math import floor
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.models import Account
from accounts.permissions import Permission
from health.renewals.categories import PROBABILITY
from health.renewals.models import Forecast, Forecaster, QuarterOutlook
from health.renewals.quarters import QUARTERS_NEEDED, Quarter
from health.renewals.queries.figures import CutRow, calibrations, kept_quarters, outlook
from health.renewals.queries.filters import EVERYONE, MISSING, NEXT_QUARTER, THIS_QUARTER
from health.renewals.views.common import Scene, Unrated

CUTS = (QuarterOutlook.Cut.OWNER, QuarterOutlook.Cut.SEGMENT)


@page(Permission.VIEW)
def forecast(request: HttpRequest) -> HttpResponse:
    """What a quarter is expected to keep: whole, and by owner or segment."""
    scene = Scene(request)
    current = Quarter.of(scene.today, scene.first_month)
    choices = {
        starts_on: Quarter.of(starts_on, scene.first_month) for starts_on, _end in kept_quarters()
    }
    quarter = choices.get(_day(request.GET.get("quarter", "")) or current.starts_on, current)
    by = request.GET.get("by", "")
    cut = by if by in CUTS else QuarterOutlook.Cut.OWNER
    found = outlook(quarter.starts_on, cut, until=_day(request.GET.get("as_of", "")) or scene.today)
    context: dict[str, Any] = {
        **scene.context(),
        "quarter": quarter,
        "quarter_name": quarter_name(quarter),
        "quarter_choices": [(day, quarter_name(q)) for day, q in choices.items()],
        "by": cut,
        "found": found,
        "unrated": found and _unrated(found.whole.model, quarter, scene),
        "whole": found and _forecasters(found.whole, _scale(found.whole)),
        "scale": found and _scale(found.whole),
        "cuts": [
            {"label": _label(row, cut, scene), "row": row, "query": _query(row, cut)}
            for row in (found.rows if found else [])
        ],
        "categories": [(Forecast(name).label, chance) for name, chance in PROBABILITY.items()],
        "tab_forecast": True,
    }
    return render(request, "renewals/forecast.html", context)


def quarter_name(quarter: Quarter) -> str:
    """A fiscal quarter in the reader's language."""
    return _("FY%(year)d Q%(number)d") % {"year": quarter.year, "number": quarter.number}


def _unrated(row: QuarterOutlook, quarter: Quarter, scene: Scene) -> Unrated:
    current = Quarter.of(scene.today, scene.first_month)
    windows = {current: THIS_QUARTER, current.moved(1, scene.first_month): NEXT_QUARTER}
    query = ""
    if quarter in windows:
        query = urlencode({"owner": EVERYONE, "rate": MISSING, "window": windows[quarter]})
    count = sum(row.unrated.values())
    return Unrated(count, ", ".join(sorted(row.unrated)), query, quarter.starts_on)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _forecasters(row: CutRow, scale: float) -> list[tuple[str, QuarterOutlook, Any]]:
    """Each forecaster's figures, and where the range of GRR lies on a line from ``scale`` to 1."""
    found = []
    for forecaster in Forecaster:
        of = getattr(row, forecaster.value)
        drawn = None
        if of.grr_mid is not None:
            low, mid, high = (
                round(100 * (share - scale) / (1 - scale), 2)
                for share in (of.grr_low, of.grr_mid, of.grr_high)
            )
            # as text: a locale's comma is none in SVG
            drawn = {"low": str(low), "mid": str(min(mid, 99)), "width": str(max(high - low, 0.5))}
        found.append((str(forecaster.label), of, drawn))
    return found


def _scale(row: CutRow) -> float:
    """A round share below every range, where the line that shows them begins."""
    lows = [getattr(row, f.value).grr_low for f in Forecaster]
    lowest = min((low for low in lows if low is not None), default=0.0)
    return max(0.0, floor(lowest * 20 - 0.5) / 20)


def _label(row: CutRow, cut: str, scene: Scene) -> str:
    if cut == QuarterOutlook.Cut.OWNER:
        return scene.names.get(int(row.value), "—") if row.value else _("No owner")
    return str(Account.Segment(row.value).label) if row.value else _("No segment")


def _query(row: CutRow, cut: str) -> dict[str, str]:
    if cut == QuarterOutlook.Cut.OWNER:
        return {"owner": row.value or "none"}
    return {"owner": "all", **({"segment": row.value} if row.value else {})}


@page(Permission.VIEW)
def calibration(request: HttpRequest) -> HttpResponse:
    """How forecasts made at the beginning of quarters have held, by forecaster."""
    scene = Scene(request)
    context = {
        **scene.context(),
        "calibrations": calibrations(),
        "needed": QUARTERS_NEEDED,
        "tab_calibration": True,
    }
    return render(request, "renewals/calibration.html", context)
