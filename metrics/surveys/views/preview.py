"""A survey and its letter as customers see them, in either language, wide or narrow.

The previews are frames of this site: what is answered in them goes nowhere.
"""

from collections.abc import Mapping
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from accounts.access import HttpRequest, page
from accounts.actions.mail import queue_mail
from accounts.permissions import Permission
from accounts.views.common import address, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys.invitation_letter import Addresses, Written, write_invitation
from metrics.surveys.links import logo_url
from metrics.surveys.models import LANGUAGES, Survey, SurveyLogo
from metrics.surveys.queries.public import asked_in
from metrics.surveys.views.asking import (
    Asking,
    brand_name,
    first_page,
    partial,
    send,
    thanks_page,
)
from metrics.surveys.views.common import found_survey, survey_page

_DEVICES = ("phone", "desktop")
_SAME_SITE = {"frame-ancestors": ["'self'"]}


def _language(request: HttpRequest, survey: Survey) -> str:
    asked = request.GET.get("lang", "")
    return survey.language_for(asked if asked in LANGUAGES else str(request.LANGUAGE_CODE))


@page(Permission.MANAGE_SURVEYS)
def survey_preview(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The page and the letter side by side with the choice of device and language."""
    survey = found_survey(survey_id)
    device = request.GET.get("device", "")
    return survey_page(
        request,
        survey,
        "build/preview.html",
        tab="survey_preview",
        device=device if device in _DEVICES else "phone",
        language=_language(request, survey),
        languages=[(code, name) for code, name in (("en", "English"), ("ja", "日本語"))
                   if code in survey.languages],
        what="mail" if request.GET.get("what") == "mail" else "page",
        recipient=request.membership.user.email,
    )  # fmt: skip


@csp_replace(_SAME_SITE)
@xframe_options_sameorigin
@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_preview_page(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The answer page, in a frame. What is sent is shown and forgotten."""
    survey = found_survey(survey_id)

    def forget(_answers: Mapping[str, Any], _is_complete: bool) -> None:
        return None

    asking = Asking(
        request,
        request.workspace,
        survey,
        asked_in(survey),
        _language(request, survey),
        None,
        address(request, "survey_preview_page", survey.pk),
        forget,
        is_preview=True,
    )
    if request.method == "POST":
        return partial(asking) if request.POST.get("partial") else send(asking)
    return thanks_page(asking) if request.GET.get("done") else first_page(asking)


def _letter(request: HttpRequest, survey: Survey, language: str) -> Written:
    """The letter with addresses that lead to the preview."""
    page_url = request.build_absolute_uri(address(request, "survey_preview_page", survey.pk))
    questions = asked_in(survey)

    def answer(score: int | None) -> str:
        return f"{page_url}?lang={language}" + (f"&score={score}" if score is not None else "")

    has_logo = SurveyLogo.objects.filter(survey=survey).exists()
    return write_invitation(
        survey=survey,
        first_question=questions[0] if questions else None,
        sender=brand_name(survey, request.workspace),
        name=request.membership.user.name,
        language=language,
        addresses=Addresses(
            answer=answer,
            unsubscribe=page_url,
            logo=logo_url(request.workspace, survey) if has_logo else "",
        ),
    )


@csp_replace(_SAME_SITE)
@xframe_options_sameorigin
@page(Permission.MANAGE_SURVEYS)
def survey_preview_mail(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The letter, in a frame; its links open the previewed page."""
    survey = found_survey(survey_id)
    return HttpResponse(_letter(request, survey, _language(request, survey)).html)


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_test_mail(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Send the letter to oneself, in the language that is looked at."""
    survey = found_survey(survey_id)
    language = survey.language_for(request.POST.get("lang", ""))
    letter, now = _letter(request, survey, language), clock.now()
    back = reverse("survey_preview", args=[request.workspace.slug, survey.pk])
    try:
        queue_mail(
            now=now,
            kind="survey_test",
            to=request.membership.user.email,
            subject=_("[Test] %(subject)s") % {"subject": letter.subject},
            text=letter.text,
            html=letter.html,
            membership=request.membership,
            dedupe_key=f"survey-test:{survey.pk}:{request.membership.pk}:{now.timestamp()}",
        )
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(
            request, _("A test is on its way to %(to)s.") % {"to": request.membership.user.email}
        )
    return see_other(f"{back}?what=mail&lang={language}")
