"""What results are read from: answers as they count, their sums, and marks of what is not in yet.

Kept by `metrics.surveys.rollup` alone, so that no page reads a million answers.
"""

import datetime as dt
from enum import IntFlag
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys import scales
from metrics.surveys.models.invitation import Channel, Wave
from metrics.surveys.models.response import Response
from metrics.surveys.models.survey import Question, Survey
from metrics.surveys.models.themes import Theme

# The value of `ResultFigure.scope` for all surveys of a kind together.
ALL_SURVEYS = 0
# The value of `ResultFigure.score` for an answer without a grade.
NO_SCORE = -1
# The beginning of the period that is all time.
EVER = dt.date(1900, 1, 1)


class BigramsOf(models.Func):
    """Every two neighbouring characters of a text that are not both ASCII (migration 0003).

    Two characters are a word in Japanese, and too few for a trigram.
    """

    function = "surveys_bigrams"
    output_field = ArrayField(models.TextField())


class Span(models.TextChoices):
    """The periods that are kept; quarters and years are those of the fiscal year."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


class Spans(IntFlag):
    """The periods in which an answer is its person's latest."""

    MONTH = 1
    QUARTER = 2
    YEAR = 4
    EVER = 8


class ResultMark(TenantModel):
    """A response that is new or has changed. A queue, drained by the roll-up."""

    application_grants = "SELECT, INSERT, DELETE"

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="marks"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="response", name="surveys_resultmark_response_fk"),
        ]


class CountedAnswer(TenantModel):
    """A response as results count it: its person, and the account as it was at the answer.

    Answers of suspected robots have no row. A *person* is a contact, else a browser or user id,
    else the answer alone. ``in_survey`` and ``in_kind`` are `Spans`: the periods of which this is
    the person's latest answer in the survey, and in all surveys of the kind. ``month_until`` and
    ``quarter_until``: the day from which on a later one of the kind was known, where there is one.
    """

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="counted"
    )
    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="counted"
    )
    kind = models.CharField(max_length=10, choices=Survey.Kind.choices)
    # the highest grade; 0 for a hearing survey
    scale = models.PositiveSmallIntegerField()
    person = models.CharField(max_length=90)
    happened_at = models.DateTimeField()
    # of the workspace
    day = models.DateField()
    score = models.SmallIntegerField(null=True)
    # '' where there is none; owners, agents and plans by id
    segment = models.CharField(max_length=20, blank=True)
    plan = models.CharField(max_length=20, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    owner = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    touchpoint = models.CharField(max_length=100, blank=True)
    agent = models.CharField(max_length=20, blank=True)
    in_survey = models.PositiveSmallIntegerField()
    in_kind = models.PositiveSmallIntegerField()
    # of the workspace, like the day
    known_on = models.DateField()
    month_until = models.DateField(null=True)
    quarter_until = models.DateField(null=True)
    # of `ResultCalendar`; of an earlier one, the answer is in no sum
    generation = models.IntegerField(db_default=0)
    # what was chosen, as "question:option" or "question:rating", and "question:" for answering it
    picks = ArrayField(models.CharField(max_length=60), db_default=[], default=list)
    # the comment folded by accounts.folding; '' without one
    search_text = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "response"], name="surveys_counted_response"
            ),
            TenantForeignKey(field="response", name="surveys_counted_response_fk"),
            TenantForeignKey(field="survey", name="surveys_counted_survey_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "person", "kind"], name="surveys_counted_person"),
            models.Index(fields=["workspace", "happened_at", "id"], name="surveys_counted_newest"),
            models.Index(
                fields=["workspace", "happened_at", "id"],
                condition=~models.Q(search_text=""),
                name="surveys_counted_comments",
            ),
            models.Index(
                fields=["workspace", "survey", "happened_at", "id"],
                condition=~models.Q(search_text=""),
                name="surveys_counted_by_survey",
            ),
            models.Index(
                fields=["workspace", "kind", "happened_at", "id"],
                condition=~models.Q(search_text=""),
                name="surveys_counted_by_kind",
            ),
            GinIndex(
                BigramsOf("search_text"),
                condition=~models.Q(search_text=""),
                name="surveys_counted_bigrams",
            ),
            GinIndex(
                fields=["search_text"], opclasses=["gin_trgm_ops"], name="surveys_counted_search"
            ),
        ]

    @property
    def tone(self) -> str:
        """``good``, ``middle`` or ``bad`` by the grade's group; '' without a grade."""
        scale = scales.of(self.kind, self.scale)
        if scale is None or self.score is None:
            return ""
        place = scale.groups.index(scale.group(self.score))
        return ("good", "middle", "bad")[place]


