"""What several sections of a report read, read once; and what they all say alike."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from accounts.models import Workspace
from accounts.queries.members import members
from cs_platform.core.templatetags.formats import money_short
from cs_platform.documents.facts import MonthFacts
from cs_platform.documents.queries import figures
from cs_platform.documents.queries import report as queries


class Source:
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
        found: figures.Figures | None = self._once(
            "figures",
            lambda: figures.figures(
                self.month, fiscal_start=self.workspace.fiscal_year_start_month
            ),
        )
        return found

    @property
    def health(self) -> list[queries.BandDay]:
        """Month ends that have scores; none where the month itself has none."""
        found = self._once("health", lambda: queries.health(self.month))
        return found or []

    @property
    def facts(self) -> MonthFacts | None:
        found: MonthFacts | None = self._once("facts", lambda: queries.kept_facts(self.month))
        return found

    @property
    def is_awaited(self) -> bool:
        """Whether the month's end is still to be kept by a worker."""
        return self.facts is None and bool(self.health or self.figures)

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


def tone(now: float | None, before: float | None, *, is_up_good: bool) -> str:
    if now is None or before is None or now == before:
        return ""
    return "good" if (now > before) is is_up_good else "bad"
