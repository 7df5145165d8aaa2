"""Responses written as the actions write them, for what reads results."""

import datetime as dt
from typing import Any

from accounts.models import Account, Contact
from metrics.surveys.actions.marks import mark_results
from metrics.surveys.models import Question, Response, Survey

NOW = dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
SCALES = {"nps": 10, "csat": 5, "ces": 5, "hearing": None}


def a_survey(kind: str = "nps", **fields: Any) -> Survey:
    """An open survey."""
    fields = {"name": kind.upper(), "state": "open", **fields}
    return Survey.objects.create(kind=kind, created_at=LONG_AGO, updated_at=LONG_AGO, **fields)


def asks_score(survey: Survey) -> Survey:
    """The survey with the question every score answers."""
    Question.objects.create(survey=survey, key="score", position=1, kind="score", text_en="?")
    return survey


def an_account(name: str, **fields: Any) -> Account:
    return Account.objects.create(
        external_id=name, name=name, created_at=LONG_AGO, updated_at=LONG_AGO, **fields
    )


def a_contact(account: Account, name: str) -> Contact:
    return Contact.objects.create(
        account=account, external_id=name, name=name, created_at=LONG_AGO, updated_at=LONG_AGO
    )


def answer(
    survey: Survey, score: int | None, *, at: dt.datetime = NOW, contact: Contact | None = None,
    **fields: Any,
) -> Response:  # fmt: skip
    """A stored response, marked for the roll-up."""
    scale = survey.ces_scale if survey.kind == "ces" else SCALES[survey.kind]
    defaults = {
        "kind": survey.kind, "scale": scale, "channel": "link", "known_at": at,
        "account": contact.account if contact else None,
    }  # fmt: skip
    response = Response.objects.create(
        survey=survey, score=score, contact=contact, happened_at=at, **{**defaults, **fields}
    )
    mark_results([response.pk])
    return response


def day(text: str, hour: int = 12) -> dt.datetime:
    """An hour of a day in Tokyo."""
    return dt.datetime.fromisoformat(f"{text}T{hour:02}:00+09:00")
