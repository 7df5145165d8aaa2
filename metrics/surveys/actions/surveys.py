"""Surveys: made, changed, opened, paused, closed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.fields import (
    REQUIRED,
    BadValue,
    Text,
    read,
)
from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import Conflict, DomainError
from metrics.surveys import default_texts
from metrics.surveys.actions.questions import check_ready, first_questions
from metrics.surveys.models import LANGUAGES, Question, Response, Survey, SurveyLogo
from metrics.surveys.models.survey import new_key
from metrics.surveys.survey_fields import RULES
from metrics.surveys.timing import next_wave_after

_LARGEST_LOGO_BYTES = 512 * 1024
LOGO_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


# What an answer already given would be read wrongly with.
_FIXED_ONCE_PUBLISHED = ("kind", "ces_scale")


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in RULES:
            raise DomainError(
                _("There is no such field."), code="unknown_field", field=str(name)[:100]
            )
        try:
            values[name] = read(RULES[name], value)
        except BadValue as error:
            raise DomainError(error.message, code=error.code, field=name) from error
    for language in values.get("languages", ()):
        if language not in LANGUAGES:
            raise DomainError(
                _("Surveys are written in English and Japanese."),
                code="unknown_choice",
                field="languages",
            )
    return values


def _check(survey: Survey) -> None:
    """What fields must say of one another."""
    if survey.window_from >= survey.window_to:
        raise DomainError(
            _("The hours of sending end before they begin."), code="empty_window", field="window_to"
        )
    if survey.closes_at and survey.starts_at and survey.closes_at <= survey.starts_at:
        raise DomainError(
            _("The survey closes before it begins."), code="closes_early", field="closes_at"
        )


@transaction.atomic
def create_survey(
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    name: str,
    external_id: str | None = None,
    **fields: Any,
) -> Survey:
    """Make a draft that asks the kind's own question, and why. Errors: those of the fields,
    ``unknown_choice`` (kind), ``external_id_taken``."""
    if kind not in Survey.Kind.values:
        raise DomainError(
            _("There is no “%(value)s” to choose.") % {"value": str(kind)[:50]},
            code="unknown_choice",
            field="kind",
        )
    values = _clean({**fields, "name": name})
    if external_id is not None:
        external_id = _external_id(external_id)
    workspace = current_workspace()
    brand = values.get("brand_name") or workspace.name
    survey = Survey(
        kind=kind,
        external_id=external_id,
        created_by=actor.membership,
        created_at=now,
        updated_at=now,
        **_first_texts(brand),
    )
    for field_name, value in values.items():
        setattr(survey, field_name, value)
    _check(survey)
    survey.save()
    for question in first_questions(survey, brand):
        question.save()
    audit.record(actor=actor, action="survey_created", obj=survey, now=now)
    return survey


def _external_id(given: str) -> str:
    try:
        found: str = read(Text(200, empty=REQUIRED), given)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="external_id") from error
    if Survey.objects.filter(external_id=found).exists():
        raise Conflict(
            _("There is a survey with the id “%(id)s” already.") % {"id": found},
            code="external_id_taken",
            field="external_id",
        )
    return found


def _first_texts(brand: str) -> dict[str, str]:
    texts = {
        "title": default_texts.TITLE,
        "intro": default_texts.INTRO,
        "thanks": default_texts.THANKS,
    }
    return {
        f"{name}_{language}": text % {"brand": brand}
        for name, both in texts.items()
        for language, text in both.items()
    }


def _locked(survey: Survey) -> Survey:
    found: Survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    return found


def current_questions(survey: Survey) -> list[Question]:
    """What the survey asks now, in order."""
    return list(Question.objects.filter(survey=survey, is_retired=False).order_by("position"))


@transaction.atomic
def update_survey(*, actor: Actor, now: dt.datetime, survey: Survey, **changes: Any) -> Survey:
    """Change fields of a survey (`RULES`). One that is out must be whole after it.

    Its scale is fixed once it was published: past answers would be misread. Errors: those of the
    fields, ``survey_closed``, ``fixed_once_published``, and those of publishing.
    """
    values = _clean(changes)
    survey = _locked(survey)
    if survey.state == Survey.State.CLOSED:
        raise Conflict(_("The survey is closed."), code="survey_closed")
    changed = {name: value for name, value in values.items() if getattr(survey, name) != value}
    if survey.published_at is not None:
        for name in changed:
            if name in _FIXED_ONCE_PUBLISHED:
                raise Conflict(
                    _("The scale cannot change any more: answers were given on it."),
                    code="fixed_once_published",
                    field=name,
                )
    before = {name: getattr(survey, name) for name in changed}
    for name, value in changed.items():
        setattr(survey, name, value)
    if "ces_scale" in changed:
        _reword_score(survey, before["ces_scale"])
    _check(survey)
    if survey.state != Survey.State.DRAFT:
        _check_publishable(survey, now)
        if {"recurrence_months", "starts_at", "by_mail"} & changed.keys():
            survey.next_wave_at = _next_wave(survey, now)
    if changed:
        survey.updated_at = now
        survey.save()
        audit.record(
            actor=actor,
            action="survey_changed",
            obj=survey,
            detail={"fields": sorted(changed)},
            now=now,
        )
    return survey


def _reword_score(survey: Survey, before: int) -> None:
    """The other scale asks another question: put it where the author had not written one."""
    brand = survey.brand_name or current_workspace().name
    old = default_texts.score_question(survey.kind, before, brand)
    new = default_texts.score_question(survey.kind, survey.ces_scale, brand)
    question = Question.objects.filter(survey=survey, kind=Question.Kind.SCORE).first()
    if question is None or old is None or new is None:
        return
    if (question.text_en, question.text_ja) == (old["en"], old["ja"]):
        question.text_en, question.text_ja = new["en"], new["ja"]
        question.save(update_fields=["text_en", "text_ja"])


def _check_publishable(survey: Survey, now: dt.datetime) -> None:
    if not (survey.by_mail or survey.by_link or survey.by_embed or survey.after_case):
        raise DomainError(
            _("Choose at least one way to reach people."), code="no_channel", field="by_mail"
        )
    if survey.closes_at is not None and survey.closes_at <= now:
        raise DomainError(
            _("The day on which the survey closes has passed."),
            code="closes_early",
            field="closes_at",
        )
    check_ready(survey, current_questions(survey))


def _next_wave(survey: Survey, now: dt.datetime) -> dt.datetime | None:
    """When letters go out next: at the start, then at each turn. None without letters."""
    if not survey.by_mail:
        return None
    zone = current_workspace().timezone
    first = survey.starts_at or survey.published_at or now
    if not survey.waves.exists():
        return max(first, now)
    return next_wave_after(first, now, survey.recurrence_months, zone)


@transaction.atomic
def publish_survey(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """Open a draft: letters go out from ``starts_at``, or at once; links and embeds work.

    Publishing what is open changes nothing. Errors: ``survey_closed``, ``no_channel``,
    ``closes_early``, and those of the questions (`metrics.surveys.actions.questions.check_ready`).
    """
    survey = _locked(survey)
    if survey.state == Survey.State.OPEN:
        return survey
    if survey.state == Survey.State.CLOSED:
        raise Conflict(_("The survey is closed."), code="survey_closed")
    _check(survey)
    _check_publishable(survey, now)
    survey.published_at = survey.published_at or now
    survey.state = Survey.State.OPEN
    survey.next_wave_at = _next_wave(survey, now)
    survey.updated_at = now
    survey.save()
    audit.record(actor=actor, action="survey_published", obj=survey, now=now)
    return survey


def resume_survey(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """Open a paused survey again. Waves that were due meanwhile are not made up for, but the
    first. Errors: those of `publish_survey`."""
    return publish_survey(actor=actor, now=now, survey=survey)


@transaction.atomic
def pause_survey(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """Send nothing and show nothing new; who was invited may still answer. Idempotent.

    Errors: ``not_open``.
    """
    survey = _locked(survey)
    if survey.state == Survey.State.PAUSED:
        return survey
    if survey.state != Survey.State.OPEN:
        raise Conflict(_("Only an open survey can be paused."), code="not_open")
    survey.state = Survey.State.PAUSED
    survey.updated_at = now
    survey.save()
    audit.record(actor=actor, action="survey_paused", obj=survey, now=now)
    return survey


@transaction.atomic
def close_survey(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """Take no more answers, for good. What was not sent is taken back by the next
    `metrics.surveys.actions.sending.expire_due`, with what it had reserved. Idempotent.

    Errors: ``not_published``.
    """
    survey = _locked(survey)
    if survey.state == Survey.State.CLOSED:
        return survey
    if survey.state == Survey.State.DRAFT:
        raise Conflict(_("The survey was never opened."), code="not_published")
    survey.state = Survey.State.CLOSED
    survey.closed_at = now
    survey.next_wave_at = None
    survey.updated_at = now
    survey.save()
    audit.record(actor=actor, action="survey_closed", obj=survey, now=now)
    return survey


@transaction.atomic
def delete_draft(*, actor: Actor, now: dt.datetime, survey: Survey) -> None:
    """Throw a draft away. Errors: ``published``: what was shown to customers is kept, and
    ``has_answers``: so is what other tools' customers said."""
    survey = _locked(survey)
    if survey.published_at is not None:
        raise Conflict(_("The survey was out; close it instead."), code="published")
    if Response.objects.filter(survey=survey).exists():
        raise Conflict(
            _("Answers were imported into this survey; publish and close it instead."),
            code="has_answers",
        )
    audit.record(actor=actor, action="survey_deleted", obj=survey, now=now)
    survey.delete()