class ResultFigure(TenantModel):
    """How many people gave a score in a period, each counted once with the latest answer.

    One row per score. ``scope`` is a survey's id, or `ALL_SURVEYS` for the kind as a whole;
    ``dimension`` is '' for everybody, else what the figure is cut by, and ``value`` which part.
    """

    scope = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Survey.Kind.choices)
    scale = models.PositiveSmallIntegerField()
    span = models.CharField(max_length=7, choices=Span.choices)
    starts_on = models.DateField()
    dimension = models.CharField(max_length=10, blank=True)
    value = models.CharField(max_length=100, blank=True)
    score = models.SmallIntegerField()
    n = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=[
                    "workspace", "scope", "kind", "scale", "dimension", "span", "starts_on",
                    "value", "score",
                ],
                name="surveys_resultfigure_key",
            ),
        ]  # fmt: skip


class KnownFigure(TenantModel):
    """What became known on a day of the grades of a month or quarter, over all surveys of a kind.

    The rows up to a day add up to what was known when it ended: how many people had given a score,
    each counted once with the latest answer known by then.
    """

    kind = models.CharField(max_length=10, choices=Survey.Kind.choices)
    scale = models.PositiveSmallIntegerField()
    span = models.CharField(max_length=7, choices=Span.choices)
    starts_on = models.DateField()
    known_on = models.DateField()
    score = models.SmallIntegerField()
    n = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "span", "starts_on", "kind", "scale", "known_on", "score"],
                name="surveys_knownfigure_key",
            ),
        ]


class ChoiceFigure(TenantModel):
    """How many people chose an option, or gave a rating, in a period; '' is: answered at all.

    The people are those of the survey's own figures: each once, with the latest answer.
    """

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, db_constraint=False, related_name="figures"
    )
    span = models.CharField(max_length=7, choices=Span.choices)
    starts_on = models.DateField()
    choice = models.CharField(max_length=40, blank=True)
    n = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "question", "span", "starts_on", "choice"],
                name="surveys_choicefigure_key",
            ),
            TenantForeignKey(field="question", name="surveys_choicefigure_question_fk"),
        ]


class SurveyCount(TenantModel):
    """Letters of a survey by round and month of sending, and its answers. Rows add up.

    A change of invitations adds a row with what it changed, by a trigger (migration 0003), and
    counting answers adds one; the roll-up folds them into one row each (`is_sum`) now and then.
    Delivered is what was sent and not refused; ``answered`` are those of the delivered. ``month``
    is `EVER` for what has not been sent, and for answers.
    """

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="counts"
    )
    wave = models.ForeignKey(
        Wave, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="counts"
    )
    month = models.DateField()
    invited = models.IntegerField(db_default=0)
    waiting = models.IntegerField(db_default=0)
    delivered = models.IntegerField(db_default=0)
    bounced = models.IntegerField(db_default=0)
    suppressed = models.IntegerField(db_default=0)
    answered = models.IntegerField(db_default=0)
    responses = models.IntegerField(db_default=0)
    is_sum = models.BooleanField(db_default=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="survey", name="surveys_surveycount_survey_fk"),
            TenantForeignKey(field="wave", name="surveys_surveycount_wave_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "survey"], name="surveys_surveycount_survey"),
            models.Index(
                fields=["workspace", "id"],
                condition=models.Q(is_sum=False),
                name="surveys_surveycount_new",
            ),
        ]


class ResultCalendar(TenantModel):
    """By which time zone and fiscal year the workspace's answers are counted.

    ``generation`` grows when either changes: answers of an earlier one are in no sum any more.
    """

    timezone = models.CharField(max_length=64)
    fiscal_month = models.PositiveSmallIntegerField()
    generation = models.IntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="surveys_resultcalendar_one"),
        ]


class ThemeFigure(TenantModel):
    """Comments on a theme in a month, by what their authors scored."""

    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, db_constraint=False, related_name="figures"
    )
    month = models.DateField()
    comments = models.IntegerField()
    good = models.IntegerField()
    middle = models.IntegerField()
    bad = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "theme", "month"], name="surveys_themefigure_key"
            ),
            TenantForeignKey(field="theme", name="surveys_themefigure_theme_fk"),
        ]


class ThemeReach(TenantModel):
    """The accounts that name a theme in their comments of the last ``months`` months, and what
    they pay a year, in the currency of the workspace; as of ``counted_at``.

    ``unpriced`` of them have a contract without a rate of exchange, so that ``arr`` lacks them.
    """

    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, db_constraint=False, related_name="reach"
    )
    months = models.PositiveSmallIntegerField()
    accounts = models.IntegerField()
    arr = models.DecimalField(max_digits=18, decimal_places=2)
    unpriced = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "theme", "months"], name="surveys_themereach_key"
            ),
            TenantForeignKey(field="theme", name="surveys_themereach_theme_fk"),
        ]
