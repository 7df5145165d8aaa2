"""The questions of a survey: written as a whole list, checked as a whole list."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.fields import BadValue, Choice, Rule, Text, YesNo, read
from cs_platform.core.errors import Conflict, DomainError
from metrics.surveys import branching, default_texts
from metrics.surveys.models import Answer, ChoiceFigure, Question, Span, Survey
from metrics.surveys.values import is_comment

SCORE_KEY, COMMENT_KEY = "score", "comment"
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_QUESTIONS = 50
_MOST_OPTIONS = 50
_LONGEST_TEXT = 2000
_WITH_OPTIONS = (Question.Kind.SINGLE, Question.Kind.MULTIPLE)
FIELDS = ("key", "kind", "text_en", "text_ja", "options", "is_required", "show_when")


@dataclass(frozen=True)
class _Options:
    """The options a question has had: answers name them by their keys.

    ``chosen`` are the keys in answers, those of options that are gone among them.
    """

    stored: Sequence[Mapping[str, str]] = ()
    chosen: Collection[str] = ()

    def key_of(self, option: Mapping[str, str], taken: Collection[str]) -> str:
        """The key of an option without one: its own where it was there before, else a new one."""
        for old in self.stored:
            is_same = (old["en"], old["ja"]) == (option["en"], option["ja"])
            if is_same and old["key"] not in taken:
                return old["key"]
        used = {old["key"] for old in self.stored} | set(self.chosen) | set(taken)
        return next(key for number in count(1) if (key := f"o{number}") not in used)


class BadQuestions(DomainError):
    """The list cannot be stored; ``field`` names the question and its member."""

    code = "bad_questions"


def first_questions(survey: Survey, brand: str) -> list[Question]:
    """What a new survey asks: its score and why, or one open question; not stored yet."""
    found = []
    texts = default_texts.score_question(survey.kind, survey.ces_scale, brand)
    if texts is not None:
        found.append(
            Question(
                key=SCORE_KEY,
                kind=Question.Kind.SCORE,
                text_en=texts["en"],
                text_ja=texts["ja"],
                is_required=True,
            )
        )
        texts = default_texts.COMMENT_QUESTION
    else:
        texts = default_texts.HEARING_QUESTION
    found.append(
        Question(
            key=COMMENT_KEY,
            kind=Question.Kind.TEXT,
            text_en=texts["en"] % {"brand": brand},
            text_ja=texts["ja"] % {"brand": brand},
        )
    )
    for position, question in enumerate(found):
        question.survey = survey
        question.position = position
    return found


@transaction.atomic
def set_questions(
    *, actor: Actor, now: dt.datetime, survey: Survey, questions: Sequence[Mapping[str, Any]]
) -> list[Question]:
    """Make these the survey's questions, in this order; those of its others are taken away.

    A question is known by its ``key``; a new one without a key is given one. So is an option, which
    without a key is known by its texts. What has answers is retired instead of deleted, and keeps
    its kind. A survey that is out must be whole after it.
    Errors: ``BadQuestions`` with the question and the member in ``field``, ``survey_closed``,
    ``kind_fixed``.
    """
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if survey.state == Survey.State.CLOSED:
        raise Conflict(_("The survey is closed."), code="survey_closed")
    stored = {question.key: question for question in Question.objects.filter(survey=survey)}
    wanted = _read_all(questions, stored, _options_of(survey, stored))
    check_structure(survey, wanted)
    if survey.state != Survey.State.DRAFT:
        check_ready(survey, wanted)
    answered = set(
        Answer.objects.filter(question__survey=survey).values_list("question_id", flat=True)
    ) if stored else set()  # fmt: skip
    for position, question in enumerate(wanted):
        old = stored.pop(question.key, None)
        if old is not None:
            if old.kind != question.kind and old.pk in answered:
                raise Conflict(
                    _("The question has answers: its kind cannot change."),
                    code="kind_fixed",
                    field=f"questions.{position}.kind",
                )
            question.pk = old.pk
            question.workspace_id = old.workspace_id
        question.survey = survey
        question.position = position
        question.is_retired = False
        question.save()
    for question in stored.values():
        if question.pk in answered:
            question.is_retired = True
            question.save(update_fields=["is_retired"])
        else:
            question.delete()
    survey.updated_at = now
    survey.save(update_fields=["updated_at"])
    audit.record(
        actor=actor,
        action="survey_questions_changed",
        obj=survey,
        detail={"questions": [question.key for question in wanted]},
        now=now,
    )
    return wanted


def _options_of(survey: Survey, stored: Mapping[str, Question]) -> dict[str, _Options]:
    """The options of each question by its key; of those chosen what the roll-up has counted."""
    chosen = defaultdict(set)
    counted = ChoiceFigure.objects.filter(question__survey=survey, span=Span.EVER)
    for key, choice in counted.values_list("question__key", "choice"):
        chosen[key].add(choice)
    return {key: _Options(question.options, chosen[key]) for key, question in stored.items()}


def _read_all(
    given: Any, stored: Mapping[str, Question], options: Mapping[str, _Options]
) -> list[Question]:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= _MOST_QUESTIONS:
        raise BadQuestions(
            _("A survey has 1 to %(most)d questions.") % {"most": _MOST_QUESTIONS},
            field="questions",
        )
    taken = set(stored) | {
        item.get("key") for item in given if isinstance(item, Mapping) and item.get("key")
    }
    found: list[Question] = []
    for position, item in enumerate(given):
        place = f"questions.{position}"
        if not isinstance(item, Mapping):
            raise BadQuestions(_("This must be an object."), code="wrong_type", field=place)
        question = _read_one(item, place, taken, options)
        if any(question.key == other.key for other in found):
            raise BadQuestions(
                _("Two questions have the key “%(key)s”.") % {"key": question.key},
                code="key_twice",
                field=f"{place}.key",
            )
        found.append(question)
    return found


def _read_one(
    item: Mapping[str, Any], place: str, taken: set[Any], options: Mapping[str, _Options]
) -> Question:
    for name in item:
        if name not in FIELDS:
            raise BadQuestions(
                _("There is no such field."), code="unknown_field", field=f"{place}.{name}"[:200]
            )
    rules: dict[str, Rule] = {
        "kind": Choice(Question.Kind.values, empty=""),
        "text_en": Text(_LONGEST_TEXT),
        "text_ja": Text(_LONGEST_TEXT),
        "is_required": YesNo(),
    }
    values: dict[str, Any] = {}
    for name, rule in rules.items():
        try:
            values[name] = read(rule, item.get(name))
        except BadValue as error:
            raise BadQuestions(error.message, code=error.code, field=f"{place}.{name}") from error
    if not values["kind"]:
        raise BadQuestions(_("This is required."), code="required", field=f"{place}.kind")
    key = _key(item.get("key"), values["kind"], place, taken)
    before = options.get(key, _Options())
    return Question(
        key=key,
        options=_options(item.get("options"), values["kind"], place, before),
        show_when=_rules(item.get("show_when"), place),
        **values,
    )


def _key(given: Any, kind: str, place: str, taken: set[Any]) -> str:
    if given in (None, ""):
        if kind == Question.Kind.SCORE:
            return SCORE_KEY
        key = next(key for number in count(1) if (key := f"q{number}") not in taken)
        taken.add(key)
        return key
    if not isinstance(given, str) or not _KEY.fullmatch(given):
        raise BadQuestions(
            _("A key has lower-case letters, digits, - and _, at most 40."),
            code="bad_key",
            field=f"{place}.key",
        )
    return given


def _options(given: Any, kind: str, place: str, before: _Options) -> list[dict[str, str]]:
    if kind not in _WITH_OPTIONS:
        if given:
            raise BadQuestions(
                _("Questions of this kind have no options."),
                code="no_options",
                field=f"{place}.options",
            )
        return []
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= _MOST_OPTIONS:
        raise BadQuestions(
            _("This needs 2 to %(most)d options.") % {"most": _MOST_OPTIONS},
            code="too_few_options",
            field=f"{place}.options",
        )
    found = [_option(option, f"{place}.options.{n}") for n, option in enumerate(given)]
    taken: set[str] = set()
    for number, option in enumerate(found):
        if option["key"] and option["key"] in taken:
            raise BadQuestions(
                _("Two options have the key “%(key)s”.") % {"key": option["key"]},
                code="key_twice",
                field=f"{place}.options.{number}.key",
            )
        taken.add(option["key"])
    for option in found:
        option["key"] = option["key"] or before.key_of(option, taken)
        taken.add(option["key"])
    return found


def _option(option: Any, where: str) -> dict[str, str]:
    if not isinstance(option, Mapping) or not set(option) <= {"key", "en", "ja"}:
        raise BadQuestions(
            _("An option has a key and its text in English, Japanese or both."),
            code="bad_option",
            field=where,
        )
    key = option.get("key") or ""
    if not isinstance(key, str) or (key and not _KEY.fullmatch(key)):
        raise BadQuestions(
            _("A key has lower-case letters, digits, - and _, at most 40."),
            code="bad_key",
            field=f"{where}.key",
        )
    texts = {}
    for language in ("en", "ja"):
        try:
            texts[language] = read(Text(300), option.get(language))
        except BadValue as error:
            raise BadQuestions(
                error.message, code=error.code, field=f"{where}.{language}"
            ) from error
    return {"key": key, **texts}


def _rules(given: Any, place: str) -> list[Any]:
    if given in (None, ""):
        return []
    if not isinstance(given, list | tuple) or len(given) > 10:
        raise BadQuestions(
            _("This must be a list of at most 10 rules."),
            code="bad_rule",
            field=f"{place}.show_when",
        )
    return list(given)


def check_structure(survey: Survey, questions: Sequence[Question]) -> None:
    """What must hold even of a draft: one score where the kind has one, and rules that make sense.

    Raises ``BadQuestions``.
    """
    scores = [q for q in questions if q.kind == Question.Kind.SCORE]
    if survey.scale is None and scores:
        raise BadQuestions(
            _("A hearing survey has no score question."), code="no_score", field="questions"
        )
    if survey.scale is not None and (
        len(scores) != 1 or questions[0] is not scores[0] or scores[0].show_when
    ):
        raise BadQuestions(
            _("The first question, and it alone, asks for the score, of everybody."),
            code="one_score",
            field="questions",
        )
    for question in questions:
        if (question.kind == Question.Kind.SCORE) != (question.key == SCORE_KEY):
            raise BadQuestions(
                _("The key “score” is that of the score question, and of no other."),
                code="bad_key",
                field=f"questions.{questions.index(question)}.key",
            )
        if is_comment(question.key) and question.kind != Question.Kind.TEXT:
            raise BadQuestions(
                _("The key “%(key)s” is that of a text question.") % {"key": question.key},
                code="bad_key",
                field=f"questions.{questions.index(question)}.key",
            )
    for problem in branching.problems(questions, survey.scale):
        position = [question.key for question in questions].index(problem.question)
        raise BadQuestions(
            problem.message, code=problem.code, field=f"questions.{position}.show_when"
        )


def check_ready(survey: Survey, questions: Sequence[Question]) -> None:
    """What must hold of a survey that people see: each text in each of its languages.

    Raises ``BadQuestions``.
    """
    if not questions:
        raise BadQuestions(_("The survey asks nothing yet."), code="empty", field="questions")
    check_structure(survey, questions)
    names = {"en": _("English"), "ja": _("Japanese")}
    for position, question in enumerate(questions):
        for language in survey.languages:
            if not getattr(question, f"text_{language}"):
                raise BadQuestions(
                    _("Question %(number)d has no text in %(language)s.")
                    % {"number": position + 1, "language": names[language]},
                    code="text_missing",
                    field=f"questions.{position}.text_{language}",
                )
            for number, option in enumerate(question.options):
                if not option[language]:
                    raise BadQuestions(
                        _("An option of question %(number)d has no text in %(language)s.")
                        % {"number": position + 1, "language": names[language]},
                        code="text_missing",
                        field=f"questions.{position}.options.{number}.{language}",
                    )
