"""Rows that can be taken but deserve a second look. No database here."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.upsert import Problem
from accounts.fields import BadValue, YesNo, read
from accounts.imports.kinds import Kind

_Span = tuple[dt.date, dt.date, str]


class Suspicions:
    """Looks at the items of one file in turn and remembers those before."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._spans: dict[tuple[str, str], list[_Span]] = {}

    def look(self, item: dict[str, Any]) -> list[Problem]:
        """What is odd about the item; takes the import's own fields off it."""
        return list(self._contract(item)) if "starts_on" in self._kind.rules else []

    def _contract(self, item: dict[str, Any]) -> Iterable[Problem]:
        churned, ended_on = item.pop("churned", None), item.get("ended_on")
        try:
            flag = read(YesNo(empty=None), churned)
        except BadValue as error:
            yield Problem(error.code, error.message, "churned")
            flag = None
        if flag is not None and flag != (ended_on is not None):
            yield Problem(
                "churn_flag_disagrees",
                _("The churn flag says one thing, the end date another; the date counts."),
                "churned",
            )
        if not isinstance(item.get("starts_on"), dt.date):
            return
        last = ended_on or dt.date.max
        if last < item["starts_on"]:
            yield Problem(
                "never_active",
                _("The contract ends before its first day is over: it never counts."),
                "ended_on",
            )
            return
        key = (str(item.get("account_external_id")), str(item.get("product")))
        name = str(item.get("external_id"))
        spans = self._spans.setdefault(key, [])
        overlapping = next(
            (other for start, end, other in spans if start <= last and item["starts_on"] <= end),
            None,
        )
        if overlapping is not None and overlapping != name:
            yield Problem(
                "overlapping",
                _("The account has contract “%(id)s” of the same product at the same time.")
                % {"id": overlapping},
                "starts_on",
            )
        spans.append((item["starts_on"], last, name))
