"""What the figures rest on and the workspace chooses."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import attempt, see_other
from metrics.kpis.actions.settings import change_settings
from metrics.kpis.forms.settings import SettingsForm
from metrics.kpis.models import Settings
from metrics.kpis.views.lens import Lens


@page(Permission.MANAGE_GOALS, methods=("GET", "POST"))
def settings(request: HttpRequest) -> HttpResponse:
    """Gross margin, target of an onboarding, first days of periods."""
    lens, kept = Lens(request), Settings.objects.first() or Settings()
    margin = kept.gross_margin
    form = SettingsForm(
        request.POST or None,
        initial={
            "gross_margin": None if margin is None else round(margin * 100, 2),
            "onboarding_target_days": kept.onboarding_target_days,
            "first_day": kept.first_day,
        },
    )
    back = reverse("metrics", args=[request.workspace.slug])
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: change_settings(
                actor=Actor.of(request.membership),
                now=lens.now,
                today=lens.today,
                **form.cleaned_data,
            ),
        )
        if changed is not None:
            messages.success(
                request, _("The settings were saved; the figures that rest on them follow.")
            )
            return see_other(back)
    return render(request, "kpis/settings.html", {"form": form, "back": back})
