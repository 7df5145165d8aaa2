"""What was filled in, read by what was asked. Pure.

A value is a number for a score or rating, a text, the key of an option, or a list of such keys.
Text of a form ("9") and JSON (9) are both understood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.fields import BadValue, Text
from cs_platform.core.errors import DomainError
from metrics.surveys.branching import RATINGS, visible
from metrics.surveys.models import Question
from metrics.surveys.scales import Scale

SCORE_KEY, COMMENT_KEY = "score", "comment"
# "comment-promoter" and its like: comments asked for in other words after other scores
_COMMENT_PREFIX = f"{COMMENT_KEY}-"
LONGEST_TEXT = 10_000
Value = int | str | list[str]


def is_comment(key: str) -> bool:
    """Whether the answer to this question is the response's comment."""
    return key == COMMENT_KEY or key.startswith(_COMMENT_PREFIX)


class BadAnswer(DomainError):
    """An answer that cannot be taken; ``field`` is the question's key."""

    code = "bad_answer"


@dataclass(frozen=True)
class Filled:
    """What counts of a filled-in form: the score and the comment, and the rest by question key."""

    score: int | None = None
    comment: str = ""
    others: Mapping[str, Value] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The rest as it is kept of a revision."""
        return dict(self.others)


def read_answers(
    questions: Sequence[Question],
    answers: Mapping[str, Any],
    scale: Scale | None,
    *,
    is_complete: bool = True,
) -> Filled:
    """Read answers by question key; those to questions that were not shown are left out.

    ``is_complete`` asks for an answer to every required question that is shown; answers of other
    tools may lack some. Raises ``BadAnswer`` with the question's key: ``unknown_question``,
    ``required``, ``out_of_range``, ``not_a_number``, ``unknown_option``, and those of texts.
    """
    known = {question.key: question for question in questions}
    for key in answers:
        if key not in known:
            raise BadAnswer(
                _("The survey asks no such question."),
                code="unknown_question",
                field=str(key)[:100],
            )
    values = {
        key: value
        for key, given in answers.items()
        if (value := read_one(known[key], given, scale)) is not None
    }
    shown = visible(questions, values, scale)
    for question in shown:
        if is_complete and question.is_required and question.key not in values:
            raise BadAnswer(_("Please answer this question."), code="required", field=question.key)
    counted = {question.key: values[question.key] for question in shown if question.key in values}
    score = counted.pop(SCORE_KEY, None)
    comments = [str(counted.pop(key)) for key in list(counted) if is_comment(key)]
    return Filled(score, "\n\n".join(comments), counted)  # type: ignore[arg-type]


def read_one(question: Question, given: Any, scale: Scale | None) -> Value | None:
    """The value of one question, None for no answer."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    match question.kind:
        case Question.Kind.SCORE:
            grades = scale.grades if scale is not None else range(0)
            return _grade(question, given, grades)
        case Question.Kind.RATING:
            return _grade(question, given, RATINGS)
        case Question.Kind.TEXT:
            return _text(question, given)
        case Question.Kind.SINGLE:
            given = given[0] if isinstance(given, list) and len(given) == 1 else given
            return _option(question, given)
    chosen = given if isinstance(given, list | tuple) else [given]
    keys = {_option(question, key) for key in chosen}
    # in the order of the options, each once
    return [option["key"] for option in question.options if option["key"] in keys] or None


def _grade(question: Question, given: Any, grades: range) -> int:
    text = given.strip() if isinstance(given, str) else given
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 4:
        text = int(text)
    if isinstance(text, bool) or not isinstance(text, int):
        raise BadAnswer(
            pgettext("answer", "This must be a number."), code="not_a_number", field=question.key
        )
    if text not in grades:
        raise BadAnswer(
            _("This goes from %(lowest)d to %(highest)d.")
            % {"lowest": grades.start, "highest": grades.stop - 1},
            code="out_of_range",
            field=question.key,
        )
    return text


def _text(question: Question, given: Any) -> str | None:
    try:
        return Text(LONGEST_TEXT).read(given) or None
    except BadValue as error:
        raise BadAnswer(error.message, code=error.code, field=question.key) from error


def _option(question: Question, given: Any) -> str:
    if not isinstance(given, str) or all(given != option["key"] for option in question.options):
        raise BadAnswer(_("There is no such option."), code="unknown_option", field=question.key)
    return given