@transaction.atomic
def copy_survey(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """A draft with the same questions, audience and looks, under a key and dates of its own."""
    name = _("%(name)s (copy)") % {"name": survey.name[:180]}
    values = {
        field.name: getattr(survey, field.name)
        for field in Survey._meta.concrete_fields
        if field.name in RULES and field.name not in {"starts_at", "closes_at", "name"}
    }
    copied = Survey(
        kind=survey.kind,
        name=name,
        created_by=actor.membership,
        created_at=now,
        updated_at=now,
        **values,
    )
    copied.save()
    for question in current_questions(survey):
        question.pk, question.survey = None, copied
        question._state.adding = True
        question.save()
    for logo in SurveyLogo.objects.filter(survey=survey):
        SurveyLogo.objects.create(
            survey=copied, content_type=logo.content_type, content=logo.content, updated_at=now
        )
    audit.record(actor=actor, action="survey_created", obj=copied, now=now)
    return copied


@transaction.atomic
def renew_open_key(*, actor: Actor, now: dt.datetime, survey: Survey) -> Survey:
    """Give the open link and the embed code a new key: the old ones are dead from now on."""
    survey = _locked(survey)
    survey.open_key = new_key()
    survey.updated_at = now
    survey.save(update_fields=["open_key", "updated_at"])
    audit.record(actor=actor, action="survey_link_renewed", obj=survey, now=now)
    return survey


@transaction.atomic
def set_logo(
    *, actor: Actor, now: dt.datetime, survey: Survey, content: bytes, content_type: str
) -> SurveyLogo:
    """Put a picture at the head of the survey. Errors: ``bad_logo``, ``logo_too_large``."""
    if content_type not in LOGO_TYPES or not content:
        raise DomainError(
            _("A logo is a PNG, JPEG, WebP or GIF picture."), code="bad_logo", field="logo"
        )
    if len(content) > _LARGEST_LOGO_BYTES:
        raise DomainError(
            _("A logo may have %(limit)d KB.") % {"limit": _LARGEST_LOGO_BYTES // 1024},
            code="logo_too_large",
            field="logo",
        )
    logo, _made = SurveyLogo.objects.update_or_create(
        survey=survey,
        defaults={"content": content, "content_type": content_type, "updated_at": now},
    )
    audit.record(actor=actor, action="survey_logo_changed", obj=survey, now=now)
    return logo


@transaction.atomic
def remove_logo(*, actor: Actor, now: dt.datetime, survey: Survey) -> None:
    """Take the picture away. Idempotent."""
    if SurveyLogo.objects.filter(survey=survey).delete()[0]:
        audit.record(actor=actor, action="survey_logo_changed", obj=survey, now=now)
