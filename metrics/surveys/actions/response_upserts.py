"""Answers of other survey tools: written by external id, many at a time.

They are taken in whatever state our survey is in, and need not be complete: what the other tool
did not ask is not missing.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.dirty import mark_dirty
from accounts.actions.upsert import Item, Result, clean, in_waves
from accounts.actors import Actor
from accounts.fields import REQUIRED, Attributes, Choice, Moment, Rule, Text, Whole, YesNo
from accounts.models import Account, Contact, Membership
from accounts.queries.references import accounts_by_external_id, members_by_email
from metrics.surveys.actions.answers import answer_rows
from metrics.surveys.actions.follow_ups import open_follow_up
from metrics.surveys.actions.marks import mark_results
from metrics.surveys.models import (
    Answer,
    Channel,
    Question,
    Response,
    ResponseRevision,
    Survey,
)
from metrics.surveys.queries.responses import answers_of
from metrics.surveys.scales import needs_follow_up
from metrics.surveys.values import COMMENT_KEY, SCORE_KEY, BadAnswer, Filled, read_answers

_AHEAD = dt.timedelta(minutes=5)
_CHANNELS = Channel.values
RULES: dict[str, Rule] = {
    "external_id": Text(200, empty=REQUIRED),
    "survey_id": Whole(1, 2**53),
    "survey_external_id": Text(200, empty=None),
    "contact_external_id": Text(200, empty=None),
    "account_external_id": Text(200, empty=None),
    "agent_email": Text(254, empty=None),
    "score": Whole(0, 10),
    "comment": Text(10_000),
    "answers": Attributes(),
    "language": Choice(("en", "ja")),
    "channel": Choice(_CHANNELS, empty=Channel.API.value),
    "touchpoint": Text(100),
    "happened_at": Moment(),
    "is_historical": YesNo(),
}
_PLAIN = ("language", "channel", "touchpoint", "happened_at")
_STORED = [
    "contact",
    "account",
    "agent",
    "score",
    "comment",
    *_PLAIN,
    "known_at",
    "edited_at",
]


def upsert_responses(
    *,
    actor: Actor,
    now: dt.datetime,
    items: Sequence[Item],
    is_historical: bool = False,
) -> list[Result]:
    """Create answers, or bring them up to what is given; fields not given stay.

    A new one needs its survey. ``is_historical`` says that they count as known when they
    happened; such answers open no follow-ups. ``answers`` are by question key. A changed score,
    comment or answer leaves a revision. One result per item, in order; a rejected one leaves the
    others alone. Idempotent.
    """

    def write(wave: list[Item]) -> list[Result]:
        return _upsert(wave, actor=actor, now=now, is_historical=is_historical)

    return in_waves(items, "external_id", write)


@dataclass(frozen=True)
class _References:
    """What the items of a call name, found with a few queries."""

    surveys: Mapping[int | str, Survey]
    questions: Mapping[int, list[Question]]
    contacts: Mapping[str, Contact]
    accounts: Mapping[str, Account]
    agents: Mapping[str, Membership]

    @classmethod
    def of(cls, cleaned: Sequence[Mapping[str, Any]], stored: Iterable[Response]) -> "_References":
        def named(field: str) -> set[Any]:
            return {values[field] for values in cleaned if values.get(field) is not None}

        surveys: dict[int | str, Survey] = {}
        ids = named("survey_id") | {response.survey_id for response in stored}
        for survey in Survey.objects.filter(pk__in=ids):
            surveys[survey.pk] = survey
        for survey in Survey.objects.filter(external_id__in=named("survey_external_id")):
            surveys[survey.external_id] = survey
        questions = defaultdict(list)
        for question in Question.objects.filter(
            survey_id__in={survey.pk for survey in surveys.values()}, is_retired=False
        ).order_by("position"):
            questions[question.survey_id].append(question)
        contacts = Contact.objects.select_related("account").filter(
            external_id__in=named("contact_external_id")
        )
        return cls(
            surveys,
            questions,
            {contact.external_id: contact for contact in contacts},
            accounts_by_external_id(named("account_external_id")),
            members_by_email(named("agent_email")),
        )


@transaction.atomic
def _upsert(
    items: Sequence[Item], *, actor: Actor, now: dt.datetime, is_historical: bool
) -> list[Result]:
    results = [Result() for _item in items]
    cleaned = [clean(item, RULES, result) for item, result in zip(items, results, strict=True)]
    for values, result in zip(cleaned, results, strict=True):
        result.external_id = values.get("external_id", "")
        if "external_id" not in values and not result.is_rejected:
            result.reject("required", _("This is required."), "external_id")
    ids = [values["external_id"] for values in cleaned if "external_id" in values]
    stored = {
        response.external_id: response
        for response in Response.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contact")
        .filter(external_id__in=ids)
        .order_by("external_id")
    }
    before = answers_of(stored.values())
    references = _References.of(cleaned, stored.values())
    batch = _Batch(now)
    for values, result in zip(cleaned, results, strict=True):
        if not result.is_rejected:
            known = stored.get(values["external_id"])
            values.setdefault("is_historical", is_historical)
            batch.take(values, result, references, known, before[known.pk] if known else Filled())
    batch.store(actor)
    return results


@dataclass(frozen=True)
class _Taken:
    """One item that is in order: what it says, of which survey, and by whom."""

    values: Mapping[str, Any]
    survey: Survey
    questions: list[Question]
    people: Mapping[str, Any]
    before: Filled
    filled: Filled


class _Batch:
    """The rows to be written for a list of items."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._new: list[tuple[Response, _Taken]] = []
        self._changed: list[tuple[Response, _Taken]] = []
        self._dirty: set[int] = set()

    def take(
        self,
        values: Mapping[str, Any],
        result: Result,
        references: _References,
        known: Response | None,
        before: Filled,
    ) -> None:
        """Check one item and add what it changes."""
        survey = _survey(values, result, references, known)
        people = _people(values, result, references, known)
        happened_at = values.get("happened_at")
        if happened_at is not None and happened_at > self._now + _AHEAD:
            result.reject("in_future", _("This lies in the future."), "happened_at")
        if result.is_rejected or survey is None:
            return
        questions = references.questions.get(survey.pk, [])
        filled = _filled(values, result, survey, questions, before)
        if filled is None:
            return
        taken = _Taken(values, survey, questions, people, before, filled)
        if known is None:
            self._create(taken, result)
        else:
            self._change(taken, result, known)

    def _create(self, taken: _Taken, result: Result) -> None:
        values, survey = taken.values, taken.survey
        happened_at = values.get("happened_at") or self._now
        historical = values["is_historical"]
        response = Response(
            survey=survey,
            kind=survey.kind,
            scale=survey.scale.highest if survey.scale else None,
            score=taken.filled.score,
            comment=taken.filled.comment,
            external_id=values["external_id"],
            channel=values.get("channel") or Channel.API,
            language=values.get("language", ""),
            touchpoint=values.get("touchpoint") or survey.touchpoint,
            happened_at=happened_at,
            known_at=min(happened_at, self._now) if historical else self._now,
            is_historical=historical,
            **taken.people,
        )
        result.outcome, result.obj = "created", response
        self._new.append((response, taken))

    def _change(self, taken: _Taken, result: Result, known: Response) -> None:
        result.obj = known
        wanted = {
            **{name: taken.values[name] for name in _PLAIN if taken.values.get(name)},
            **{f"{name}_id": row.pk for name, row in taken.people.items()},
            "score": taken.filled.score,
            "comment": taken.filled.comment,
        }
        changed = {name: value for name, value in wanted.items() if getattr(known, name) != value}
        if not changed and taken.filled == taken.before:
            return
        self._dirty.add(known.account_id or 0)
        for name, value in changed.items():
            setattr(known, name, value)
        if known.is_historical:
            known.known_at = min(known.happened_at, self._now)
        known.edited_at = self._now
        result.outcome = "updated"
        self._changed.append((known, taken))

    def store(self, actor: Actor) -> None:
        """Write everything, with a constant number of queries."""
        Response.objects.bulk_create([response for response, _taken in self._new], batch_size=1000)
        Response.objects.bulk_update(
            [response for response, _taken in self._changed], _STORED, batch_size=500
        )
        said_otherwise = [
            (response, taken) for response, taken in self._changed if taken.filled != taken.before
        ]
        ResponseRevision.objects.bulk_create(
            ResponseRevision(
                response=response,
                score=taken.before.score,
                comment=taken.before.comment,
                answers=taken.before.as_json(),
                replaced_at=self._now,
            )
            for response, taken in said_otherwise
        )
        Answer.objects.filter(response__in=[row for row, _taken in said_otherwise]).delete()
        rows = []
        for response, taken in [*self._new, *said_otherwise]:
            by_key = {question.key: question for question in taken.questions}
            rows += answer_rows(response, taken.filled, by_key)
        Answer.objects.bulk_create(rows, batch_size=1000)
        touched = [response for response, _taken in [*self._new, *self._changed]]
        mark_results(response.pk for response in touched)
        self._dirty |= {response.account_id or 0 for response in touched}
        mark_dirty(self._dirty - {0})
        for response, _taken in [*self._new, *said_otherwise]:
            # most need none, and then it costs nothing
            if not response.is_historical and needs_follow_up(
                response.kind, response.scale, response.score
            ):
                open_follow_up(now=self._now, response=response, actor=actor)


