"""Questions, texts and look of a survey."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import address, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.questions import set_questions
from metrics.surveys.actions.surveys import remove_logo, set_logo, update_survey
from metrics.surveys.colours import palette
from metrics.surveys.forms.questions import QuestionForm, as_given, option_labels
from metrics.surveys.forms.settings import LookForm, TextsForm
from metrics.surveys.logos import reencoded
from metrics.surveys.models import Question, Survey, SurveyLogo
from metrics.surveys.views.common import found_survey, refuse, survey_page
from metrics.surveys.wording import group_labels


def questions_of(survey: Survey) -> list[Question]:
    """What the survey asks, in order."""
    return list(Question.objects.filter(survey=survey, is_retired=False).order_by("position"))


def _found_question(questions: list[Question], question_id: int) -> Question:
    found = next((question for question in questions if question.pk == question_id), None)
    if found is None:
        raise Http404
    return found


def _store(request: HttpRequest, survey: Survey, given: list[dict[str, Any]]) -> None:
    set_questions(
        actor=Actor.of(request.membership), now=clock.now(), survey=survey, questions=given
    )


def _rule_text(rule: dict[str, Any], by_key: dict[str, Question], survey: Survey) -> str:
    """A rule in words: "Score: Detractor (0–6)"."""
    other = by_key.get(rule["question"])
    if other is None:
        return ""
    if "groups" in rule and survey.scale is not None:
        names = dict(group_labels(survey.scale))
        said = [names.get(group, group) for group in rule["groups"]]
    elif "choices" in rule:
        names = dict(option_labels(other))
        said = [names.get(key, key) for key in rule["choices"]]
    else:
        said = [str(number) for number in rule.get("numbers", ())]
    number = other.position + 1
    return _("Question %(number)d: %(answers)s") % {
        "number": number,
        "answers": _(" or ").join(said),
    }


@page(Permission.MANAGE_SURVEYS)
def survey_questions(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The questions in order, each with the rules in words."""
    survey = found_survey(survey_id)
    questions = questions_of(survey)
    by_key = {question.key: question for question in questions}
    rows = [
        {
            "question": question,
            "options": [label for _key, label in option_labels(question)],
            "rules": [_rule_text(rule, by_key, survey) for rule in question.show_when],
            "is_fixed": question.kind == Question.Kind.SCORE,
        }
        for question in questions
    ]
    return survey_page(request, survey, "build/questions.html", tab="survey_questions", rows=rows)


def _question_page(
    request: HttpRequest, survey: Survey, question: Question | None, earlier: list[Question],
    replace: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> HttpResponse:  # fmt: skip
    form = QuestionForm(request.POST or None, survey=survey, earlier=earlier, question=question)
    if request.method == "POST" and form.is_valid():
        try:
            _store(request, survey, replace(form.given()))
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The question was saved."))
            return see_other(address(request, "survey_questions", survey.pk))
    return survey_page(
        request,
        survey,
        "build/question.html",
        tab="survey_questions",
        form=form,
        question=question,
        status=422 if form.errors else 200,
    )


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_question_new(request: HttpRequest, survey_id: int) -> HttpResponse:
    """A question more, at the end."""
    survey = found_survey(survey_id)
    questions = questions_of(survey)
    return _question_page(
        request, survey, None, questions, lambda given: [*map(as_given, questions), given]
    )


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_question(request: HttpRequest, survey_id: int, question_id: int) -> HttpResponse:
    """Change a question."""
    survey = found_survey(survey_id)
    questions = questions_of(survey)
    question = _found_question(questions, question_id)

    def replace(given: dict[str, Any]) -> list[dict[str, Any]]:
        return [given if other.pk == question.pk else as_given(other) for other in questions]

    earlier = questions[: questions.index(question)]
    return _question_page(request, survey, question, earlier, replace)


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_question_move(request: HttpRequest, survey_id: int, question_id: int) -> HttpResponse:
    """Move a question one place up or down, or take it away."""
    survey = found_survey(survey_id)
    questions = questions_of(survey)
    place = questions.index(_found_question(questions, question_id))
    given = [as_given(question) for question in questions]
    match request.POST.get("to"):
        case "up" if place > 0:
            given[place - 1 : place + 1] = given[place], given[place - 1]
        case "down" if place < len(given) - 1:
            given[place : place + 2] = given[place + 1], given[place]
        case "away":
            del given[place]
    try:
        _store(request, survey, given)
    except DomainError as error:
        messages.error(request, str(error.message))
    return see_other(address(request, "survey_questions", survey.pk))


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_texts(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Name, languages and the texts around the questions."""
    survey = found_survey(survey_id)
    initial = {name: getattr(survey, name) for name in (*TextsForm.base_fields, *_TEXTS)}
    form = TextsForm(request.POST or None, initial=initial)
    return change_page(
        request, survey, form, "build/texts.html", tab="survey_texts", changes=lambda data: data
    )


_TEXTS = tuple(
    f"{name}_{language}"
    for name in ("title", "intro", "thanks", "subject")
    for language in ("en", "ja")
)


def change_page(
    request: HttpRequest, survey: Survey, form: Any, template: str, *, tab: str,
    changes: Callable[[dict[str, Any]], dict[str, Any]],
    then: Callable[[], None] | None = None, **context: Any,
) -> HttpResponse:  # fmt: skip
    """A page with one form about the survey: shown, or stored and shown anew.

    ``then`` is done after the change: both happen, or neither.
    """
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                update_survey(
                    actor=Actor.of(request.membership),
                    now=clock.now(),
                    survey=survey,
                    **changes(form.cleaned_data),
                )
                if then is not None:
                    then()
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The survey was saved."))
            return see_other(request.path)
    status = 422 if form.errors else 200
    return survey_page(request, survey, template, tab=tab, form=form, status=status, **context)


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_look(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Name, colour and logo of the sender."""
    survey = found_survey(survey_id)
    initial = {name: getattr(survey, name) for name in ("brand_name", "brand_colour")}
    form = LookForm(request.POST or None, request.FILES or None, initial=initial)

    def store_logo() -> None:
        actor, now = Actor.of(request.membership), clock.now()
        upload = form.cleaned_data["logo"]
        if upload is not None:
            content = reencoded(upload, upload.size)
            set_logo(actor=actor, now=now, survey=survey, content=content, content_type="image/png")
        elif form.cleaned_data["remove_logo"]:
            remove_logo(actor=actor, now=now, survey=survey)

    return change_page(
        request,
        survey,
        form,
        "build/look.html",
        tab="survey_look",
        changes=lambda data: {name: data[name] for name in ("brand_name", "brand_colour")},
        then=store_logo,
        has_logo=SurveyLogo.objects.filter(survey=survey).exists(),
        palette=palette(survey.brand_colour),
    )
