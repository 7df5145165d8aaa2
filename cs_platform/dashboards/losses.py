"""How the days before a loss read: the timeline's words, and those of promises and answers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.wordings import said
from cs_platform.core import clock
from cs_platform.core.templatetags.formats import day, labelled
from cs_platform.dashboards.queries.losses import Known
from cs_platform.dashboards.queries.timeline import Moment
from cs_platform.dashboards.wording import Entry, entry
from metrics.surveys.models import Survey


@dataclass(frozen=True)
class Line:
    """An entry and, where we learnt of it on a later day, that moment."""

    entry: Entry
    known_at: dt.datetime | None


def line(known: Known, *, zone: str) -> Line:
    """One entry as the page shows it."""
    words = {"task": _task, "answer": _answer}.get(known.moment.source, entry)(known.moment)
    happened_on = clock.local_date(known.moment.happened_at, zone)
    is_later = clock.local_date(known.known_at, zone) > happened_on
    return Line(words, known.known_at if is_later else None)


def _task(moment: Moment) -> Entry:
    detail = moment.detail
    facts = [_("done") if moment.kind == "done" else _("not done when the account was lost")]
    if detail["due_on"]:
        facts.append(_("due %(day)s") % {"day": day(dt.date.fromisoformat(detail["due_on"]))})
    return _entry(
        moment,
        icon="checkbox" if moment.kind == "done" else "square",
        title=_("Task: %(title)s")
        % {"title": said(detail["title"], detail["wording"], detail["words"])},
        facts=facts,
    )


def _answer(moment: Moment) -> Entry:
    detail = moment.detail
    kind = dict(Survey.Kind.choices).get(moment.kind, moment.kind)
    if detail["score"] is not None:
        kind = f"{kind} {detail['score']} / {detail['scale']}"
    return _entry(
        moment,
        icon="message-star",
        title=labelled(kind, detail["survey"]),
        quote=detail["comment"],
        facts=[detail["contact"]] if detail["contact"] else [],
    )


def _entry(moment: Moment, **words: Any) -> Entry:
    return Entry(
        happened_at=moment.happened_at,
        is_dated=False,
        member=moment.member,
        source=moment.source,
        **{"text": "", "facts": [], **words},
    )
