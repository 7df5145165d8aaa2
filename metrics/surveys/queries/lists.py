"""The list of surveys, with what became of each, in a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from metrics.surveys.models import Invitation, Response, Survey, Wave

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
    """A survey as the list shows it."""

    survey: Survey
    progress: Progress


def _letters(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
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
    found = progress(surveys)
    return [SurveyRow(survey, found[survey.pk]) for survey in surveys]


@dataclass(frozen=True)
class WaveRow:
    """A round as its survey's page shows it.

    ``built`` is the share of the audience that was looked at, None while its size is unknown.
    """

    wave: Wave
    progress: Progress

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
