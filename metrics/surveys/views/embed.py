"""A survey inside somebody's own product: the script, and what it asks and tells us.

The script runs on another site. Only the sites a survey names may use it: the browser is told so
(CORS), and a request of any other origin is refused. No cookie is read or set. Who the user is
counts only with the signature of the site's server (`metrics.surveys.identity`); without it an
answer is anonymous, whatever it says of itself.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from accounts.fields import BadValue
from accounts.models import Contact, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError, NotFound
from metrics.surveys import answer_form, robots, spam
from metrics.surveys.actions.answers import record_answer, revise_answer
from metrics.surveys.actions.embed import (
    record_embed_answered,
    record_embed_dismissed,
    record_embed_shown,
)
from metrics.surveys.answer_form import Shown
from metrics.surveys.colours import palette
from metrics.surveys.identity import is_signed
from metrics.surveys.models import Channel, Response, Survey
from metrics.surveys.origins import origin
from metrics.surveys.queries.embed import contact_of_user, embed_is_due
from metrics.surveys.queries.public import asked_in, earlier_answer, find_open_survey
from metrics.surveys.values import SCORE_KEY
from metrics.surveys.views.asking import brand_name, logo_path
from metrics.surveys.views.public_access import public_page, sender_ip
from metrics.usage.ingest.nudging import nudge

_SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "embed.js"
_SCRIPT_SECONDS = 600
_MOST_BYTES = 256 * 1024
_LONGEST_VISITOR = 64


@cache
def _script(_changed: float) -> tuple[bytes, str]:
    source = _SCRIPT.read_bytes()
    return source, f'"{hashlib.sha256(source).hexdigest()[:32]}"'


@public_page(methods=("GET",))
def embed_script(request: HttpRequest, workspace: Workspace) -> HttpResponse:
    """The script, one address per workspace, so that it knows whom to ask."""
    source, tag = _script(_SCRIPT.stat().st_mtime)
    is_known = request.headers.get("If-None-Match", "") == tag
    response = HttpResponseNotModified() if is_known else HttpResponse(source)
    response["Content-Type"] = "text/javascript; charset=utf-8"
    response["Cache-Control"] = f"public, max-age={_SCRIPT_SECONDS}"
    response["ETag"] = tag
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@dataclass(frozen=True)
class _Asked:
    """One message of the script, and who sent it.

    ``person`` is what the ledger knows the user by: the id the site has signed, else the visitor
    the script made up, who is nobody's contact.
    """

    survey: Survey
    workspace: Workspace
    message: Mapping[str, Any]
    language: str
    person: str
    contact: Contact | None

    @property
    def is_signed(self) -> bool:
        return not self.person.startswith("visitor:")

    @property
    def respondent(self) -> str:
        """What the answer is known by: a hash, the id itself is not kept with it."""
        return hashlib.sha256(f"embed:{self.survey.pk}:{self.person}".encode()).hexdigest()


def _refused(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)


@csrf_exempt  # no cookie is looked at: who may ask is decided by the origin, who is asked by a hash
@public_page(methods=("POST", "OPTIONS"))
def embed(request: HttpRequest, workspace: Workspace, open_key: str) -> HttpResponse:
    """Is the survey to be shown; it was shown, or closed; this was answered."""
    try:
        survey = find_open_survey(open_key)
    except NotFound:
        return _refused(404, "not_found", _("There is no such survey."))
    site = _allowed_site(request, survey)
    if not site:
        return _refused(403, "origin_not_allowed", _("This site may not show the survey."))
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = str(_SCRIPT_SECONDS)
    else:
        response = _handled(request, workspace, survey)
    response["Access-Control-Allow-Origin"] = site
    patch_vary_headers(response, ["Origin"])
    return response


def _allowed_site(request: HttpRequest, survey: Survey) -> str:
    """The request's origin, where the survey names it; '' otherwise."""
    given = request.headers.get("Origin", "")
    try:
        return given if survey.by_embed and origin(given) in survey.embed_origins else ""
    except BadValue:
        return ""


def _handled(request: HttpRequest, workspace: Workspace, survey: Survey) -> HttpResponse:
    try:
        body = (
            request.body if int(request.headers.get("Content-Length") or 0) < _MOST_BYTES else b""
        )
        message = json.loads(body)
    except (ValueError, RecursionError, RequestDataTooBig):
        message = None
    if not isinstance(message, dict):
        return _refused(400, "bad_request", _("This is no message of the script."))
    asked = _asked(message, workspace, survey)
    if asked is None:
        return _refused(400, "nobody", _("The message does not say who it is about."))
    with override(asked.language):
        act = _EVENTS.get(str(message.get("event")))
        if act is None:
            return _refused(400, "bad_request", _("This is no message of the script."))
        return act(request, asked)


def _word(message: Mapping[str, Any], name: str, longest: int) -> str:
    value = message.get(name, "")
    is_fit = isinstance(value, str) and len(value) <= longest and value.isprintable()
    return value if is_fit else ""


