"""Accounts, people and surveys to ask them, made in a few words."""

import datetime as dt
import itertools
from typing import Any

from accounts.actors import Actor
from accounts.models import Account, Contact
from metrics.surveys.actions.surveys import create_survey, publish_survey
from metrics.surveys.models import Survey

# A Wednesday, 10:00 in Tokyo.
NOW = dt.datetime(2026, 3, 4, 1, 0, tzinfo=dt.UTC)
SYSTEM = Actor.system("test")
_number = itertools.count(1)


def make_account(**fields: Any) -> Account:
    """An account of the open scope."""
    name = fields.pop("name", f"Account {next(_number)}")
    given = {"external_id": f"account-{next(_number)}", "created_at": NOW, "updated_at": NOW}
    account: Account = Account.objects.create(name=name, **{**given, **fields})
    return account


def make_contact(account: Account | None = None, **fields: Any) -> Contact:
    """A person with an address."""
    number = next(_number)
    given = {
        "external_id": f"person-{number}",
        "name": f"Person {number}",
        "email": f"person-{number}@customer.example",
        "created_at": NOW,
        "updated_at": NOW,
    }
    contact: Contact = Contact.objects.create(
        account=account or make_account(), **{**given, **fields}
    )
    return contact


def make_survey(kind: str = "nps", *, now: dt.datetime = NOW, **fields: Any) -> Survey:
    """An open survey."""
    survey = create_survey(actor=SYSTEM, now=now, kind=kind, name=f"{kind} survey", **fields)
    return publish_survey(actor=SYSTEM, now=now, survey=survey)
