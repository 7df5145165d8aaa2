"""A survey put to one person: its form, what the script and the button send, the thanks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys import answer_form, spam
from metrics.surveys.colours import palette
from metrics.surveys.models import Question, Response, Survey, SurveyLogo
from metrics.surveys.queries.responses import stored_answers
from metrics.surveys.tokens import form_stamp
from metrics.surveys.values import SCORE_KEY, BadAnswer
from metrics.surveys.views.public_access import gone, public
from metrics.usage.ingest.nudging import nudge


@dataclass(frozen=True)
class Asking:
    """One request to answer one survey, however the person came.

    ``store(answers, is_complete)`` records or revises; ``response`` is what was given before.
    """

    request: HttpRequest
    workspace: Workspace
    survey: Survey
    questions: list[Question]
    language: str
    response: Response | None
    url: str
    store: Callable[[Mapping[str, Any], bool], object]
    is_open_link: bool = False
    is_preview: bool = False

    @property
    def before(self) -> dict[str, Any]:
        """The answer given before, by question key."""
        if self.response is None:
            return {}
        filled = stored_answers(self.response)
        return answer_form.given_before(self.survey, self.questions, filled)

    @property
    def score_asked(self) -> int | None:
        """The grade in the link, where it is one of the survey's."""
        text, scale = self.request.GET.get("score", ""), self.survey.scale
        is_number = text.isascii() and text.isdigit() and len(text) < 3
        return int(text) if is_number and scale is not None and int(text) in scale.grades else None

    def url_with(self, **query: str) -> str:
        """This address, in the language of the switch where that was used."""
        if self.request.GET.get("lang"):
            query["lang"] = self.language
        return f"{self.url}?{urlencode(query)}" if query else self.url


def brand_name(survey: Survey, workspace: Workspace) -> str:
    """The name customers know."""
    return survey.brand_name or workspace.name


def logo_path(survey: Survey, workspace: Workspace) -> str:
    """Where the survey's logo is, '' without one; a changed picture has another address."""
    logo = SurveyLogo.objects.filter(survey=survey).values("updated_at").first()
    if logo is None:
        return ""
    path = reverse("survey_logo", args=[workspace.slug, survey.open_key])
    return f"{path}?v={int(logo['updated_at'].timestamp())}"


def brand_context(survey: Survey, workspace: Workspace) -> dict[str, Any]:
    """What the head of every public page of a survey needs."""
    return {
        "survey": survey,
        "brand": brand_name(survey, workspace),
        "palette": palette(survey.brand_colour),
        "logo": logo_path(survey, workspace),
    }


def form_page(
    asking: Asking, given: Mapping[str, Any], *, errors: dict[str, str] | None = None,
    notice: str = "", is_chosen: bool = False, status: int = 200, template: str = "answer.html",
) -> HttpResponse:  # fmt: skip
    """The questions for these answers. ``is_chosen``: the score comes from a letter's link."""
    survey = asking.survey
    with override(asking.language):
        sheet = answer_form.sheet(survey, asking.questions, given, asking.language, errors)
    return public(
        asking.request,
        template,
        language=asking.language,
        status=status,
        **brand_context(survey, asking.workspace),
        sheet=sheet,
        notice=notice,
        is_chosen=is_chosen,
        is_answered=asking.response is not None,
        is_open_link=asking.is_open_link,
        is_preview=asking.is_preview,
        stamp=form_stamp(clock.now(), survey) if asking.is_open_link else "",
        honeypot=spam.HONEYPOT,
        action=asking.url_with(),
        title=survey.text("title", asking.language),
        intro=survey.text("intro", asking.language),
    )


def first_page(asking: Asking) -> HttpResponse:
    """What a GET shows: the form with the grade of the link, or with what was answered before."""
    given = asking.before
    score, before = asking.score_asked, given.get(SCORE_KEY)
    if score is not None:
        given = answer_form.with_comment(
            asking.survey, asking.questions, {**given, SCORE_KEY: score}
        )
    notice = ""
    if asking.response is not None and not asking.request.GET.get("more"):
        with override(asking.language):
            notice = _("This is what you answered. You can change it until the survey closes.")
            if score is not None and score != before:
                notice = _(
                    "You answered %(before)s before. Press the button to change it to %(score)s."
                ) % {"before": before, "score": score}
    is_chosen = score is not None and asking.response is None
    return form_page(asking, given, notice=notice, is_chosen=is_chosen)


def partial(asking: Asking) -> HttpResponse:
    """The script's post: the score is kept, once and at each change; the next questions come back.

    Other answers only decide here what is asked next; they are kept by the button. So is all of an
    open link's first answer, which is looked at for spam.
    """
    survey, questions = asking.survey, asking.questions
    given = answer_form.given_in_form(questions, asking.request.POST)
    given = answer_form.with_comment(survey, questions, given)
    values = answer_form.read_leniently(questions, given, survey.scale)
    before = asking.before
    is_news = SCORE_KEY in values and values[SCORE_KEY] != before.get(SCORE_KEY)
    if is_news and not (asking.is_open_link and asking.response is None):
        answers = answer_form.with_comment(survey, questions, {**before, **values})
        try:
            _store(asking, answers, is_complete=False)
        except DomainError:
            return form_page(asking, given, template="_more.html", status=422)
    return form_page(asking, given, template="_more.html")


def send(asking: Asking) -> HttpResponse:
    """The button's post: everything is kept; questions not shown yet are shown, else thanks."""
    survey, questions = asking.survey, asking.questions
    given = answer_form.given_in_form(questions, asking.request.POST)
    given = answer_form.with_comment(survey, questions, given)
    wanted = answer_form.sheet(survey, questions, given, asking.language).keys
    is_complete = set(wanted) <= set(asking.request.POST.get("offered", "").split())
    try:
        _store(asking, given, is_complete=is_complete)
    except BadAnswer as error:
        return form_page(asking, given, errors={str(error.field): str(error.message)}, status=422)
    except DomainError as error:
        if error.code in {"invitation_expired", "survey_closed"}:
            return ended(asking, "expired" if error.code == "invitation_expired" else "closed")
        return form_page(asking, given, notice=str(error.message), status=422)
    query = {"done": "1"} if is_complete else {"more": "1"}
    return HttpResponseRedirect(asking.url_with(**query), status=303)


def _store(asking: Asking, answers: Mapping[str, Any], *, is_complete: bool) -> None:
    """Keep the answers; the account's score follows within seconds of the commit."""
    with transaction.atomic(), override(asking.language):
        asking.store(answers, is_complete)
    workspace_id = asking.workspace.pk
    transaction.on_commit(lambda: nudge(workspace_id))


def _said(asking: Asking) -> list[tuple[str, str]]:
    if asking.response is None:
        return []
    filled = stored_answers(asking.response)
    with override(asking.language):
        return answer_form.summary(asking.survey, asking.questions, filled, asking.language)


def thanks_page(asking: Asking) -> HttpResponse:
    """Thanks, with what was said and the way to change it."""
    return public(
        asking.request,
        "thanks.html",
        language=asking.language,
        **brand_context(asking.survey, asking.workspace),
        thanks=asking.survey.text("thanks", asking.language),
        said=_said(asking),
        change_url=asking.url_with() if asking.response is not None else "",
        is_preview=asking.is_preview,
    )


def ended(asking: Asking, why: str) -> HttpResponse:
    """Closed or expired; who answered in time is shown what was answered."""
    return gone(
        asking.request,
        why,
        language=asking.language,
        **brand_context(asking.survey, asking.workspace),
        said=_said(asking),
    )
