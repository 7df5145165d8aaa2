"""A small world of plain facts, and its way into the database."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import Account, ContractEvent, Interaction, Product, Subscription
from accounts.models import Contact as Person
from cs_platform.core.clock import local_date
from metrics.surveys.models import Response, ResponseRevision, Survey
from metrics.usage.models import DirtyDay, Event, EventName

TOKYO = "Asia/Tokyo"
# 14:00 in Tokyo on 3 March 2026
NOW = dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 3)
LOGIN = "Logged In"


@dataclass(frozen=True)
class Use:
    """One event: by whom, what, when it happened and when we were told."""

    user: str
    name: str
    happened_at: dt.datetime
    known_at: dt.datetime


@dataclass(frozen=True)
class Contact:
    kind: str
    happened_at: dt.datetime
    known_at: dt.datetime


@dataclass(frozen=True)
class Grade:
    """One answer to a survey; ``person`` "" is nobody known. ``changed`` is (score, when)."""

    kind: str
    scale: int
    score: int
    happened_at: dt.datetime
    known_at: dt.datetime
    person: str = ""
    is_robot: bool = False
    changed: tuple[int, dt.datetime] | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of a contract's ledger: the state from ``effective_on`` on."""

    contract: str
    effective_on: dt.date
    known_at: dt.datetime
    mrr: Decimal
    term_ends_on: dt.date | None
    kind: str = "terms"
    billing_months: int = 1
    notice_given_on: dt.date | None = None


@dataclass
class Firm:
    """One account with everything known of it."""

    name: str
    seats: int | None = None
    stage: str = "adoption"
    started_on: dt.date | None = None
    due_on: dt.date | None = None
    completed_on: dt.date | None = None
    uses: list[Use] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)


def at(day: dt.date, hour: int = 12) -> dt.datetime:
    """An hour of a Tokyo day, in UTC."""
    return dt.datetime.combine(day, dt.time(hour), dt.UTC) - dt.timedelta(hours=9)


def ago(days: int) -> dt.date:
    """The day so many days before today."""
    return TODAY - dt.timedelta(days=days)


def use(days_ago: int, *, user: str = "u1", name: str = "Report Opened", known: int = 0) -> Use:
    """An event so many days ago, known ``known`` days later."""
    day = ago(days_ago)
    return Use(user, name, at(day), at(day + dt.timedelta(days=known)))


def store(firms: list[Firm]) -> dict[str, Account]:
    """Write the firms into the open scope as raw facts; roll-ups are left to the pipeline."""
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    EventName.objects.bulk_create(
        [EventName(name=LOGIN, kind="track", is_login=True, first_seen_at=NOW, last_seen_at=NOW)],
        ignore_conflicts=True,
    )
    product, _ = Product.objects.get_or_create(code="main", defaults={"name": "Main"})
    stored = {}
    for firm in firms:
        account = Account.objects.create(
            external_id=firm.name,
            name=firm.name,
            seats=firm.seats,
            stage=firm.stage,
            onboarding_started_on=firm.started_on,
            onboarding_due_on=firm.due_on,
            onboarding_completed_on=firm.completed_on,
            created_at=long_ago,
            updated_at=long_ago,
        )
        stored[firm.name] = account
        add_uses(account, firm.uses)
        for contact in firm.contacts:
            Interaction.objects.create(
                account=account,
                kind=contact.kind,
                summary="-",
                happened_at=contact.happened_at,
                known_at=contact.known_at,
            )
        _store_ledger(account, product, firm.ledger)
        _store_grades(account, firm.grades)
    return stored


def _store_grades(account: Account, grades: list[Grade]) -> None:
    people: dict[str, Person] = {}
    for number, one in enumerate(grades):
        survey, _ = Survey.objects.get_or_create(
            kind=one.kind,
            ces_scale=7 if one.scale == 7 else 5,
            defaults={"name": one.kind, "created_at": NOW, "updated_at": NOW},
        )
        if one.person and one.person not in people:
            people[one.person] = Person.objects.create(
                account=account,
                external_id=f"{account.external_id}/{one.person}/{number}",
                name=one.person,
                created_at=NOW,
                updated_at=NOW,
            )
        response = Response.objects.create(
            survey=survey,
            account=account,
            contact=people.get(one.person),
            kind=one.kind,
            scale=one.scale,
            score=one.changed[0] if one.changed else one.score,
            channel="link",
            happened_at=one.happened_at,
            known_at=one.known_at,
            edited_at=one.changed[1] if one.changed else None,
            is_suspected_robot=one.is_robot,
        )
        if one.changed:
            ResponseRevision.objects.create(
                response=response, score=one.score, replaced_at=one.changed[1]
            )


def add_uses(account: Account, uses: list[Use]) -> None:
    """Store events and mark their days, as ingest does."""
    Event.objects.bulk_create(
        [
            Event(
                account_id=account.pk,
                user_id=one.user,
                kind="track",
                name=one.name,
                happened_at=one.happened_at,
                known_at=one.known_at,
                message_key=uuid.uuid4(),
                properties={},
            )
            for one in uses
        ]
    )
    days = {local_date(one.happened_at, TOKYO) for one in uses}
    DirtyDay.objects.create(account_ids=[account.pk] * len(days), days=sorted(days))


def _store_ledger(account: Account, product: Product, ledger: list[Entry]) -> None:
    contracts: dict[str, Subscription] = {}
    for entry in ledger:
        if entry.contract not in contracts:
            contracts[entry.contract] = Subscription.objects.create(
                account=account,
                external_id=f"{account.external_id}/{entry.contract}",
                product=product,
                mrr=entry.mrr,
                currency="JPY",
                starts_on=entry.effective_on,
                status="active",
                updated_at=NOW,
            )
        is_churn = entry.kind == "churn"
        ContractEvent.objects.create(
            subscription=contracts[entry.contract],
            account=account,
            kind=entry.kind,
            effective_on=entry.effective_on,
            last_paid_on=entry.effective_on - dt.timedelta(days=1) if is_churn else None,
            known_at=entry.known_at,
            unit_price=entry.mrr,
            mrr=entry.mrr,
            currency="JPY",
            billing_months=entry.billing_months,
            starts_on=ledger[0].effective_on,
            term_ends_on=entry.term_ends_on,
            notice_given_on=entry.notice_given_on,
        )
