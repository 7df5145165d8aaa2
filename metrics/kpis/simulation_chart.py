"""The chart of the simulator: plain rows in, Plotly figure and the same data as a table out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cs_platform.core.templatetags.formats import money, money_short
from metrics.charts import Chart, bar, chart, money_ticks


def simulation(years: Sequence[Mapping[str, Any]], *, currency: str) -> Chart:
    """Revenue of each year without and with the change.

    Each year has ``label``, ``base`` and ``changed`` (money of the year).
    """
    labels = [year["label"] for year in years]
    cases = [(_("Churn as it is"), "muted", "base"), (_("Churn as changed"), "accent", "changed")]
    return chart(
        [
            bar(
                name,
                role,
                labels,
                [float(year[key]) for year in years],
                text=[money_short(year[key], currency) for year in years],
                hovertemplate="%{x}: %{text}<extra></extra>",
                textposition="outside",
                textangle=0,
                cliponaxis=False,
            )
            for name, role, key in cases
        ],
        [pgettext("simulator", "Year"), *(name for name, _role, _key in cases)],
        [[y["label"], money(y["base"], currency), money(y["changed"], currency)] for y in years],
        barmode="group",
        xaxis={"type": "category"},
        yaxis={
            "title": {"text": _("Revenue per year (%(currency)s)") % {"currency": currency}},
            **money_ticks(
                max((float(y[key]) for y in years for key in ("base", "changed")), default=0),
                currency,
            ),
        },
    )
