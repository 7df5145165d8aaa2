"""The list of surveys, with what became of each, in a fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from metrics.surveys.models import Invitation, Response, ResultFigure, Survey, Wave
from metrics.surveys.models.results import Span
from metrics.surveys.queries.audience import LABELS
from metrics.surveys.tallies import Tally

_DELIVERED = Q(sent_at__isnull=False) & ~Q(state=Invitation.State.BOUNCED)


@dataclass(frozen=True)
class Progress:
    """What became of a survey's letters, and how many answers there are.

    ``answered`` are the delivered invitations that were answered; ``responses`` are all answers,
    by whatever way they came, suspected robots left out.
    """

    invited: int = 0
    waiting: int = 0
    delivered: int = 0
    bounced: int = 0
    suppressed: int = 0
    answered: int = 0
    responses: int = 0
    last_answer_at: dt.datetime | None = None

    @property
    def response_rate(self) -> float | None:
        """Answered of delivered; None where nothing was delivered."""
        return self.answered / self.delivered if self.delivered else None


@dataclass(frozen=True)
class SurveyRow:
    """A survey as the list shows it; ``tally`` is None for a survey without a score."""

    survey: Survey
    progress: Progress
    tally: Tally | None


def _letters(
    invitations: QuerySet[Invitation, dict[str, Any]],
) -> QuerySet[Invitation, dict[str, Any]]:
    state = Invitation.State
    return invitations.annotate(
        invited=Count("pk"),
        waiting=Count("pk", filter=Q(state=state.QUEUED)),
        delivered=Count("pk", filter=_DELIVERED),
        bounced=Count("pk", filter=Q(state=state.BOUNCED)),
        suppressed=Count("pk", filter=Q(state=state.SUPPRESSED)),
        answered=Count("pk", filter=_DELIVERED & Q(answered_at__isnull=False)),
    )


def progress(surveys: Sequence[Survey]) -> dict[int, Progress]:
    """Letters and answers by survey id, for the surveys given."""
    ids = [survey.pk for survey in surveys]
    letters = {
        row.pop("survey_id"): row
        for row in _letters(
            Invitation.objects.filter(survey_id__in=ids).values("survey_id").order_by()
        )
    }
    answers = {
        row.pop("survey_id"): row
        for row in Response.objects.filter(survey_id__in=ids, is_suspected_robot=False)
        .values("survey_id")
        .annotate(responses=Count("pk"), last_answer_at=Max("happened_at"))
        .order_by()
    }
    return {pk: Progress(**letters.get(pk, {}), **answers.get(pk, {})) for pk in ids}


def survey_rows(surveys: Sequence[Survey]) -> list[SurveyRow]:
    """The surveys of a page of the list, with their progress."""
    found, grades = progress(surveys), _grades(surveys)
    return [
        SurveyRow(
            survey,
            found[survey.pk],
            Tally(survey.scale, grades.get(survey.pk, {})) if survey.scale else None,
        )
        for survey in surveys
    ]


def _grades(surveys: Sequence[Survey]) -> dict[int, dict[int, int]]:
    """People by survey id and grade, of all time, as the workers last counted them."""
    rows = ResultFigure.objects.filter(
        scope__in=[survey.pk for survey in surveys], span=Span.EVER, dimension="", score__gte=0
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for scope, score, n in rows.values_list("scope", "score", "n"):
        found[scope][score] = n
    return found


@dataclass(frozen=True)
class WaveRow:
    """A round as its survey's page shows it."""

    wave: Wave
    progress: Progress

    @property
    def sent(self) -> int:
        """Letters that are out of our hands."""
        return self.progress.invited - self.progress.waiting

    @property
    def left_out(self) -> int:
        """People the filters name who were not asked, and those who were taken off later."""
        return sum(self.wave.excluded.values()) + self.progress.suppressed

    @property
    def left_out_text(self) -> str:
        """Why, with the largest group first."""
        by_size = sorted(self.wave.excluded.items(), key=lambda group: -group[1])
        return " · ".join(f"{LABELS.get(reason, reason)}: {count}" for reason, count in by_size)

    @property
    def is_at_work(self) -> bool:
        """Whether it is still being made up, or has letters waiting."""
        return self.wave.built_at is None or self.progress.waiting > 0


def wave_rows(survey: Survey) -> list[WaveRow]:
    """Every round of the survey, the latest first."""
    letters = {
        row.pop("wave_id"): row
        for row in _letters(
            Invitation.objects.filter(survey=survey, wave__isnull=False)
            .values("wave_id")
            .order_by()
        )
    }
    waves = Wave.objects.filter(survey=survey).order_by("-number")
    return [WaveRow(wave, Progress(**letters.get(wave.pk, {}))) for wave in waves]
