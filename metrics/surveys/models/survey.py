"""What is asked, of whom, and how."""

import secrets
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys import scales

LANGUAGES = ("en", "ja")
WORKDAYS = [1, 2, 3, 4, 5]


def _both_languages() -> list[str]:
    return list(LANGUAGES)


def _workdays() -> list[int]:
    return list(WORKDAYS)


def new_key() -> str:
    """A key nobody can guess, for addresses that carry no signature of their own."""
    return secrets.token_urlsafe(12)


class Survey(TenantModel):
    """A questionnaire with its audience, its timing and its looks.

    ``audience`` is the JSON of `metrics.surveys.audience.Audience`. Hours and weekdays of the
    sending window (ISO: Monday is 1) are in each contact's time zone; the window is half-open and
    ends at ``window_to`` o'clock.
    """

    class Kind(models.TextChoices):
        NPS = "nps", _("NPS")
        CSAT = "csat", _("CSAT")
        CES = "ces", _("CES")
        HEARING = "hearing", _("Hearing survey")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("survey", "Draft")
        OPEN = "open", pgettext_lazy("survey", "Open")
        PAUSED = "paused", pgettext_lazy("survey", "Paused")
        CLOSED = "closed", pgettext_lazy("survey", "Closed")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    ces_scale = models.PositiveSmallIntegerField(
        _("scale"), choices=[(5, _("1–5, low is good")), (7, _("1–7, high is good"))], default=5
    )
    languages = ArrayField(
        models.CharField(max_length=5), verbose_name=_("languages"), default=_both_languages
    )
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_ja = models.CharField(_("title in Japanese"), max_length=200, blank=True)
    intro_en = models.TextField(_("introduction in English"), blank=True)
    intro_ja = models.TextField(_("introduction in Japanese"), blank=True)
    thanks_en = models.TextField(_("thanks in English"), blank=True)
    thanks_ja = models.TextField(_("thanks in Japanese"), blank=True)
    # of the letter; blank is a subject made of the brand's name
    subject_en = models.CharField(_("subject in English"), max_length=200, blank=True)
    subject_ja = models.CharField(_("subject in Japanese"), max_length=200, blank=True)
    brand_name = models.CharField(_("name shown to customers"), max_length=200, blank=True)
    brand_colour = models.CharField(_("colour"), max_length=7, default="#1f5fd6")

    audience = models.JSONField(_("audience"), default=dict, blank=True)
    by_mail = models.BooleanField(_("by e-mail"), default=True)
    by_link = models.BooleanField(_("by open link"), default=False)
    by_embed = models.BooleanField(_("inside our product"), default=False)
    after_case = models.BooleanField(_("after a resolved case"), default=False)
    # names the moment of the customer's journey that is asked about
    touchpoint = models.CharField(_("touchpoint"), max_length=100, blank=True)
    # part of the open link and of the embed code; a new one makes the old links dead
    open_key = models.CharField(max_length=40, default=new_key, editable=False)
    embed_gap_days = models.PositiveSmallIntegerField(
        _("days until the same user is shown it again"), default=30
    )
    # scheme://host[:port] of the sites that may show it; none may while it is empty
    embed_origins = ArrayField(
        models.CharField(max_length=300),
        verbose_name=_("sites that show it"),
        default=list,
        blank=True,
    )

    window_days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("days of sending"), default=_workdays
    )
    window_from = models.PositiveSmallIntegerField(_("send from (hour)"), default=9)
    window_to = models.PositiveSmallIntegerField(_("send until (hour)"), default=18)
    recurrence_months = models.PositiveSmallIntegerField(
        _("repeat every (months)"), null=True, blank=True
    )
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=1)
    reminder_days = models.PositiveSmallIntegerField(_("days until a reminder"), default=7)
    answer_days = models.PositiveSmallIntegerField(_("days to answer"), default=30)
    starts_at = models.DateTimeField(_("first sending"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    # when the next wave begins; None when there is none to come
    next_wave_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "open_key"], name="surveys_survey_open_key"
            ),
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="surveys_survey_external_id"
            ),
            models.CheckConstraint(
                condition=models.Q(ces_scale__in=[5, 7]), name="surveys_survey_ces_scale"
            ),
            models.CheckConstraint(
                condition=models.Q(window_from__lt=models.F("window_to"), window_to__lte=24),
                name="surveys_survey_window",
            ),
            TenantForeignKey(field="created_by", name="surveys_survey_created_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "next_wave_at"],
                condition=models.Q(state="open", next_wave_at__isnull=False),
                name="surveys_survey_due",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scale(self) -> scales.Scale | None:
        """The scale of its score question; None for a hearing survey, which has none."""
        return scales.of(self.kind, self.ces_scale)

    @property
    def is_high_good(self) -> bool:
        """Whether a higher score is better: False for CES from 1 to 5 alone."""
        scale = self.scale
        return scale is None or scale.is_high_good

    @property
    def direction(self) -> str:
        """``up_good`` or ``down_good``."""
        return "up_good" if self.is_high_good else "down_good"

    def text(self, name: str, language: str) -> str:
        """``title``, ``intro``, ``thanks`` or ``subject`` in a language, else in the other one."""
        other = "ja" if language == "en" else "en"
        return getattr(self, f"{name}_{language}") or getattr(self, f"{name}_{other}")

    def language_for(self, wanted: str) -> str:
        """``wanted`` if the survey speaks it, else the first language it speaks."""
        return wanted if wanted in self.languages else self.languages[0]


class SurveyLogo(TenantModel):
    """The picture at the head of a survey and of its letters, apart from what lists read."""

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="logos"
    )
    content_type = models.CharField(max_length=50)
    content = models.BinaryField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "survey"], name="surveys_logo_one"),
            TenantForeignKey(field="survey", name="surveys_logo_survey_fk"),
        ]


class Question(TenantModel):
    """One question. ``key`` names it within its survey, in rules, answers and the API.

    ``options`` is a list of ``{"key", "en", "ja"}``; ``show_when`` a list of rules, all of which
    must hold (see `metrics.surveys.branching`). A retired question is asked no more; its answers
    stay.
    """

    class Kind(models.TextChoices):
        SCORE = "score", _("Score")
        TEXT = "text", _("Text")
        SINGLE = "single", _("One of several")
        MULTIPLE = "multiple", _("Any of several")
        RATING = "rating", _("Rating 1–5")

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="questions"
    )
    key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    text_en = models.TextField(_("in English"), blank=True)
    text_ja = models.TextField(_("in Japanese"), blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    show_when = models.JSONField(_("shown when"), default=list, blank=True)
    is_retired = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "survey", "key"], name="surveys_question_key"
            ),
            TenantForeignKey(field="survey", name="surveys_question_survey_fk"),
        ]

    def __str__(self) -> str:
        return self.text_en or self.text_ja

    def text(self, language: str) -> str:
        """The question in a language, else in the other one."""
        first, second = (
            (self.text_ja, self.text_en)
            if language == "ja"
            else (
                self.text_en,
                self.text_ja,
            )
        )
        return first or second
