"""What was chosen: options and ratings of the questions beside the score, as stored."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from metrics import statistics
from metrics.statistics import Estimate
from metrics.surveys.branching import RATINGS
from metrics.surveys.models import EVER, ChoiceFigure, Question, Span, Survey
from metrics.surveys.tallies import mean_of

_WITH_CHOICES = (Question.Kind.SINGLE, Question.Kind.MULTIPLE, Question.Kind.RATING)


@dataclass(frozen=True)
class Choice:
    """An option or a rating, with the people who chose it and their share within its interval."""

    label: str
    n: int
    share: Estimate | None

    @property
    def left(self) -> float:
        """Where the interval begins, in percent of the whole."""
        return round(100 * self.share.low, 1) if self.share else 0

    @property
    def reach(self) -> float:
        """How wide the interval is, in percent of the whole."""
        return round(100 * (self.share.high - self.share.low), 1) if self.share else 0

    @property
    def dot(self) -> float:
        """The share itself, in percent."""
        return round(100 * self.share.value, 1) if self.share else 0


@dataclass(frozen=True)
class QuestionResult:
    """How a question was answered; ``n`` people have answered it, ``mean`` is of ratings."""

    question: Question
    text: str
    n: int
    choices: list[Choice]
    mean: Estimate | None


def question_results(
    survey: Survey, language: str, *, span: str = Span.EVER, starts_on: dt.date = EVER
) -> list[QuestionResult]:
    """What was chosen in each question with choices, in one period, in the survey's order.

    Those who answered a question are its whole. Retired questions and options are there as long
    as they have answers.
    """
    rows = ChoiceFigure.objects.filter(
        question__survey=survey, span=span, starts_on=starts_on, n__gt=0
    )
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for question_id, choice, n in rows.values_list("question_id", "choice", "n"):
        counts[question_id][choice] = n
    questions = Question.objects.filter(survey=survey, kind__in=_WITH_CHOICES).order_by(
        "is_retired", "position", "id"
    )
    return [
        _question_result(question, counts[question.pk], language)
        for question in questions
        if question.pk in counts or not question.is_retired
    ]


def _question_result(question: Question, counts: dict[str, int], language: str) -> QuestionResult:
    n = counts.pop("", 0)
    if question.kind == Question.Kind.RATING:
        labels = {str(grade): str(grade) for grade in RATINGS}
    else:
        other = "en" if language == "ja" else "ja"
        labels = {
            option["key"]: option.get(language) or option.get(other) or option["key"]
            for option in question.options
        }
    labels |= {choice: choice for choice in sorted(counts) if choice not in labels}
    choices = [
        Choice(label, counts.get(key, 0), statistics.share(counts.get(key, 0), n))
        for key, label in labels.items()
    ]
    mean = None
    if question.kind == Question.Kind.RATING:
        grades = {int(grade): given for grade, given in counts.items()}
        mean = mean_of(grades, RATINGS[0], RATINGS[-1])
    return QuestionResult(question, question.text(language), n, choices, mean)
