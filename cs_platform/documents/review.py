"""The review sheet (定例会資料): an account's figures for the meeting with the customer.

It is handed to the customer. What is on it comes from `queries.review` alone, which reads no
health score, no probability and no note of ours.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Account, Subscription, Task, Workspace
from cs_platform.core.templatetags.formats import number, signed
from cs_platform.documents.charts import Bars, Drawing, Line, bar_chart, line_chart
from cs_platform.documents.charts.drawing import MUTED
from cs_platform.documents.period import Period
from cs_platform.documents.queries import review as queries
from cs_platform.documents.wording import (
    change_share,
    month_labels,
    period_name,
    scale_name,
    survey_name,
)
from metrics.reports.models import ReviewSheet

Section = ReviewSheet.Section
# Comments can tell who wrote them in a small team: they are on the sheet only when chosen.
DEFAULT_SECTIONS = [section.value for section in Section if section is not Section.COMMENTS]


@dataclass(frozen=True)
class Tile:
    """A figure at a glance, with a line below it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Choices:
    """What the sheet is to show; ``tasks`` are ids."""

    language: str
    sections: list[str]
    note: str = ""
    tasks: frozenset[int] = frozenset()
    is_saved: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything the template shows, in the document's language."""

    account: Account
    workspace: Workspace
    period_name: str
    made_on: dt.date
    choices: Choices
    tiles: list[Tile] = field(default_factory=list)
    usage: queries.Usage | None = None
    charts: list[Drawing] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    more_features: int = 0
    satisfaction: list[dict[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    follow_ups: int = 0
    contracts: list[Subscription] = field(default_factory=list)
    contract_changes: list[queries.ContractChange] = field(default_factory=list)

    @property
    def shows(self) -> dict[str, bool]:
        """Which sections are on the sheet, by name."""
        return {section.value: section.value in self.choices.sections for section in Section}


def default_choices(account: Account, tasks: list[Task], *, viewer_language: str) -> Choices:
    """What a sheet nobody has edited shows: the account's language, and what was promised it."""
    promised = [task.pk for task in tasks if queries.promised(task)]
    language = queries.language_of(account, viewer_language)
    return Choices(language, list(DEFAULT_SECTIONS), "", frozenset(promised))


def choices(
    account: Account,
    period: Period,
    tasks: list[Task],
    *,
    viewer_language: str = "en",
    language: str = "",
) -> Choices:
    """What was saved for the account and the period, or the default; ``language`` before either."""
    sheet = ReviewSheet.objects.filter(
        account=account, first_month=period.first_month, last_month=period.last_month
    ).first()
    if sheet is None:
        found = default_choices(account, tasks, viewer_language=viewer_language)
    else:
        found = Choices(
            sheet.language, sheet.sections, sheet.note, frozenset(sheet.tasks), is_saved=True
        )
    return replace(found, language=language) if language else found


def title() -> str:
    """What the sheet is called, in the active language."""
    return _("Business review")


def compose(
    account: Account,
    *,
    workspace: Workspace,
    period: Period,
    choices: Choices,
    tasks: list[Task],
    today: dt.date,
) -> Sheet:
    """The sheet in the active language; sections that were not chosen are not even read.

    Of the account's open ``tasks`` those chosen are shown.
    """
    wanted = set(choices.sections)
    parts: dict[str, Any] = {}
    tiles: list[Tile] = []
    if Section.USAGE in wanted:
        usage = queries.usage(account, period, zone=workspace.timezone)
        tiles += _usage_tiles(usage)
        shown = usage.features[: queries.FEATURES_SHOWN]
        parts |= {
            "usage": usage,
            "charts": [] if usage.is_empty else _usage_charts(usage),
            "features": _feature_rows(shown),
            "more_features": len(usage.features) - len(shown),
        }
    if Section.SATISFACTION in wanted:
        answers = queries.satisfaction(account, period, zone=workspace.timezone)
        tiles += [_answer_tile(answer) for answer in answers[:1]]
        parts["satisfaction"] = [_answer_row(answer) for answer in answers]
        if Section.COMMENTS in wanted:
            parts["comments"] = queries.comments(account, period, zone=workspace.timezone)
    if Section.NEXT_STEPS in wanted:
        parts["tasks"] = [task for task in tasks if task.pk in choices.tasks]
        parts["follow_ups"] = queries.open_follow_ups(account)
    if Section.CONTRACT in wanted:
        parts["contracts"] = queries.contracts(account)
        parts["contract_changes"] = queries.contract_changes(account, period)
    return Sheet(
        account=account,
        workspace=workspace,
        period_name=period_name(period),
        made_on=today,
        choices=choices,
        tiles=tiles,
        **parts,
    )


def _usage_tiles(usage: queries.Usage) -> list[Tile]:
    last = usage.months[-1]
    seats = (
        _("of %(seats)s seats (%(share)s%%)")
        % {"seats": number(last.seats), "share": number(100 * last.users / last.seats)}
        if last.seats
        else _("people in the last month")
    )
    events = sum(month.events for month in usage.months)
    before = sum(month.events for month in usage.before)
    change = change_share(events, before)
    features = sum(1 for feature in usage.features if feature.events)
    features_before = sum(1 for feature in usage.features if feature.before)
    return [
        Tile(pgettext("document", "Active users"), number(last.users), seats),
        Tile(
            _("Actions in the product"),
            number(events),
            _("%(change)s on the period before") % {"change": change} if change else "",
        ),
        Tile(
            _("Features in use"),
            number(features),
            _("%(count)s in the period before") % {"count": number(features_before)}
            if before
            else "",
        ),
    ]


def _usage_charts(usage: queries.Usage) -> list[Drawing]:
    shown = [*usage.before, *usage.months] if len(usage.months) < 7 else usage.months
    labels = month_labels([month.month for month in shown])
    lines = [Line(pgettext("document", "Active users"), [month.users for month in shown])]
    if any(month.seats for month in shown):
        seats = [month.seats for month in shown]
        lines.append(Line(pgettext("document", "Seats"), seats, colour=MUTED, dash="4 3"))
    return [
        line_chart(
            labels, lines, title=_("Active users by month"), form=number,
            width=326, height=180, head=pgettext("document", "Month"),
        ),
        bar_chart(
            labels,
            [Bars(pgettext("document", "Actions"), [month.events for month in shown])],
            title=_("Actions in the product by month"),
            form=number, width=326, height=180, head=pgettext("document", "Month"),
        ),
    ]  # fmt: skip


def _feature_rows(features: list[queries.FeatureUse]) -> list[dict[str, Any]]:
    most = max((feature.events for feature in features), default=0) or 1
    return [
        {
            "name": feature.name,
            "events": feature.events,
            "width": f"{100 * feature.events / most:.1f}",
            "change": change_share(feature.events, feature.before)
            or (pgettext("document", "new") if feature.events else ""),
        }
        for feature in features
    ]


def _answer_row(answer: queries.Satisfaction) -> dict[str, str]:
    change = ""
    if answer.mean is not None and answer.mean_before is not None:
        change = signed(answer.mean - answer.mean_before, 1)
    return {
        "name": survey_name(answer.kind),
        "scale": scale_name(answer.kind, answer.scale),
        "mean": number(answer.mean, 1),
        "n": number(answer.n),
        "before": number(answer.mean_before, 1),
        "change": change,
    }


def _answer_tile(answer: queries.Satisfaction) -> Tile:
    return Tile(
        survey_name(answer.kind),
        number(answer.mean, 1),
        _("%(scale)s · %(n)s answers")
        % {"scale": scale_name(answer.kind, answer.scale), "n": number(answer.n)},
    )
