"""One of everything of the surveys, for the rival: asked, answered, changed, tagged, followed."""

import datetime as dt

from accounts.actions.budget import update_budget
from accounts.actions.mail import Attachment, queue_mail
from accounts.actors import Actor
from accounts.models import Account, Contact, ContactReservation
from metrics.surveys.actions.answers import answer_invitation
from metrics.surveys.actions.embed import record_embed_shown
from metrics.surveys.actions.questions import set_questions
from metrics.surveys.actions.surveys import create_survey, publish_survey, set_logo
from metrics.surveys.actions.themes import create_theme, put_theme
from metrics.surveys.models import FollowUp, Invitation, Question, Wave
from metrics.surveys.rollup import roll_up_results


def fill_surveys(*, actor: Actor, now: dt.datetime, account: Account, mark: str) -> dict[str, int]:
    """Write it in the open scope; ids by URL parameter. Every text bears the mark."""
    contact = Contact.objects.filter(account=account).first()
    survey = create_survey(
        actor=actor, now=now, kind="nps", name=mark, brand_name=mark, touchpoint=mark, by_link=True
    )
    asked = [
        {"key": "score", "kind": "score", "text_en": mark, "text_ja": mark},
        {"key": "comment", "kind": "text", "text_en": mark, "text_ja": mark},
        {"key": "more", "kind": "text", "text_en": mark, "text_ja": mark},
        {
            "key": "why",
            "kind": "single",
            "text_en": mark,
            "text_ja": mark,
            "options": [
                {"key": "one", "en": mark, "ja": mark},
                {"key": "two", "en": mark, "ja": mark},
            ],
        },
    ]
    set_questions(actor=actor, now=now, survey=survey, questions=asked)
    set_logo(actor=actor, now=now, survey=survey, content=b"logo", content_type="image/png")
    survey = publish_survey(actor=actor, now=now, survey=survey)
    wave = Wave.objects.create(survey=survey, number=1, started_at=now, built_at=now)
    invitation = Invitation.objects.create(
        survey=survey, wave=wave, contact=contact, account=account, language="en",
        created_at=now, due_at=now, state="sent", sent_at=now - dt.timedelta(hours=1),
        expires_at=now + dt.timedelta(days=30),
    )  # fmt: skip
    for more in (mark, f"{mark} again"):
        response = answer_invitation(
            now=now,
            invitation=invitation,
            answers={"score": 2, "comment": mark, "more": more, "why": "one"},
        )
    theme = create_theme(
        actor=actor, now=now, name=mark, factor="hygiene", driver="support", keywords=mark
    )
    roll_up_results(now)
    put_theme(actor=actor, now=now, response=response, theme=theme)
    record_embed_shown(now=now, survey=survey, user_id=mark)
    update_budget(actor=actor, now=now, days_between=7, account_most=5)
    ContactReservation.objects.create(
        contact=contact, account=account, address=f"{mark}@mail.example", kind="survey",
        topic=mark, at=now, made_at=now,
    )  # fmt: skip
    queue_mail(
        now=now, kind="survey_test", to=f"{mark}@mail.example", subject=mark, text=mark,
        dedupe_key=mark, attachments=[Attachment(f"{mark}.txt", "text/plain", b"x")],
    )  # fmt: skip
    waiting = Invitation.objects.create(
        survey=survey, contact=contact, account=account, language="en", created_at=now,
        due_at=now + dt.timedelta(days=1), expires_at=now + dt.timedelta(days=30),
    )  # fmt: skip
    return {
        "invitation_id": waiting.pk,
        "survey_id": survey.pk,
        "question_id": Question.objects.filter(survey=survey).order_by("position").last().pk,
        "response_id": response.pk,
        "theme_id": theme.pk,
        "follow_up_id": FollowUp.objects.get().pk,
    }
