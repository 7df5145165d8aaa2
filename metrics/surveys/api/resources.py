"""Surveys, invitations and answers as the API shows them."""

from typing import Any

from accounts.models import Contact
from cs_platform.core.openapi import component
from cs_platform.core.resources import (
    BOOLEAN,
    DAY_OR_NULL,
    MOMENT,
    MOMENT_OR_NULL,
    Column,
    Resource,
    number_type,
    text_type,
)
from metrics.surveys.models import Channel, Invitation, Question, Response, Survey

TEXT = text_type()
TEXT_OR_NULL = text_type(nullable=True)
WHOLE = number_type("integer")
WHOLE_OR_NULL = number_type("integer", nullable=True)
_TEXTS = {"type": "array", "items": TEXT}
_DAYS = {"type": "array", "items": WHOLE, "description": "ISO weekdays, Monday is 1."}


def _codes(codes: list[str], *, blank: bool = False) -> dict[str, Any]:
    return {"type": "string", "enum": [code for code in codes if code] + [""] * blank}


def _same(**schemas: dict[str, Any]) -> dict[str, Column]:
    return {name: Column(name, schema) for name, schema in schemas.items()}


SURVEY = Resource(
    name="Survey",
    description="A questionnaire with its audience and its timing.",
    columns=_same(
        id=WHOLE,
        external_id=TEXT_OR_NULL,
        kind=_codes(Survey.Kind.values),
        name=TEXT,
        state=_codes(Survey.State.values),
        ces_scale={**WHOLE, "description": "5: low is good; 7: high is good. For CES alone."},
        languages=_TEXTS,
        title_en=TEXT,
        title_ja=TEXT,
        intro_en=TEXT,
        intro_ja=TEXT,
        thanks_en=TEXT,
        thanks_ja=TEXT,
        subject_en=TEXT,
        subject_ja=TEXT,
        brand_name=TEXT,
        brand_colour=TEXT,
        audience={"type": "object", "additionalProperties": True},
        by_mail=BOOLEAN,
        by_link=BOOLEAN,
        by_embed=BOOLEAN,
        after_case=BOOLEAN,
        touchpoint=TEXT,
        embed_gap_days=WHOLE,
        embed_origins=_TEXTS,
        window_days=_DAYS,
        window_from=WHOLE,
        window_to=WHOLE,
        recurrence_months=WHOLE_OR_NULL,
        reminders=WHOLE,
        reminder_days=WHOLE,
        answer_days=WHOLE,
        starts_at=MOMENT_OR_NULL,
        closes_at=MOMENT_OR_NULL,
        next_wave_at=MOMENT_OR_NULL,
        published_at=MOMENT_OR_NULL,
        closed_at=MOMENT_OR_NULL,
        created_at=MOMENT,
        updated_at=MOMENT,
    ),
    example={"id": 1, "kind": "nps", "name": "NPS, spring", "state": "open"},
    sorts={"created": "pk"},
)

QUESTION = component(
    "SurveyQuestion",
    {
        "type": "object",
        "description": "A question. `key` names it in answers and rules; without one it is given "
        "one. `show_when` are rules that must all hold, each of `question` and one of `groups` "
        "(of the score: detractor, unsatisfied …), `choices` (option keys) or `numbers`.",
        "properties": {
            "key": text_type(40),
            "kind": _codes(Question.Kind.values),
            "text_en": text_type(2000),
            "text_ja": text_type(2000),
            "options": {
                "type": "array",
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": text_type(40),
                        "en": text_type(300),
                        "ja": text_type(300),
                    },
                    "additionalProperties": False,
                },
            },
            "is_required": BOOLEAN,
            "show_when": {
                "type": "array",
                "maxItems": 10,
                "items": {"type": "object", "additionalProperties": True},
            },
        },
        "required": ["kind"],
        "additionalProperties": False,
    },
)
QUESTIONS = component(
    "SurveyQuestions",
    {
        "type": "object",
        "properties": {
            "questions": {"type": "array", "minItems": 1, "maxItems": 50, "items": QUESTION}
        },
        "required": ["questions"],
        "additionalProperties": False,
    },
)

