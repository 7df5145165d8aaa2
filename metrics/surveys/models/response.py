"""What was answered."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys import scales
from metrics.surveys.models.invitation import Channel, Invitation, Wave
from metrics.surveys.models.survey import Question, Survey

if TYPE_CHECKING:
    from metrics.surveys.models.follow_up import FollowUp
    from metrics.surveys.models.themes import ResponseTheme


class Response(TenantModel):
    """One person's answer to a survey.

    ``kind`` and ``scale`` (the highest grade: 10, 5 or 7) are the survey's at the time, so that a
    score can be read by itself. ``is_suspected_robot`` (`metrics.surveys.robots`) keeps an answer
    out of every figure without losing it. ``happened_at`` is when it was given, ``known_at`` when
    we had it: the same for imports declared historical.
    """

    # of a response that `metrics.surveys.queries.comments` has read: themes, follow-ups
    tags: "list[ResponseTheme]"
    loops: "list[FollowUp]"

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, db_constraint=False, related_name="responses"
    )
    wave = models.ForeignKey(
        Wave, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="responses"
    )
    invitation = models.ForeignKey(
        Invitation,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="responses",
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="survey_responses",
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="survey_responses",
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Survey.Kind.choices)
    score = models.SmallIntegerField(_("score"), null=True)
    scale = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(_("comment"), blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    touchpoint = models.CharField(_("touchpoint"), max_length=100, blank=True)
    agent = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    happened_at = models.DateTimeField(_("answered"))
    known_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    is_historical = models.BooleanField(default=False)
    is_suspected_robot = models.BooleanField(_("suspected robot"), default=False)
    # codes of metrics.surveys.robots, why
    robot_signs = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    # of the sender's address, to see floods; the address itself is not kept
    ip_hash = models.CharField(max_length=64, blank=True)
    # whoever answers without an invitation: a hash of the browser's cookie or of a user id
    respondent = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="surveys_response_external_id"
            ),
            models.UniqueConstraint(
                fields=["workspace", "invitation"], name="surveys_response_invitation"
            ),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__range=(0, 10)),
                name="surveys_response_score",
            ),
            TenantForeignKey(field="survey", name="surveys_response_survey_fk"),
            TenantForeignKey(field="wave", name="surveys_response_wave_fk"),
            TenantForeignKey(field="invitation", name="surveys_response_invitation_fk"),
            TenantForeignKey(field="contact", name="surveys_response_contact_fk"),
            TenantForeignKey(field="account", name="surveys_response_account_fk"),
            TenantForeignKey(field="agent", name="surveys_response_agent_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "survey", "happened_at", "id"],
                name="surveys_response_by_survey",
            ),
            models.Index(
                fields=["workspace", "kind", "happened_at", "id"], name="surveys_response_by_kind"
            ),
            models.Index(
                fields=["workspace", "contact", "kind", "happened_at", "id"],
                name="surveys_response_contact",
            ),
            models.Index(
                fields=["workspace", "account", "kind", "happened_at", "id"],
                name="surveys_response_account",
            ),
            models.Index(fields=["workspace", "happened_at", "id"], name="surveys_response_newest"),
            models.Index(
                fields=["workspace", "survey", "respondent"],
                condition=~models.Q(respondent=""),
                name="surveys_response_respondent",
            ),
            models.Index(
                fields=["workspace", "survey"],
                condition=models.Q(is_suspected_robot=True),
                name="surveys_response_robots",
            ),
        ]

    @property
    def group(self) -> str:
        """Promoter, satisfied, easy … as `metrics.surveys.scales` names it; '' without a score."""
        return scales.group(self.kind, self.scale, self.score)


class Answer(TenantModel):
    """The answer to one question: a number, a text, or the keys of the options chosen."""

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="answers"
    )
    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, db_constraint=False, related_name="answers"
    )
    number = models.SmallIntegerField(null=True)
    text = models.TextField(blank=True)
    choices = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "response", "question"], name="surveys_answer_once"
            ),
            TenantForeignKey(field="response", name="surveys_answer_response_fk"),
            TenantForeignKey(field="question", name="surveys_answer_question_fk"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "question", "id"], name="surveys_answer_question")
        ]


class ResponseRevision(TenantModel):
    """What a response said before it was changed, and until when. Append-only."""

    application_grants = "SELECT, INSERT"

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="revisions"
    )
    score = models.SmallIntegerField(null=True)
    comment = models.TextField(blank=True)
    # the other answers by question key
    answers = models.JSONField(default=dict)
    replaced_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="response", name="surveys_revision_response_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "response", "replaced_at"], name="surveys_revision_response"
            )
        ]
