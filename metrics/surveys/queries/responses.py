"""Answers with everything they say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from metrics.surveys.models import Answer, Question, Response
from metrics.surveys.values import Filled


def value_of(answer: Answer) -> Any:
    """What one answer says, as `metrics.surveys.values` reads it."""
    match answer.question.kind:
        case Question.Kind.RATING:
            return answer.number
        case Question.Kind.MULTIPLE:
            return answer.choices
        case Question.Kind.SINGLE:
            return answer.choices[0]
    return answer.text


def answers_of(responses: Iterable[Response]) -> Mapping[int, Filled]:
    """What responses say, by their ids: one query however many they are."""
    found = list(responses)
    others: dict[int, dict[str, Any]] = defaultdict(dict)
    for answer in Answer.objects.filter(response__in=found).select_related("question"):
        others[answer.response_id][answer.question.key] = value_of(answer)
    return {
        response.pk: Filled(response.score, response.comment, others[response.pk])
        for response in found
    }


def stored_answers(response: Response) -> Filled:
    """What one response says now."""
    return answers_of([response])[response.pk]
