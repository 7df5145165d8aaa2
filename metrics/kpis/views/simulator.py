"""The retention effect simulator: the workspace's own figures, one change, its years."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from cs_platform.core.templatetags.formats import number, percent, points
from metrics.charts import Chart
from metrics.kpis.forms.simulator import SimulatorForm
from metrics.kpis.models import Period, Settings
from metrics.kpis.queries.figures import current_figures
from metrics.kpis.queries.periods import periods
from metrics.kpis.queries.shapes import PeriodView
from metrics.kpis.simulation_chart import simulation
from metrics.kpis.simulator import (
    MOST_YEARS,
    REFERENCE_COST_RATIO,
    Inputs,
    Simulation,
    simulate,
)
from metrics.kpis.views.lens import Lens

_USUAL_CHANGE = 5.0


@dataclass(frozen=True)
class Base:
    """The workspace's own figures a simulation starts from."""

    period: PeriodView
    accounts: int
    arr: float
    churn: float
    n: int
    margin: Decimal | None

    @property
    def revenue(self) -> float:
        """Recurring revenue per account and year."""
        return self.arr / self.accounts


def own_figures() -> Base | None:
    """Of the last whole 12 months, else of those still running; None without customers."""
    found = periods(Period.Kind.TRAILING, limit=2)
    whole = [period for period in found if not period.is_open]
    for period in [*whole, *found]:
        figures = current_figures(period, ["customers", "arr", "customer-churn"])
        values = {slug: figure.figure for slug, figure in figures.items()}
        accounts, arr, churn = (values.get(slug) for slug in ("customers", "arr", "customer-churn"))
        if accounts and arr is not None and churn is not None:
            settings = Settings.objects.first()
            return Base(
                period=period,
                accounts=int(accounts),
                arr=arr,
                churn=churn,
                n=figures["customer-churn"].n,
                margin=settings.gross_margin if settings else None,
            )
    return None


@page(Permission.VIEW)
def simulator(request: HttpRequest) -> HttpResponse:
    """The form and its result, both in the address."""
    lens, base = Lens(request), own_figures()
    context: dict[str, Any] = {**lens.context(), "tab_simulator": True, "base": base}
    if base is None:
        return render(request, "kpis/simulator.html", context)
    form = SimulatorForm(
        request.GET if "change" in request.GET else _usual(base),
        churn=base.churn,
        currency=lens.currency,
    )
    context |= {
        "form": form,
        "base_period": lens.label(base.period),
        "reference_ratio": f"1:{REFERENCE_COST_RATIO}",
    }
    if form.is_valid():
        found = simulate(_inputs(base, form))
        context |= {"found": found, "chart": _chart(found, lens), **_notes(found)}
    return render(request, "kpis/simulator.html", context)


def _usual(base: Base) -> dict[str, Any]:
    """What is shown before anything was asked: five points less, or none left to lose."""
    change = min(_USUAL_CHANGE, round(base.churn * 100, 2))
    margin = None if base.margin is None else round(base.margin * 100, 2)
    return {"change": -change, "years": MOST_YEARS, "margin": margin}


def _inputs(base: Base, form: SimulatorForm) -> Inputs:
    given = form.cleaned_data
    margin = given["margin"]
    acquisition = given["acquisition"]
    return Inputs(
        accounts=base.accounts,
        revenue=base.revenue,
        churn=base.churn,
        changed_churn=form.changed_churn,
        years=given["years"],
        margin=None if margin is None else float(margin) / 100,
        acquisition_cost=None if acquisition is None else float(acquisition),
        retention_cost=float(given["retention"] or 0),
    )


def _notes(found: Simulation) -> dict[str, str]:
    """What stands small beneath the figures."""
    years = len(found.years)
    over = ngettext("over %(count)d year", "over %(count)d years", years) % {"count": years}
    share = "" if found.profit_change is None else percent(found.profit_change, 1)
    if found.profit_change is not None and found.profit_change > 0:
        share = f"+{share}"
    missing = _("needs the gross margin")
    return {
        "years_note": over,
        "profit_note": missing if found.profit_gain is None else f"{over} · {share}",
        "win_note": _("needs the cost of winning one account")
        if found.acquisition_cost is None
        else _("%s accounts") % number(found.accounts_to_win, 1),
        "points_text": points(found.inputs.changed_churn - found.inputs.churn),
        "profit_change_text": share,
    }


def _chart(found: Simulation, lens: Lens) -> Chart:
    return simulation(
        [
            {
                "label": _("Year %(number)d") % {"number": year.number},
                "base": year.base.revenue,
                "changed": year.changed.revenue,
            }
            for year in found.years
        ],
        currency=lens.currency,
    )
