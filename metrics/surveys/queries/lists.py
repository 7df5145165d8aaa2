"""The list of surveys, with what became of each, in a fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from metrics.surveys.models import EVER, Response, ResultFigure, Span, Survey, SurveyCount, Wave
from metrics.surveys.queries.audience import LABELS
from metrics.surveys.tallies import Tally

_LETTERS = ("invited", "waiting", "delivered", "bounced", "suppressed", "answered")


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


def _sums(counts: QuerySet[SurveyCount], key: str, *names: str) -> dict[int, dict[str, Any]]:
    rows = counts.values(key).annotate(**{name: Sum(name) for name in names}).order_by()
    return {row.pop(key): row for row in rows}


def progress(surveys: Sequence[Survey]) -> dict[int, Progress]:
    """Letters and answers by survey id, for the surveys given, as the workers last counted them."""
    ids = [survey.pk for survey in surveys]
    counts = _sums(
        SurveyCount.objects.filter(survey_id__in=ids), "survey_id", *_LETTERS, "responses"
    )
    newest = (
        Response.objects.filter(survey=OuterRef("pk"), is_suspected_robot=False)
        .order_by("-happened_at", "-id")
        .values("happened_at")[:1]
    )
    last = dict(
        Survey.objects.filter(pk__in=ids)
        .annotate(last_answer_at=Subquery(newest))
        .values_list("pk", "last_answer_at")
    )
    return {pk: Progress(**counts.get(pk, {}), last_answer_at=last.get(pk)) for pk in ids}


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
        scope__in=[survey.pk for survey in surveys],
        span=Span.EVER,
        starts_on=EVER,
        dimension="",
        score__gte=0,
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
    letters = _sums(SurveyCount.objects.filter(survey=survey), "wave_id", *_LETTERS)
    waves = Wave.objects.filter(survey=survey).order_by("-number")
    return [WaveRow(wave, Progress(**letters.get(wave.pk, {}))) for wave in waves]
