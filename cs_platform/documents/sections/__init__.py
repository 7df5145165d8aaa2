"""The sections of the monthly report: rows of the sources in, what a template shows out.

Each answers ``is_empty`` where its source has nothing, which the report then says.
"""

from collections.abc import Callable
from typing import Any

from cs_platform.documents.sections.customers import at_risk, health, renewals, satisfaction
from cs_platform.documents.sections.revenue import bridge, churn, goals, kpi_row, kpis
from cs_platform.documents.sections.source import Source
from metrics.reports.models import Section

PARTS: dict[str, Callable[[Source], dict[str, Any]]] = {
    Section.KPIS: kpis,
    Section.BRIDGE: bridge,
    Section.CHURN: churn,
    Section.SATISFACTION: satisfaction,
    Section.HEALTH: health,
    Section.AT_RISK: at_risk,
    Section.RENEWALS: renewals,
    Section.GOALS: goals,
}

__all__ = ["PARTS", "Source", "kpi_row"]
