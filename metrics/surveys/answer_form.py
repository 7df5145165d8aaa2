"""A survey as it is filled in: which questions are shown, and what stands in them already. Pure.

Pages and the embedded survey are drawn from the same; what is shown after which answer is decided
here, by `metrics.surveys.branching`, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metrics.surveys.branching import visible
from metrics.surveys.models import Question, Response, Survey
from metrics.surveys.scales import Scale
from metrics.surveys.values import (
    LONGEST_TEXT,
    SCORE_KEY,
    BadAnswer,
    Filled,
    is_comment,
    read_one,
)
from metrics.surveys.wording import Mark, ends, rating_ends, rating_marks, scale_marks

PREFIX = "q-"


@dataclass(frozen=True)
class Shown:
    """One question as it is drawn. ``value`` is what stands in it: text, or the keys chosen."""

    question: Question
    text: str
    value: Any
    error: str = ""
    marks: Sequence[Mark] = ()
    low: str = ""
    high: str = ""
    options: Sequence[tuple[str, str]] = ()
    limit: int = LONGEST_TEXT

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def name(self) -> str:
        """Of its field in a form."""
        return PREFIX + self.question.key

    @property
    def highest(self) -> int | None:
        """The last grade, where there are grades."""
        return self.marks[-1].value if self.marks else None

    @property
    def is_chosen(self) -> dict[str, bool]:
        """Which option keys, or grades as text, are chosen."""
        values = self.value if isinstance(self.value, list) else [self.value]
        return {str(value): True for value in values if value is not None}


@dataclass(frozen=True)
class Sheet:
    """The questions shown now: the score apart, the rest once there is a score."""

    score: Shown | None
    more: Sequence[Shown] = field(default_factory=tuple)

    @property
    def keys(self) -> list[str]:
        """Of every question that is shown."""
        return [shown.key for shown in (self.score, *self.more) if shown is not None]

    @property
    def offered(self) -> str:
        """The keys as a form carries them."""
        return " ".join(self.keys)

    @property
    def has_errors(self) -> bool:
        return any(shown.error for shown in (self.score, *self.more) if shown is not None)


def given_in_form(questions: Sequence[Question], data: Any) -> dict[str, Any]:
    """What a form filled in, by question key; fields that were left empty are left out."""
    found: dict[str, Any] = {}
    for question in questions:
        name = PREFIX + question.key
        if question.kind == Question.Kind.MULTIPLE:
            value: Any = data.getlist(name)
        else:
            value = data.get(name, "").replace("\r\n", "\n")
        if value:
            found[question.key] = value
    return found


def given_before(survey: Survey, questions: Sequence[Question], filled: Filled) -> dict[str, Any]:
    """A stored answer by question key; its comment stands in the question that asked for it."""
    found: dict[str, Any] = dict(filled.others)
    if filled.score is not None:
        found[SCORE_KEY] = filled.score
    return with_comment(survey, questions, found, filled.comment)


def with_comment(
    survey: Survey, questions: Sequence[Question], given: Mapping[str, Any], comment: str = ""
) -> dict[str, Any]:
    """The answers, the comment in the question that asks for one now.

    After another score it may be asked for in other words: what was written is not lost by that.
    """
    values = read_leniently(questions, given, survey.scale)
    comment = comment or next((str(given[key]) for key in given if is_comment(key)), "")
    asking = [q.key for q in visible(questions, values, survey.scale) if is_comment(q.key)]
    if not comment or not asking or any(given.get(key) for key in asking):
        return dict(given)
    kept = {key: value for key, value in given.items() if not is_comment(key)}
    return {**kept, asking[0]: comment}


def read_leniently(
    questions: Sequence[Question], given: Mapping[str, Any], scale: Scale | None
) -> dict[str, Any]:
    """The values that can be read, by question key: what decides which questions are shown."""
    found = {}
    for question in questions:
        try:
            value = read_one(question, given.get(question.key), scale)
        except BadAnswer:
            continue
        if value is not None:
            found[question.key] = value
    return found


def sheet(
    survey: Survey,
    questions: Sequence[Question],
    given: Mapping[str, Any],
    language: str,
    errors: Mapping[str, str] | None = None,
) -> Sheet:
    """The questions to show for these answers. Of a survey with a score, only it at first."""
    values = read_leniently(questions, given, survey.scale)
    drawn = [
        _drawn(question, given.get(question.key), survey.scale, language, errors or {})
        for question in visible(questions, values, survey.scale)
    ]
    if survey.scale is None:
        return Sheet(None, drawn)
    score = next((shown for shown in drawn if shown.question.kind == Question.Kind.SCORE), None)
    more = [shown for shown in drawn if shown is not score] if SCORE_KEY in values else []
    return Sheet(score, more)


def _drawn(
    question: Question, value: Any, scale: Scale | None, language: str, errors: Mapping[str, str]
) -> Shown:
    marks: Sequence[Mark] = ()
    low = high = ""
    if question.kind == Question.Kind.SCORE and scale is not None:
        marks, (low, high) = scale_marks(scale), ends(scale)
    elif question.kind == Question.Kind.RATING:
        marks, (low, high) = rating_marks(), rating_ends()
    other = "ja" if language == "en" else "en"
    return Shown(
        question=question,
        text=question.text(language),
        value=value,
        error=errors.get(question.key, ""),
        marks=marks,
        low=low,
        high=high,
        options=[(o["key"], o.get(language) or o.get(other) or o["key"]) for o in question.options],
    )


def summary(
    survey: Survey, questions: Sequence[Question], filled: Filled, language: str
) -> list[tuple[str, str]]:
    """(question, answer) of what was answered, in words."""
    found = []
    given = given_before(survey, questions, filled)
    for shown in _answered(survey, questions, given, language):
        labels = dict(shown.options)
        if shown.options:
            chosen: list[str] = shown.value if isinstance(shown.value, list) else [shown.value]
            said = ", ".join(labels.get(key, key) for key in chosen)
        else:
            said = str(shown.value)
        found.append((shown.text, said))
    return found


def _answered(
    survey: Survey, questions: Sequence[Question], given: Mapping[str, Any], language: str
) -> list[Shown]:
    drawn = sheet(survey, questions, given, language)
    every = [drawn.score, *drawn.more]
    return [shown for shown in every if shown is not None and shown.value not in (None, "", [])]


def has_answer(response: Response | None) -> bool:
    """Whether somebody has answered: a suspected robot is nobody."""
    return response is not None and not response.is_suspected_robot
