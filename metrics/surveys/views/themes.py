"""Themes: their counts, their keywords, and words that might become one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
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
from metrics.surveys.rollup import REACH_MONTHS, reach_since

_WINDOW = REACH_MONTHS[1]
_MONTHS_DRAWN = 24


@page(Permission.VIEW)
def survey_themes(request: HttpRequest) -> HttpResponse:
    """Every theme with what was said on it and by whom, and suggestions of new ones."""
    today = clock.local_date(clock.now(), request.workspace.timezone)
    months = request.GET.get("months", "")
    window = int(months) if months in {str(w) for w in REACH_MONTHS} else _WINDOW
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in queries.SORTS else f"-{queries.SORTS[0]}"
    rows = queries.theme_rows(months=window, today=today, sort=sort)
    context: dict[str, Any] = {
        "rows": rows,
        "windows": [(w, w == window) for w in REACH_MONTHS],
        "sort": sort,
        "counted_at": min((row.reach.counted_at for row in rows if row.reach), default=None),
        "most": max((row.comments for row in rows), default=0),
        "is_pending": any(row.theme.is_pending for row in rows),
        "may": may(request),
    }
    is_part = request.htmx and request.htmx.target == "list"
    if not is_part:
        context["suggestions"] = queries.suggestions()
    template = "surveys/themes/_list.html" if is_part else "surveys/themes/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@page(Permission.VIEW)
def survey_theme(request: HttpRequest, theme_id: int) -> HttpResponse:
    """One theme by month."""
    theme: Theme = found(Theme.objects.all(), theme_id)
    today = clock.local_date(clock.now(), request.workspace.timezone)
    figures = queries.theme_months(theme, since=reach_since(_MONTHS_DRAWN, today))
    names = {
        "good": _("Satisfied"),
        "middle": pgettext("answer", "Neutral"),
        "bad": _("Dissatisfied"),
    }
    context = {
        "theme": theme,
        "chart": charts.theme_months(figures, names),
        "reach": queries.reach_of(theme, _WINDOW),
        "months": _WINDOW,
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
