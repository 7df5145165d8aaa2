"""The sample-size planner: how many people to ask, in words."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import HttpRequest, page
from accounts.permissions import Permission
from metrics.statistics import answers_needed, invitations_needed
from metrics.surveys.forms.results import PlannerForm
from metrics.surveys.queries.results import deliveries

_EXAMPLES = (5.0, 2.0)


@dataclass(frozen=True)
class Plan:
    """Answers for a margin, invitations for the answers, and whether there are enough people."""

    margin: float
    kind: str
    population: int | None
    rate: float
    answers: int
    invitations: int

    @property
    def is_out_of_reach(self) -> bool:
        """Whether even asking everybody brings too few answers."""
        return self.population is not None and self.invitations > self.population


def plan(*, margin: float, kind: Any, population: int | None, response_rate: float) -> Plan:
    """The plan for what is wanted; ``response_rate`` in percent."""
    answers = answers_needed(margin, kind, population)
    rate = response_rate / 100
    return Plan(margin, kind, population, rate, answers, invitations_needed(answers, rate))


@page(Permission.VIEW)
def sample_planner(request: HttpRequest) -> HttpResponse:
    """The planner, with the workspace's own response rate to begin with."""
    known = deliveries(None).rate
    initial = {"response_rate": round(100 * known.value, 1)} if known and known.value else {}
    form = PlannerForm(request.GET) if "margin" in request.GET else PlannerForm(initial=initial)
    if not form.is_bound:
        values = {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}
        found: Plan | None = plan(**values)
    else:
        found = plan(**form.cleaned_data) if form.is_valid() else None
    context = {
        "form": form,
        "plan": found,
        "known_rate": known,
        "examples": [
            (margin, answers_needed(margin, "share"), answers_needed(margin, "nps"))
            for margin in _EXAMPLES
        ],
    }
    return render(request, "surveys/planner.html", context)
