"""The list of surveys, a new one, and one survey's overview with what can be done to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission, allows
from accounts.views.common import address, attempt, list_page, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError, NotFound
from cs_platform.core.paging import Sort
from metrics.surveys.actions import surveys as actions
from metrics.surveys.actions.questions import check_ready, set_questions
from metrics.surveys.forms.settings import StartForm
from metrics.surveys.models import Channel, Question, Survey
from metrics.surveys.nudging import wake
from metrics.surveys.queries.lists import progress, survey_rows, wave_rows
from metrics.surveys.starters import BY_SLUG, STARTERS
from metrics.surveys.views.common import found_survey, survey_page

_PAGE = 50
_WAYS = {
    "by_mail": Channel.MAIL.label,
    "after_case": Channel.AFTER_CASE.label,
    "by_link": Channel.LINK.label,
    "by_embed": Channel.EMBED.label,
}
_LANGUAGES = (("en", gettext_lazy("English")), ("ja", gettext_lazy("Japanese")))
# Doing the verb, and what is said when it is done.
_VERBS: dict[str, tuple[Callable[..., Any], Any]] = {
    "publish": (actions.publish_survey, gettext_lazy("The survey is open.")),
    "pause": (actions.pause_survey, gettext_lazy("The survey is paused.")),
    "close": (actions.close_survey, gettext_lazy("The survey is closed.")),
}


@page(Permission.VIEW)
def surveys(request: HttpRequest) -> HttpResponse:
    """Every survey with its state, letters and answers; newest first."""
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    found = Survey.objects.all()
    if state in Survey.State.values:
        found = found.filter(state=state)
    if kind in Survey.Kind.values:
        found = found.filter(kind=kind)
    listed = list_page(
        request, found, purpose="surveys", sort=Sort("created_at", descending=True), limit=_PAGE
    )
    context = {
        "page": listed,
        "rows": survey_rows(listed.rows),
        "states": Survey.State.choices,
        "kinds": Survey.Kind.choices,
        "state": state,
        "kind": kind,
        "may_manage": allows(request.membership.role, Permission.MANAGE_SURVEYS),
    }
    template = "surveys/_list.html" if request.htmx else "surveys/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_new(request: HttpRequest) -> HttpResponse:
    """Choose what to start from."""
    initial = {"brand_name": request.workspace.name}
    form = StartForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _start(request, form.cleaned_data))
        if made is not None:
            messages.success(request, _("The survey was made. Nobody sees it yet."))
            return see_other(address(request, "survey_questions", made.pk))
    language = "ja" if request.LANGUAGE_CODE == "ja" else "en"
    offers = [
        {
            "starter": s,
            "question": s.questions[0].fields(request.workspace.name)[f"text_{language}"],
        }
        for s in STARTERS
    ]
    return render(request, "surveys/new.html", {"form": form, "offers": offers})


def _start(request: HttpRequest, data: dict[str, Any]) -> Survey:
    starter, brand = BY_SLUG[data["starter"]], data["brand_name"]
    actor, now = Actor.of(request.membership), clock.now()
    survey = actions.create_survey(
        actor=actor,
        now=now,
        kind=starter.kind,
        name=data["name"],
        ces_scale=starter.ces_scale,
        brand_name=brand,
        after_case=starter.slug == "csat-support",
        by_mail=starter.slug != "csat-support",
        **starter.survey_texts(brand),
    )
    questions = [question.fields(brand) for question in starter.questions]
    set_questions(actor=actor, now=now, survey=survey, questions=questions)
    return survey


@page(Permission.VIEW)
def survey(request: HttpRequest, survey_id: int) -> HttpResponse:
    """One survey: its state, its rounds, and what is missing before it can be opened.

    Asked for by htmx, the part that moves while letters go out.
    """
    found = found_survey(survey_id)
    rows = wave_rows(found)
    context: dict[str, Any] = {
        "progress": progress([found])[found.pk],
        "waves": rows,
        "is_at_work": any(row.is_at_work for row in rows),
        "missing": _missing(found) if found.state == Survey.State.DRAFT else "",
        "ways": [str(label) for name, label in _WAYS.items() if getattr(found, name)],
        "languages": [str(name) for code, name in _LANGUAGES if code in found.languages],
    }
    template = "_waves.html" if request.htmx else "survey.html"
    return survey_page(request, found, template, tab="survey", **context)


def _missing(survey: Survey) -> str:
    """Why a draft cannot be opened yet, '' where it can."""
    questions = Question.objects.filter(survey=survey, is_retired=False).order_by("position")
    try:
        check_ready(survey, list(questions))
    except DomainError as error:
        return str(error.message)
    return ""


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_state(request: HttpRequest, survey_id: int, verb: str) -> HttpResponse:
    """Open, pause or close a survey."""
    found = found_survey(survey_id)
    if verb not in _VERBS:
        raise Http404
    act, done = _VERBS[verb]
    try:
        act(actor=Actor.of(request.membership), now=clock.now(), survey=found)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, str(done))
        workspace_id = request.workspace.pk
        transaction.on_commit(lambda: wake(workspace_id))
    return see_other(address(request, "survey", found.pk))


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_copy(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Make a draft like this survey."""
    copied = actions.copy_survey(
        actor=Actor.of(request.membership), now=clock.now(), survey=found_survey(survey_id)
    )
    messages.success(request, _("The survey was copied. Nobody sees it yet."))
    return see_other(address(request, "survey_questions", copied.pk))


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_delete(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Throw a draft away."""
    found = found_survey(survey_id)
    try:
        actions.delete_draft(actor=Actor.of(request.membership), now=clock.now(), survey=found)
    except DomainError as error:
        messages.error(request, str(error.message))
        return see_other(address(request, "survey", found.pk))
    messages.success(request, _("The draft was deleted."))
    return see_other(address(request, "surveys"))
