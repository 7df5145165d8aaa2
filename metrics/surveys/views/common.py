"""What the pages of one survey share: finding it, and the tabs around them."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import HttpRequest
from accounts.permissions import Permission, allows
from cs_platform.core.errors import DomainError
from metrics.surveys.models import Survey

# Each tab is a page of its own, whose permission decides who is shown it.
_TABS = (
    ("survey", pgettext_lazy("survey", "Overview")),
    ("survey_results", _("Results")),
    ("survey_questions", _("Questions")),
    ("survey_texts", _("Texts")),
    ("survey_look", _("Look")),
    ("survey_audience", _("Audience")),
    ("survey_sending", _("Sending")),
    ("survey_preview", _("Preview")),
    ("survey_share", pgettext_lazy("survey", "Share")),
)


def found_survey(survey_id: int) -> Survey:
    """The survey of the open scope with this id, or 404."""
    survey: Survey | None = Survey.objects.filter(pk=survey_id).first()
    if survey is None:
        raise Http404
    return survey


def tabs(request: HttpRequest, survey: Survey, current: str) -> list[dict[str, Any]]:
    """The tabs of a survey's pages that the reader may open."""
    found = []
    for name, label in _TABS:
        try:
            url = reverse(name, args=[request.workspace.slug, survey.pk])
        except NoReverseMatch:
            continue
        permission = getattr(resolve(url).func, "permission", Permission.VIEW)
        if allows(request.membership.role, permission):
            found.append({"url": url, "label": label, "is_current": name == current})
    return found


def survey_page(
    request: HttpRequest, survey: Survey, template: str, *, tab: str, status: int = 200,
    **context: Any,
) -> HttpResponse:  # fmt: skip
    """A page of one survey, with its tabs."""
    context |= {
        "survey": survey,
        "survey_tabs": tabs(request, survey, tab),
        "may_manage": allows(request.membership.role, Permission.MANAGE_SURVEYS),
    }
    return render(request, f"surveys/{template}", context, status=status)


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Say what an action refused, beside the field it names where the form has it."""
    name = (error.field or "").rpartition(".")[2]
    form.add_error(name if name in form.fields else None, str(error.message))