def _asked(message: Mapping[str, Any], workspace: Workspace, survey: Survey) -> _Asked | None:
    user, visitor = _word(message, "user", 190), _word(message, "visitor", _LONGEST_VISITOR)
    contact = None
    if is_signed(survey, user, _word(message, "hash", 64)) and not user.startswith("visitor:"):
        person = user
        contact = contact_of_user(user)
    elif visitor:
        person = f"visitor:{visitor}"
    else:
        return None
    wanted = _word(message, "language", 35)[:2].lower()
    language = survey.language_for(contact.language if contact and contact.language else wanted)
    return _Asked(survey, workspace, message, language, person, contact)


def _shown(_request: HttpRequest, asked: _Asked) -> HttpResponse:
    record_embed_shown(now=clock.now(), survey=asked.survey, user_id=asked.person)
    return HttpResponse(status=204)


def _dismissed(_request: HttpRequest, asked: _Asked) -> HttpResponse:
    record_embed_dismissed(now=clock.now(), survey=asked.survey, user_id=asked.person)
    return HttpResponse(status=204)


def _ask(request: HttpRequest, asked: _Asked) -> HttpResponse:
    """The survey to be shown; 204 where this user is not to be asked now."""
    survey = asked.survey
    if not embed_is_due(survey, asked.person, now=clock.now()):
        return HttpResponse(status=204)
    sheet = answer_form.sheet(survey, asked_in(survey), {}, asked.language)
    paint = palette(survey.brand_colour)
    brand = brand_name(survey, asked.workspace)
    logo = logo_path(survey, asked.workspace)
    return JsonResponse(
        {
            "language": asked.language,
            "brand": {
                "name": brand,
                "logo": request.build_absolute_uri(logo) if logo else "",
                "light": paint.light,
                "light_ink": paint.light_ink,
                "dark": paint.dark,
                "dark_ink": paint.dark_ink,
            },
            "words": {
                "title": survey.text("title", asked.language) or brand,
                "close": _("Close"),
                "send": _("Send my answer"),
                "thanks": survey.text("thanks", asked.language) or _("Thank you"),
                "failed": _("That did not work. Please try again."),
            },
            "question": _as_json(sheet.score) if sheet.score else None,
            "questions": [_as_json(shown) for shown in sheet.more],
        }
    )


def _as_json(shown: Shown) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": shown.key,
        "kind": shown.question.kind,
        "text": shown.text,
        "limit": shown.limit,
    }
    if shown.marks:
        found["marks"] = [{"value": mark.value, "label": mark.label} for mark in shown.marks]
        found["low"] = f"{shown.marks[0].value} = {shown.low}"
        found["high"] = f"{shown.highest} = {shown.high}"
    if shown.options:
        found["options"] = [{"value": key, "label": label} for key, label in shown.options]
    return found


def _answer(request: HttpRequest, asked: _Asked) -> HttpResponse:
    """Keep the score at once and everything at the end; say what is asked next."""
    survey, questions = asked.survey, asked_in(asked.survey)
    given = asked.message.get("answers")
    if not isinstance(given, dict):
        return _refused(400, "bad_request", _("This is no message of the script."))
    is_done = asked.message.get("is_done") is True
    given = answer_form.with_comment(survey, questions, given)
    values = answer_form.read_leniently(questions, given, survey.scale)
    now = clock.now()
    before = earlier_answer(survey, asked.respondent, channel=Channel.EMBED, now=now)
    if is_done or (SCORE_KEY in values and (before is None or before.score != values[SCORE_KEY])):
        if before is None and not asked.is_signed:
            allowance = spam.take_answer(sender_ip(request), survey)
            if not allowance.allowed:
                return _refused(429, "rate_limited", _("Too many answers came from here."))
        try:
            with transaction.atomic():
                _store(request, asked, given if is_done else values, before, is_done=is_done)
        except DomainError as error:
            return JsonResponse(
                {"code": error.code, "detail": str(error.message), "field": error.field},
                status=error.status,
            )
        workspace_id = asked.workspace.pk
        transaction.on_commit(lambda: nudge(workspace_id))
    sheet = answer_form.sheet(survey, questions, given, asked.language)
    return JsonResponse(
        {"is_done": is_done, "questions": [_as_json(shown) for shown in sheet.more]}
    )


def _store(
    request: HttpRequest, asked: _Asked, answers: Mapping[str, Any], before: Response | None, *,
    is_done: bool,
) -> None:  # fmt: skip
    now, survey = clock.now(), asked.survey
    signs = robots.signs(robots.Evidence(request.headers.get("User-Agent", "")))
    if before is not None:
        revise_answer(
            now=now,
            response=before,
            answers=answers,
            language=asked.language,
            robot_signs=signs,
            is_complete=is_done,
        )
        return
    record_answer(
        now=now,
        survey=survey,
        answers=answers,
        channel=Channel.EMBED,
        language=asked.language,
        contact=asked.contact,
        respondent=asked.respondent,
        ip_hash=spam.ip_hash(sender_ip(request)),
        robot_signs=signs,
        is_complete=is_done,
    )
    record_embed_answered(now=now, survey=survey, user_id=asked.person)


_EVENTS = {"ask": _ask, "shown": _shown, "dismissed": _dismissed, "answer": _answer}