INVITATION = Resource(
    name="Invitation",
    description="One person asked once. Delivered are those with `sent_at` that have not bounced.",
    columns={
        **_same(id=WHOLE, survey_id=WHOLE),
        "wave": Column("wave__number", WHOLE_OR_NULL),
        "contact_external_id": Column("contact__external_id", TEXT),
        "account_external_id": Column("account__external_id", TEXT),
        **_same(
            external_id=TEXT_OR_NULL,
            channel=_codes(Channel.values),
            language=TEXT,
            touchpoint=TEXT,
        ),
        "agent_email": Column("agent__user__email", TEXT_OR_NULL),
        **_same(
            state=_codes(Invitation.State.values),
            reason={**TEXT, "description": "Why it was not sent or not delivered."},
            created_at=MOMENT,
            due_at={**MOMENT, "description": "When it may go out, in the person's window."},
            sent_at=MOMENT_OR_NULL,
            reminders_sent=WHOLE,
            reminded_at=MOMENT_OR_NULL,
            expires_at=MOMENT,
            answered_at=MOMENT_OR_NULL,
        ),
    },
    example={"id": 1, "survey_id": 1, "contact_external_id": "person-1", "state": "queued"},
    sorts={"created": "pk"},
)

RESPONSE = Resource(
    name="SurveyResponse",
    description="An answer. `scale` is the highest grade of its score (10, 5 or 7). Answers of "
    "suspected robots are kept and counted nowhere.",
    columns={
        **_same(id=WHOLE, external_id=TEXT_OR_NULL, survey_id=WHOLE),
        "survey_external_id": Column("survey__external_id", TEXT_OR_NULL),
        "wave": Column("wave__number", WHOLE_OR_NULL),
        "invitation_id": Column("invitation_id", WHOLE_OR_NULL),
        "contact_external_id": Column("contact__external_id", TEXT_OR_NULL),
        "account_external_id": Column("account__external_id", TEXT_OR_NULL),
        "agent_email": Column("agent__user__email", TEXT_OR_NULL),
        **_same(
            kind=_codes(Survey.Kind.values),
            score=WHOLE_OR_NULL,
            scale=WHOLE_OR_NULL,
        ),
        # filled in from the row's id by `complete`
        "group": Column(
            "pk", {**TEXT, "description": "promoter, satisfied, easy and so on; '' for no score."}
        ),
        "comment": Column("comment", TEXT),
        "answers": Column(
            "pk",
            {
                "type": "object",
                "additionalProperties": True,
                "description": "Other answers by question key.",
            },
        ),
        **_same(
            language=TEXT,
            channel=_codes(Channel.values),
            touchpoint=TEXT,
            happened_at=MOMENT,
            known_at=MOMENT,
            edited_at=MOMENT_OR_NULL,
            is_historical=BOOLEAN,
            is_suspected_robot=BOOLEAN,
            robot_signs=_TEXTS,
        ),
    },
    example={
        "id": 1,
        "external_id": "answer-1",
        "kind": "nps",
        "score": 9,
        "scale": 10,
        "group": "promoter",
        "comment": "It just works.",
    },
    sorts={"happened": "happened_at", "created": "pk"},
)

CONSENT = Resource(
    name="ContactConsent",
    description="Whether a person wants mail.",
    columns=_same(
        external_id=TEXT,
        email=TEXT,
        consent=_codes(Contact.Consent.values),
        consent_at=MOMENT_OR_NULL,
        consent_source=TEXT,
        left_on=DAY_OR_NULL,
    ),
    example={"external_id": "person-1", "consent": "refused", "consent_source": "API key CRM"},
    sorts={"created": "pk"},
)


def complete(items: list[Any]) -> list[Any]:
    """Put groups and other answers in the place of the ids that stand for them in rows."""
    from metrics.surveys.queries.responses import answers_of

    ids = {
        getattr(item, name)
        for item in items
        for name in ("group", "answers")
        if hasattr(item, name)
    }
    rows = {row.pk: row for row in Response.objects.filter(pk__in=ids)}
    wants_answers = any(hasattr(item, "answers") for item in items)
    answers = answers_of(rows.values()) if wants_answers else {}
    for item in items:
        if hasattr(item, "group"):
            item.group = rows[item.group].group
        if hasattr(item, "answers"):
            item.answers = answers[item.answers].as_json()
    return items