def _survey(
    values: Mapping[str, Any], result: Result, references: _References, known: Response | None
) -> Survey | None:
    """The survey an item belongs to; what is wrong with it is told to ``result``."""
    field = "survey_id" if values.get("survey_id") is not None else "survey_external_id"
    named = values.get(field)
    if named is None:
        if known is not None:
            return references.surveys[known.survey_id]
        result.reject("required", _("Which survey was answered?"), "survey_id")
        return None
    survey = references.surveys.get(named)
    if survey is None:
        result.reject("unknown_survey", _("There is no survey with this id."), field)
    elif known is not None and known.survey_id != survey.pk:
        result.reject("survey_fixed", _("This was an answer to another survey."), field)
    return survey


def _people(
    values: Mapping[str, Any], result: Result, references: _References, before: Response | None
) -> dict[str, Any]:
    """Contact, account and agent, as far as an item names them."""
    found: dict[str, Any] = {}
    for field, name, known, message in (
        ("contact_external_id", "contact", references.contacts,
         _("There is no contact with this id.")),
        ("account_external_id", "account", references.accounts,
         _("There is no account with this id.")),
        ("agent_email", "agent", references.agents, _("No active member has this address.")),
    ):  # fmt: skip
        given = values.get(field)
        if given is None:
            continue
        found[name] = known.get(given.casefold() if name == "agent" else given)
        if found[name] is None:
            result.reject(f"unknown_{name}", message, field)
    contact, account = found.get("contact"), found.get("account")
    person = contact or (before.contact if before else None)
    if person is not None and account is not None and account.pk != person.account_id:
        field = "contact_external_id" if contact else "account_external_id"
        result.reject("wrong_account", _("This person belongs to another account."), field)
    if contact is not None:
        found["account"] = contact.account
    return found


def _filled(
    values: Mapping[str, Any],
    result: Result,
    survey: Survey,
    questions: Sequence[Question],
    before: Filled,
) -> Filled | None:
    """What the answer says now: what is given, over what was there."""
    asked = {question.key for question in questions}
    # what is not asked any more cannot be checked, and stays out of what is
    given = {key: value for key, value in before.others.items() if key in asked}
    given |= values.get("answers") or {}
    score = values.get("score", before.score)
    comment = values.get("comment", before.comment)
    if score is not None:
        given[SCORE_KEY] = score
    if COMMENT_KEY in asked and comment:
        given[COMMENT_KEY] = comment
    try:
        filled = read_answers(questions, given, survey.scale, is_complete=False)
    except BadAnswer as error:
        is_field = error.field in {SCORE_KEY, COMMENT_KEY} and error.field in values
        message = str(error.message) if is_field else f"{error.field}: {error.message}"
        result.reject(error.code, message, str(error.field) if is_field else "answers")
        return None
    # Other tools ask why, whether our survey does or not.
    return Filled(
        filled.score, comment if COMMENT_KEY not in asked else filled.comment, filled.others
    )
