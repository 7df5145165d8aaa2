"""The letter that asks: its subject, its text and its HTML, in one of the survey's languages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from metrics.surveys.colours import palette
from metrics.surveys.models import Question, Survey
from metrics.surveys.wording import ends, scale_marks

_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Written:
    """A letter in words; `accounts.actions.mail` takes it from here."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Addresses:
    """Where the letter's links lead. ``answer`` is told the grade, None for no grade.

    ``logo`` is '' without a picture.
    """

    answer: Callable[[int | None], str]
    unsubscribe: str
    logo: str = ""


def write_invitation(
    *,
    survey: Survey,
    first_question: Question | None,
    sender: str,
    name: str,
    language: str,
    addresses: Addresses,
    is_reminder: bool = False,
) -> Written:
    """The invitation, or its reminder. ``sender`` is the name customers know, ``name`` theirs.

    A survey that begins with its score carries a button per grade, another one a button to begin.
    """
    with translation.override(language):
        context = _frame(survey, sender, name, language, addresses)
        if is_reminder:
            _remind(context)
        _ask(context, survey, first_question, language, addresses)
        context["preheader"] = (context["intro"] or [""])[0][:140]
        return Written(
            subject=context["subject"],
            text=_tidy(render_to_string("surveys/mail/invitation.txt", context)),
            html=render_to_string("surveys/mail/invitation.html", context),
        )


def _frame(
    survey: Survey, sender: str, name: str, language: str, addresses: Addresses
) -> dict[str, Any]:
    """What every letter has around its question."""
    subject = survey.text("subject", language) or survey.text("title", language)
    intro = survey.text("intro", language).strip()
    return {
        "subject": subject or _("A question from %(sender)s") % {"sender": sender},
        "language": language,
        "brand": sender,
        "palette": palette(survey.brand_colour),
        "logo_url": addresses.logo,
        "greeting": _("Dear %(name)s,") % {"name": name} if name else "",
        "intro": [paragraph for paragraph in _BLANK_LINES.split(intro) if paragraph],
        "answer_url": addresses.answer(None),
        "unsubscribe_url": addresses.unsubscribe,
        "why": _("You receive this because you work with %(sender)s.") % {"sender": sender},
    }


def _remind(context: dict[str, Any]) -> None:
    context["subject"] = _("Reminder: %(subject)s") % {"subject": context["subject"]}
    again = _("We wrote to you some days ago; your answer would still help us.")
    context["intro"] = [again, *context["intro"]]


def _ask(
    context: dict[str, Any], survey: Survey, question: Question | None, language: str,
    addresses: Addresses,
) -> None:  # fmt: skip
    """The question with a button per grade, where the survey begins with its score."""
    scale = survey.scale
    if scale is None or question is None or question.kind != Question.Kind.SCORE:
        context |= {"question": "", "marks": [], "closing": ""}
        return
    low, high = ends(scale)
    context |= {
        "question": question.text(language),
        "low": f"{scale.lowest} = {low}",
        "high": f"{scale.highest} = {high}",
        "marks": [
            {"value": mark.value, "label": mark.label, "url": addresses.answer(mark.value)}
            for mark in scale_marks(scale)
        ],
        "closing": _("Choose a number. You can add a comment, and change your answer later."),
    }


def _tidy(text: str) -> str:
    """Plain text without the gaps that template tags leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
