"""How an entry of the timeline reads, in the viewer's language."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.models import Account, AttributeChange, ContractEvent, Interaction
from cs_platform.core.templatetags.formats import (
    MISSING,
    day,
    labelled,
    money,
    number,
    tier,
)
from cs_platform.dashboards.filters import BANDS
from cs_platform.dashboards.queries.timeline import Moment
from health.models import RiskNote, RiskState
from metrics.surveys.models import Survey

KIND_LABELS = {
    "interaction": gettext_lazy("Contacts"),
    "answer": pgettext_lazy("timeline", "Answers"),
    "contract": gettext_lazy("Contract"),
    "change": gettext_lazy("Changes"),
    "risk": gettext_lazy("Work on the risk"),
    "band": gettext_lazy("Health"),
}
_INTERACTION_ICONS = {
    "call_in": "phone-incoming",
    "call_out": "phone-outgoing",
    "email": "mail",
    "meeting": "users",
    "chat": "message",
    "social": "brand-hipchat",
    "note": "note",
}
_ICONS = {
    "answer": "message-star",
    "contract": "file-text",
    "change": "arrows-exchange",
    "risk": "flag",
    "band": "activity-heartbeat",
}
_SENTIMENTS = dict(Interaction.Sentiment.choices)
_REASONS = dict(ContractEvent.Reason.choices)


@dataclass(frozen=True)
class Entry:
    """A timeline entry in words. ``is_dated`` says that only its day is known."""

    icon: str
    title: str
    text: str
    facts: list[str]
    happened_at: dt.datetime
    is_dated: bool
    member: str
    source: str
    quote: str = ""
    old_band: str = ""
    new_band: str = ""
    score: int | None = None


def entry(moment: Moment) -> Entry:
    """``moment`` as the page shows it."""
    words = {
        "interaction": _interaction,
        "answer": _answer,
        "contract": _contract,
        "change": _change,
        "risk": _risk,
        "band": _band,
    }[moment.source](moment)
    return Entry(
        happened_at=moment.happened_at,
        is_dated=moment.source in {"contract", "band"},
        member=moment.member,
        source=moment.source,
        **{"icon": _ICONS.get(moment.source, ""), "text": "", "facts": [], **words},
    )


def _label(choices: Any, value: str) -> str:
    return str(dict(choices).get(value, value))


def _interaction(moment: Moment) -> dict[str, Any]:
    detail = moment.detail
    facts = [detail["contact"] or ""]
    if detail["minutes"]:
        facts.append(
            ngettext("%(count)d minute", "%(count)d minutes", detail["minutes"])
            % {"count": detail["minutes"]}
        )
    if detail["sentiment"]:
        facts.append(str(_SENTIMENTS.get(detail["sentiment"], detail["sentiment"])))
    if detail["next_step"]:
        due = detail["next_step_on"]
        facts.append(
            _("Next step: %(step)s") % {"step": detail["next_step"]}
            + (f" ({day(dt.date.fromisoformat(due))})" if due else "")
        )
    return {
        "icon": _INTERACTION_ICONS.get(moment.kind, "message"),
        "title": _label(Interaction.Kind.choices, moment.kind),
        "text": detail["summary"],
        "quote": detail["words"],
        "facts": [fact for fact in facts if fact],
    }


def _answer(moment: Moment) -> dict[str, Any]:
    detail = moment.detail
    kind = _label(Survey.Kind.choices, moment.kind)
    title = kind
    if detail["score"] is not None:
        title = _("%(kind)s: %(score)s of %(best)s") % {
            "kind": kind,
            "score": detail["score"],
            "best": detail["scale"],
        }
    return {
        "title": title,
        "quote": detail["comment"],
        "facts": [fact for fact in (detail["contact"], detail["survey"]) if fact],
    }


def _contract(moment: Moment) -> dict[str, Any]:
    detail = moment.detail
    product = " · ".join(part for part in (detail["product"], detail["plan"]) if part)
    facts = []
    if moment.kind == ContractEvent.Kind.ONE_OFF:
        facts.append(money(Decimal(str(detail["amount"] or 0)), detail["currency"]))
    elif moment.kind != ContractEvent.Kind.CHURN:
        facts.append(
            _("%(money)s a month")
            % {"money": money(Decimal(str(detail["mrr"])), detail["currency"])}
        )
        if detail["seats"]:
            facts.append(
                ngettext("%(count)s seat", "%(count)s seats", detail["seats"])
                % {"count": number(detail["seats"])}
            )
    if detail["last_paid_on"]:
        paid = day(dt.date.fromisoformat(detail["last_paid_on"]))
        facts.append(_("last paid day %(day)s") % {"day": paid})
    if detail["reason"]:
        facts.append(str(_REASONS.get(detail["reason"], detail["reason"])))
    if detail["competitor"]:
        facts.append(detail["competitor"])
    return {
        "title": labelled(_label(ContractEvent.Kind.choices, moment.kind), product),
        "text": detail["note"],
        "facts": facts,
    }


def _change(moment: Moment) -> dict[str, Any]:
    def said(value: str) -> str:
        if not value:
            return MISSING
        if moment.kind == AttributeChange.Attribute.STAGE:
            return _label(Account.Stage.choices, value)
        if moment.kind == AttributeChange.Attribute.SEGMENT:
            return _label(Account.Segment.choices, value)
        if moment.kind == AttributeChange.Attribute.TIER:
            return tier(value)
        if moment.kind.endswith("_on"):
            return day(dt.date.fromisoformat(value))
        return value

    label = _label(AttributeChange.Attribute.choices, moment.kind)
    old, new = said(moment.detail["old"]), said(moment.detail["new"])
    return {"title": label, "text": f"{old} → {new}"}


def _risk(moment: Moment) -> dict[str, Any]:
    detail = moment.detail
    facts = []
    if detail["until_on"]:
        until = day(dt.date.fromisoformat(detail["until_on"]))
        facts.append(_("until %(day)s") % {"day": until})
    if detail["old_state"] != detail["new_state"]:
        states = RiskState.State.choices
        old, new = _label(states, detail["old_state"]), _label(states, detail["new_state"])
        facts.append(f"{old} → {new}")
    return {
        "title": _label(RiskNote.Kind.choices, moment.kind),
        "text": detail["reason"],
        "facts": facts,
    }


def _band(moment: Moment) -> dict[str, Any]:
    old, new = moment.detail["old"], moment.kind
    return {
        "title": _("Health went from %(old)s to %(new)s")
        % {"old": BANDS[old or "none"], "new": BANDS[new or "none"]},
        "old_band": old,
        "new_band": new,
        "score": moment.detail["score"],
    }
