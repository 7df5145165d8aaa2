"""Whom a survey is for, and how it reaches them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account
from accounts.permissions import Permission
from accounts.queries.budget import contact_budget
from accounts.views.common import address, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.surveys import renew_open_key
from metrics.surveys.audience import Audience
from metrics.surveys.forms.settings import AudienceForm, SendingForm
from metrics.surveys.identity import identity_secret
from metrics.surveys.links import open_url
from metrics.surveys.models import Survey
from metrics.surveys.queries.audience import Preview, is_large, preview
from metrics.surveys.views.build import change_page
from metrics.surveys.views.common import found_survey, survey_page
from metrics.surveys.views.public_access import public_root

_MOST_TIERS = 50


def _tiers() -> list[str]:
    found = Account.objects.exclude(tier="").values_list("tier", flat=True)
    return list(found.order_by("tier").distinct()[:_MOST_TIERS])


def _preview(survey: Survey, audience: dict[str, Any], *, is_exact: bool) -> Preview | None:
    """Who would be asked now; None for an audience that makes no sense."""
    try:
        return preview(
            survey,
            now=clock.now(),
            audience=Audience.parse(audience),
            is_estimate=not is_exact and is_large(),
        )
    except DomainError:
        return None


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_audience(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Who is asked; beside it, counted once the page is there, who that would be now."""
    survey = found_survey(survey_id)
    initial = AudienceForm.initial_of(survey.audience)
    form = AudienceForm(request.POST or None, initial=initial, tiers=_tiers())
    seed = int(survey.audience.get("seed", 0))
    return change_page(
        request,
        survey,
        form,
        "build/audience.html",
        tab="survey_audience",
        changes=lambda _data: {"audience": form.audience(seed=seed)},
        is_counting=True,
    )


@page(Permission.MANAGE_SURVEYS)
def survey_audience_preview(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The counts for an audience that is being chosen: a partial. Nothing is stored.

    In a large workspace they are an estimate until they are asked for ``exact``.
    """
    survey = found_survey(survey_id)
    form = AudienceForm(request.GET, tiers=_tiers())
    found = None
    if form.is_valid():
        audience = form.audience(seed=int(survey.audience.get("seed", 0)))
        found = _preview(survey, audience, is_exact="exact" in request.GET)
    return survey_page(
        request,
        survey,
        "build/_audience_preview.html",
        tab="survey_audience",
        preview=found,
        budget=contact_budget(),
    )


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_sending(request: HttpRequest, survey_id: int) -> HttpResponse:
    """Ways, hours, rounds, reminders, closing date."""
    survey = found_survey(survey_id)
    form = SendingForm(request.POST or None, initial=SendingForm.initial_of(survey))
    return change_page(
        request,
        survey,
        form,
        "build/sending.html",
        tab="survey_sending",
        changes=lambda data: data,
    )


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_share(request: HttpRequest, survey_id: int) -> HttpResponse:
    """The open link and the lines for one's own product; a POST makes new ones, the old die."""
    survey = found_survey(survey_id)
    if request.method == "POST":
        renew_open_key(actor=Actor.of(request.membership), now=clock.now(), survey=survey)
        messages.success(request, _("The old link and the old lines no longer work."))
        return see_other(address(request, "survey_share", survey.pk))
    root = public_root(request.workspace)
    return survey_page(
        request,
        survey,
        "build/share.html",
        tab="survey_share",
        open_url=open_url(request.workspace, survey),
        script_url=f"{root}embed.js",
        secret=identity_secret(survey),
        root=root,
    )
