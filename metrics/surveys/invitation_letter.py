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
        context = _context(survey, first_question, sender, name, language, addresses, is_reminder)
        return Written(
            subject=context["subject"],
            text=_tidy(render_to_string("surveys/mail/invitation.txt", context)),
            html=render_to_string("surveys/mail/invitation.html", context),
        )


def _context(
    survey: Survey, first_question: Question | None, sender: str, name: str, language: str,
    addresses: Addresses, is_reminder: bool,
) -> dict[str, Any]:  # fmt: skip
    asks_score = first_question is not None and first_question.kind == Question.Kind.SCORE
    subject = survey.text("subject", language) or survey.text("title", language)
    subject = subject or _("A question from %(sender)s") % {"sender": sender}
    intro = survey.text("intro", language)
    if is_reminder:
        subject = _("Reminder: %(subject)s") % {"subject": subject}
        intro = _("We wrote to you some days ago; your answer would still help us.") + (
            f"\n\n{intro}" if intro else ""
        )
    context: dict[str, Any] = {
        "subject": subject,
        "preheader": intro.partition("\n")[0][:140],
        "language": language,
        "brand": sender,
        "palette": palette(survey.brand_colour),
        "logo_url": addresses.logo,
        "greeting": _("Dear %(name)s,") % {"name": name} if name else "",
        "intro": [paragraph for paragraph in _BLANK_LINES.split(intro.strip()) if paragraph],
        "question": first_question.text(language) if first_question and asks_score else "",
        "answer_url": addresses.answer(None),
        "unsubscribe_url": addresses.unsubscribe,
        "why": _("You receive this because you work with %(sender)s.") % {"sender": sender},
        "closing": "",
        "marks": [],
    }
    if asks_score and survey.scale is not None:
        scale = survey.scale
        low, high = ends(scale)
        context |= {
            "low": f"{scale.lowest} = {low}",
            "high": f"{scale.highest} = {high}",
            "marks": [
                {"value": m.value, "label": m.label, "url": addresses.answer(m.value)}
                for m in scale_marks(scale)
            ],
            "closing": _("Choose a number. You can add a comment, and change your answer later."),
        }
    return context


def _tidy(text: str) -> str:
    """Plain text without the gaps that template tags leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
