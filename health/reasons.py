"""Why an account needs attention, and what to do next, in words of the viewer's language."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.core.templatetags.formats import number
from health.measures import BY_KEY, EXCEPTION_LABELS, Unit
from health.models import AccountCurrent


def _percent_of_usual(raw: float) -> str:
    return _("Usage is at %(percent)s%% of what is usual for this account") % {
        "percent": number(raw)
    }


def _days(raw: float) -> dict[str, str]:
    return {"days": number(raw)}


def _renewal(raw: float) -> str:
    if raw < 0:
        return ngettext(
            "The renewal is overdue by %(days)s day",
            "The renewal is overdue by %(days)s days",
            int(-raw),
        ) % _days(-raw)
    return ngettext(
        "The contract is up for renewal in %(days)s day",
        "The contract is up for renewal in %(days)s days",
        int(raw),
    ) % _days(raw)


_WORDING: dict[str, Callable[[float], str]] = {
    "usage_trend": _percent_of_usual,
    "active_users": lambda raw: (
        _("Active users fill %(percent)s%% of the seats") % {"percent": number(raw)}
    ),
    "active_days": lambda raw: (
        ngettext(
            "Used on %(days)s day of the last 28", "Used on %(days)s days of the last 28", int(raw)
        )
        % _days(raw)
    ),
    "feature_breadth": lambda raw: (
        ngettext(
            "%(count)s feature in use, fewer than most accounts",
            "%(count)s features in use, fewer than most accounts",
            int(raw),
        )
        % {"count": number(raw)}
    ),
    "login_count": lambda raw: (
        ngettext(
            "%(count)s log-in in 28 days, fewer than most accounts",
            "%(count)s log-ins in 28 days, fewer than most accounts",
            int(raw),
        )
        % {"count": number(raw)}
    ),
    "login_frequency": lambda raw: (
        _("Users log in %(count)s times a week each") % {"count": number(raw, 1)}
    ),
    "last_seen": lambda raw: (
        ngettext(
            "Nobody has used the product for %(days)s day",
            "Nobody has used the product for %(days)s days",
            int(raw),
        )
        % _days(raw)
    ),
    "last_contact": lambda raw: (
        ngettext("No contact for %(days)s day", "No contact for %(days)s days", int(raw))
        % _days(raw)
    ),
    "onboarding_lateness": lambda raw: (
        ngettext("Onboarding is %(days)s day late", "Onboarding is %(days)s days late", int(raw))
        % _days(raw)
    ),
    "contract_trend": lambda raw: (
        _("Revenue is at %(percent)s%% of that of 180 days ago") % {"percent": number(raw)}
    ),
    "renewal_distance": _renewal,
    "nps": lambda raw: _("The NPS of its people is %(score)s") % {"score": number(raw)},
    "csat": lambda raw: _("Satisfaction is %(grade)s out of 5") % {"grade": number(raw, 1)},
    "ces": lambda raw: (
        _("Problems take much effort to solve: %(grade)s out of 5") % {"grade": number(raw, 1)}
    ),
}


@dataclass(frozen=True)
class Reason:
    """A sentence, what it speaks of, and what it costs in points (None where it is no measure)."""

    key: str
    text: str
    cost: float | None = None


def measure_reason(key: str, raw: float) -> str:
    """What a measure's raw value means, as a sentence without full stop."""
    return _WORDING[key](raw)


def reasons(current: AccountCurrent, *, limit: int = 3) -> list[Reason]:
    """The top reasons of a row: judgement and rules first, then the fall, then the measures."""
    found = []
    if current.is_flagged:
        found.append(Reason("flagged", _("Flagged as a risk by judgement")))
    found += [
        Reason(key, str(EXCEPTION_LABELS[key]))
        for key in current.exceptions
        if key in EXCEPTION_LABELS
    ]
    if (fall := _fall(current)) is not None:
        found.append(fall)
    spoken_of = {"last_seen"} if "silent" in current.exceptions else set()
    found += [
        Reason(entry["measure"], measure_reason(entry["measure"], entry["raw"]), entry["cost"])
        for entry in current.reasons
        if entry["measure"] in _WORDING and entry["measure"] not in spoken_of
    ]
    return found[:limit]


def _fall(current: AccountCurrent) -> Reason | None:
    for days, change in ((7, current.score_7d), (30, current.score_30d)):
        if change is not None and change <= -10:
            text = _("The score fell by %(points)s points in %(days)s days") % {
                "points": number(-change),
                "days": days,
            }
            return Reason("score_fell", text)
    return None


def next_action(current: AccountCurrent, *, today: dt.date) -> str:
    """The next best action, by the first rule that fits; empty for an account without a risk."""
    if not current.is_at_risk:
        return ""
    for fits, text in _rules(current, today):
        if fits:
            return text
    return _("Talk to the customer about its goals")


def _rules(current: AccountCurrent, today: dt.date) -> Sequence[tuple[bool, str]]:
    measures = [entry["measure"] for entry in current.reasons]
    first = measures[0] if measures else ""
    deadline = current.urgency_on
    is_near = deadline is not None and 0 <= (deadline - today).days <= 30
    silence = None if current.last_contact_on is None else (today - current.last_contact_on).days
    return (
        (
            current.notice_given_on is not None,
            _("Call the decision-maker: find out why notice was given"),
        ),
        (
            is_near and (silence is None or silence > 14),
            _("Agree on the renewal before the deadline"),
        ),
        (
            "last_contact" in measures and silence is not None and silence > 60,
            _("Call the champion"),
        ),
        (first == "onboarding_lateness", _("Unblock the onboarding: agree on a new date")),
        (
            first in {"last_seen", "usage_trend", "active_days"},
            _("Ask what has changed and offer a working session"),
        ),
        (
            first in {"active_users", "login_count", "login_frequency"},
            _("Offer training to users who do not log in"),
        ),
        (first == "feature_breadth", _("Show the features that fit the customer's goals")),
        (
            first in {"nps", "csat", "ces"},
            _("Call those who answered badly and close the loop"),
        ),
        (first == "contract_trend", _("Review the value received against the goals")),
        (first == "renewal_distance", _("Prepare the renewal")),
    )


def format_raw(key: str, raw: float | None) -> str:
    """A raw value with its unit, ``—`` for no data."""
    if raw is None:
        return "—"
    unit = BY_KEY[key].unit
    if unit is Unit.PERCENT:
        return _("%(value)s%%") % {"value": number(raw, 1)}
    if unit is Unit.DAYS:
        return ngettext("%(days)s day", "%(days)s days", int(raw)) % _days(raw)
    if unit is Unit.PER_WEEK:
        return _("%(value)s per week") % {"value": number(raw, 1)}
    if unit is Unit.GRADE:
        return number(raw, 2)
    return number(raw)
