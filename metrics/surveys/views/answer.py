"""Where customers answer: by the link of their letter, or by an open link.

A GET records nothing: mail scanners and previews open every link. What is stored is what was
posted, by the page's script once a person is there, or by its button.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError, NotFound
from metrics.surveys import answer_form, robots, spam
from metrics.surveys.actions.answers import (
    answer_invitation,
    check_open,
    record_answer,
    revise_answer,
)
from metrics.surveys.models import Channel, Invitation, Response, Survey, SurveyLogo
from metrics.surveys.queries.letters import last_handed_over_at
from metrics.surveys.queries.public import (
    asked_in,
    earlier_answer,
    find_invitation,
    find_open_survey,
)
from metrics.surveys.tokens import (
    BadToken,
    new_respondent,
    read_invitation_token,
    read_respondent,
)
from metrics.surveys.views.asking import (
    Asking,
    ended,
    first_page,
    form_page,
    partial,
    send,
    thanks_page,
)
from metrics.surveys.views.public_access import (
    gone,
    language_of,
    public_page,
    sender_ip,
    too_many,
)

_COOKIE_DAYS = 400
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_LOGO_SECONDS = 24 * 3600


def _respond(asking: Asking, now: dt.datetime, *, is_invited: bool) -> HttpResponse:
    """The answer to a request, once it is known who asks."""
    try:
        check_open(asking.survey, now, is_invited=is_invited)
    except DomainError:
        return ended(asking, "closed")
    if asking.request.method == "POST":
        return partial(asking) if asking.request.POST.get("partial") else send(asking)
    if asking.request.GET.get("done") and (asking.response or asking.is_open_link):
        return thanks_page(asking)
    return first_page(asking)


@csrf_exempt  # the token in the address is the credential: a forged form would have to know it
@public_page(methods=("GET", "POST"))
def answer(request: HttpRequest, workspace: Workspace, token: str) -> HttpResponse:
    """The invited person's page: to answer, to see what was answered, to change it."""
    try:
        invitation = find_invitation(read_invitation_token(token))
    except (BadToken, NotFound):
        return gone(request)
    survey, now = invitation.survey, clock.now()
    response = Response.objects.filter(invitation=invitation, is_suspected_robot=False).first()
    spoken = response.language if response is not None else invitation.language
    language = language_of(request, survey, spoken)

    def store(answers: Mapping[str, Any], is_complete: bool) -> Response:
        return answer_invitation(
            now=now,
            invitation=invitation,
            answers=answers,
            language=language,
            ip_hash=spam.ip_hash(sender_ip(request)),
            robot_signs=robots.signs(_evidence(request, invitation, now)),
            is_complete=is_complete,
        )

    url = reverse("survey_answer", args=[workspace.slug, token])
    asking = Asking(request, workspace, survey, asked_in(survey), language, response, url, store)
    if response is None and now >= invitation.expires_at:
        return ended(asking, "expired")
    if request.method != "POST":
        spam.note_opened(invitation, asking.score_asked)
    return _respond(asking, now, is_invited=True)


def _evidence(request: HttpRequest, invitation: Invitation, now: dt.datetime) -> robots.Evidence:
    delivered = last_handed_over_at(invitation, now)
    return robots.Evidence(
        user_agent=request.headers.get("User-Agent", ""),
        purpose=" ".join(request.headers.get(name, "") for name in _PURPOSES).strip(),
        since_delivery=now - delivered if delivered is not None else None,
        scores_opened=spam.scores_opened(invitation),
        had_script=bool(request.POST.get("script")),
    )


@public_page(methods=("GET", "POST"))
def open_link(request: HttpRequest, workspace: Workspace, open_key: str) -> HttpResponse:
    """Whoever has the address answers, once per browser."""
    try:
        survey = find_open_survey(open_key)
    except NotFound:
        return gone(request)
    if not survey.by_link:
        return gone(request)
    now = clock.now()
    cookie = f"survey-{survey.pk}"
    respondent = read_respondent(request.COOKIES.get(cookie, ""))
    response = earlier_answer(survey, respondent, channel=Channel.LINK, now=now)
    language = language_of(request, survey, response.language if response is not None else "")
    signs = robots.signs(robots.Evidence(request.headers.get("User-Agent", "")))

    def store(answers: Mapping[str, Any], is_complete: bool) -> Response:
        if response is not None:
            return revise_answer(
                now=now,
                response=response,
                answers=answers,
                language=language,
                robot_signs=signs,
                is_complete=is_complete,
            )
        return record_answer(
            now=now,
            survey=survey,
            answers=answers,
            channel=Channel.LINK,
            language=language,
            respondent=respondent,
            ip_hash=spam.ip_hash(sender_ip(request)),
            robot_signs=signs,
            is_complete=is_complete,
        )

    url = reverse("survey_open", args=[workspace.slug, open_key])
    asking = Asking(
        request, workspace, survey, asked_in(survey), language, response, url, store,
        is_open_link=True,
    )  # fmt: skip
    refused = None
    if request.method == "POST" and response is None and not request.POST.get("partial"):
        refused = _refused(asking, respondent, now)
    answered = refused or _respond(asking, now, is_invited=response is not None)
    if not respondent:
        answered.set_cookie(
            cookie,
            new_respondent(),
            max_age=_COOKIE_DAYS * 24 * 3600,
            path=url,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return answered


def _refused(asking: Asking, respondent: str, now: dt.datetime) -> HttpResponse | None:
    """The answer to a form that is not taken; None where it is."""
    request, survey = asking.request, asking.survey
    found = spam.spam_in(
        honeypot=request.POST.get(spam.HONEYPOT, ""),
        stamp=request.POST.get("stamp", ""),
        now=now,
        survey=survey,
    )
    if found in {"honeypot", "too_fast"}:
        # Thanked like anybody, so that a form robot learns nothing.
        return HttpResponseRedirect(asking.url_with(done="1"), status=303)
    if found is not None or not respondent:
        with override(asking.language):
            text = _("The page was open for too long. Please press the button once more.")
        given = answer_form.given_in_form(asking.questions, request.POST)
        return form_page(asking, given, notice=text, status=422)
    allowance = spam.take_answer(sender_ip(request), survey)
    return None if allowance.allowed else too_many(allowance)


@public_page(methods=("GET",))
def logo(request: HttpRequest, workspace: Workspace, open_key: str) -> HttpResponse:
    """The picture at the head of a survey and of its letters."""
    survey = Survey.objects.filter(open_key=open_key).first() if "\0" not in open_key else None
    found = SurveyLogo.objects.filter(survey=survey).first() if survey is not None else None
    if found is None:
        return gone(request)
    response = HttpResponse(bytes(found.content), content_type=found.content_type)
    response["Cache-Control"] = f"public, max-age={_LOGO_SECONDS}"
    response["Last-Modified"] = http_date(found.updated_at.timestamp())
    # a picture of whatever kind is only ever a picture
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    # the embedded survey draws it on other sites
    response["Access-Control-Allow-Origin"] = "*"
    return response
