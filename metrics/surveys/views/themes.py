"""Themes: their counts, their keywords, and words that might become one."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import address, attempt, found, may, see_other
from cs_platform.core import clock
from metrics.surveys import charts
from metrics.surveys.actions import themes as actions
from metrics.surveys.forms.results import ThemeForm
from metrics.surveys.models import Theme
from metrics.surveys.queries import themes as queries

_WINDOWS = (3, 12, 36)


@page(Permission.VIEW)
def survey_themes(request: HttpRequest) -> HttpResponse:
    """Every theme with what was said on it, and suggestions of new ones."""
    today = clock.local_date(clock.now(), request.workspace.timezone)
    months = request.GET.get("months", "")
    window = int(months) if months in {str(w) for w in _WINDOWS} else _WINDOWS[1]
    rows = queries.theme_rows(since=_months_before(today, window - 1))
    context = {
        "rows": rows,
        "windows": [(w, w == window) for w in _WINDOWS],
        "most": max((row.comments for row in rows), default=0),
        "suggestions": queries.suggestions(),
        "is_pending": any(row.theme.is_pending for row in rows),
        "may": may(request),
    }
    return render(request, "surveys/themes/list.html", context)


@page(Permission.VIEW)
def survey_theme(request: HttpRequest, theme_id: int) -> HttpResponse:
    """One theme by month."""
    theme: Theme = found(Theme.objects.all(), theme_id)
    today = clock.local_date(clock.now(), request.workspace.timezone)
    figures = queries.theme_months(theme, since=_months_before(today, 23))
    names = {
        "good": _("Satisfied"),
        "middle": pgettext("answer", "Neutral"),
        "bad": _("Dissatisfied"),
    }
    context = {
        "theme": theme,
        "chart": charts.theme_months(figures, names),
        "comments": sum(figure.comments for figure in figures),
        "may": may(request),
    }
    return render(request, "surveys/themes/theme.html", context)


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_theme_new(request: HttpRequest) -> HttpResponse:
    """A new theme, begun with a suggested word where one was chosen."""
    initial = {"name": request.GET.get("word", "")[:100], "keywords": request.GET.get("word", "")}
    form = ThemeForm(request.POST or None, initial=initial)
    return _edit(request, form, None)


@page(Permission.MANAGE_SURVEYS, methods=("GET", "POST"))
def survey_theme_edit(request: HttpRequest, theme_id: int) -> HttpResponse:
    """A theme's name, sort of cause, driver and keywords."""
    theme: Theme = found(Theme.objects.all(), theme_id)
    form = ThemeForm(
        request.POST or None, instance=theme, initial={"keywords": "\n".join(theme.keywords)}
    )
    return _edit(request, form, theme)


@page(Permission.MANAGE_SURVEYS, methods=("POST",))
def survey_theme_defaults(request: HttpRequest) -> HttpResponse:
    """Begin with the themes that most firms need."""
    actions.create_default_themes(actor=Actor.of(request.membership), now=clock.now())
    messages.success(request, _("Themes are there. Past comments are being looked through."))
    return see_other(address(request, "survey_themes"))


def _edit(request: HttpRequest, form: ThemeForm, theme: Theme | None) -> HttpResponse:
    back = address(request, "survey_themes")
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        who: dict[str, Any] = {"actor": Actor.of(request.membership), "now": clock.now()}
        if theme is None:
            values.pop("is_archived")
            attempt(form, lambda: actions.create_theme(**who, **values))
        else:
            attempt(form, lambda: actions.update_theme(**who, theme=theme, **values))
        if not form.errors:
            messages.success(
                request, _("The theme is kept. Past comments are being looked through.")
            )
            return see_other(back)
    context = {"form": form, "theme": theme, "back": back}
    status = 422 if form.errors else 200
    return render(request, "surveys/themes/edit.html", context, status=status)


def _months_before(day: dt.date, months: int) -> dt.date:
    count = day.year * 12 + day.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, 1)
