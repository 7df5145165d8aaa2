"""A survey with an unhappy answer, for the pages that show one."""

from accounts.actors import Actor
from accounts.models import Contact
from cs_platform.core import clock
from metrics.surveys.actions.answers import record_answer
from metrics.surveys.actions.surveys import create_survey, publish_survey
from metrics.surveys.actions.themes import create_theme
from metrics.surveys.models import FollowUp, Question, Response, Survey, Theme

_NAME = "Effort of an inquiry"


def survey_ids(actor: Actor, contact: Contact) -> dict[str, int]:
    """Ids of it and of what belongs to it, by URL parameter; made once."""
    survey = Survey.objects.filter(name=_NAME).first() or _make(actor, contact)
    response = Response.objects.get(survey=survey)
    return {
        "survey_id": survey.pk,
        "question_id": Question.objects.filter(survey=survey).order_by("position").first().pk,
        "response_id": response.pk,
        "theme_id": Theme.objects.get(name=_NAME).pk,
        "follow_up_id": FollowUp.objects.get(response=response).pk,
    }


def _make(actor: Actor, contact: Contact) -> Survey:
    now = clock.now()
    survey = create_survey(
        actor=actor, now=now, kind="ces", name=_NAME, by_mail=False, by_link=True
    )
    survey = publish_survey(actor=actor, now=now, survey=survey)
    record_answer(
        now=now,
        survey=survey,
        answers={"score": 5, "comment": "I had to explain it three times"},
        channel="link",
        contact=contact,
    )
    create_theme(
        actor=actor, now=now, name=_NAME, factor="hygiene", driver="support", keywords="explain"
    )
    return survey
