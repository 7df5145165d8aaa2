"""Which questions are shown after which answers: the rules, checked and applied. Pure.

A rule of a question looks at one question before it and holds by exactly one of:

- ``{"question": "score", "groups": ["detractor"]}``: the score's group (`metrics.surveys.scales`);
- ``{"question": "reason", "choices": ["price"]}``: one of these options was chosen;
- ``{"question": "ease", "numbers": [1, 2]}``: the score or rating is one of these.

All rules of a question must hold. A rule about a question that was itself not shown does not hold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext as _

from metrics.surveys.scales import Scale

Rule = Mapping[str, Any]
RATINGS = range(1, 6)
_CONDITIONS = ("groups", "choices", "numbers")
_OF_KIND = {
    "groups": {"score"},
    "numbers": {"score", "rating"},
    "choices": {"single", "multiple"},
}


class Asked(Protocol):
    """What is read of a question."""

    key: str
    kind: str
    options: list[dict[str, str]]
    show_when: list[dict[str, Any]]


Q = TypeVar("Q", bound=Asked)


@dataclass(frozen=True)
class Problem:
    """What is wrong with the rules of one question."""

    question: str
    code: str
    message: str


def holds(rule: Rule, answers: Mapping[str, Any], scale: Scale | None) -> bool:
    """Whether a rule holds, given the answers so far by question key."""
    value = answers.get(rule["question"])
    if value in (None, "", []):
        return False
    if "groups" in rule:
        return scale is not None and scale.group(value) in rule["groups"]
    if "numbers" in rule:
        return value in rule["numbers"]
    chosen = value if isinstance(value, list) else [value]
    return not set(rule["choices"]).isdisjoint(chosen)


def visible(questions: Sequence[Q], answers: Mapping[str, Any], scale: Scale | None) -> list[Q]:
    """The questions that are shown, in order, given the answers by question key.

    The answer to a question that is not shown counts as none.
    """
    shown: list[Q] = []
    counted: dict[str, Any] = {}
    for question in questions:
        if all(holds(rule, counted, scale) for rule in question.show_when):
            shown.append(question)
            if question.key in answers:
                counted[question.key] = answers[question.key]
    return shown


def problems(questions: Sequence[Asked], scale: Scale | None) -> list[Problem]:
    """Everything that is wrong with the rules of a list of questions, in order."""
    by_key = {question.key: question for question in questions}
    place = {question.key: number for number, question in enumerate(questions)}
    survey = _Survey(by_key, place, scale)
    on_cycle = _on_cycles({q.key: _references(q) & by_key.keys() for q in questions})
    found = []
    for question in questions:
        if question.key in on_cycle:
            found.append(
                Problem(
                    question.key,
                    "cycle",
                    _("Whether this is shown depends, in a circle, on itself."),
                )
            )
            continue
        for rule in question.show_when:
            problem = _wrong(rule, question, survey)
            if problem is not None:
                found.append(Problem(question.key, *problem))
    return found


def _references(question: Asked) -> set[str]:
    return {
        rule["question"]
        for rule in question.show_when
        if isinstance(rule, Mapping) and isinstance(rule.get("question"), str)
    }


def _on_cycles(references: Mapping[str, Collection[str]]) -> set[str]:
    """The keys from which a walk along the references comes back to where it began."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(references[start])
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                waiting += references[key]
        return seen

    return {key for key in references if key in reached(key)}


@dataclass(frozen=True)
class _Survey:
    """What a rule is checked against: the questions, where each stands, and the score's scale."""

    by_key: Mapping[str, Asked]
    place: Mapping[str, int]
    scale: Scale | None

    def values(self, condition: str, target: Asked) -> Collection[Any]:
        """What a condition on ``target`` may name."""
        if condition == "choices":
            return [option["key"] for option in target.options]
        if target.kind == "rating":
            return RATINGS
        if self.scale is None:
            return ()
        return self.scale.groups if condition == "groups" else self.scale.grades


def _wrong(rule: Any, question: Asked, survey: _Survey) -> tuple[str, str] | None:
    """(code, sentence) of what is wrong with a rule, None for a good one."""
    conditions = [name for name in _CONDITIONS if isinstance(rule, Mapping) and name in rule]
    if len(conditions) != 1 or set(rule) != {"question", *conditions}:
        return "bad_rule", _("A rule names a question and either groups, choices or numbers.")
    if not isinstance(rule[conditions[0]], list) or not rule[conditions[0]]:
        return "bad_rule", _("A rule lists at least one value.")
    return _wrong_target(rule, conditions[0], question, survey)


def _wrong_target(
    rule: Rule, condition: str, question: Asked, survey: _Survey
) -> tuple[str, str] | None:
    key = rule["question"]
    target = survey.by_key.get(key) if isinstance(key, str) else None
    if target is None:
        return "unknown_question", _("It depends on “%(key)s”, and there is no such question.") % {
            "key": str(key)[:100]
        }
    if survey.place[target.key] > survey.place[question.key]:
        return "later_question", _("It depends on a question that comes after it.")
    if target.kind not in _OF_KIND[condition]:
        return "wrong_condition", _("That question is not answered in this way.")
    known = survey.values(condition, target)
    unknown = [value for value in rule[condition] if isinstance(value, bool) or value not in known]
    if unknown:
        return "unknown_value", _("That question has no answer “%(value)s”.") % {
            "value": str(unknown[0])[:100]
        }
    return None
