"""Customers as the items that the product's bulk upserts take."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from cs_platform.demo import catalogue
from cs_platform.demo.contracts import Contract, Entry
from cs_platform.demo.world import Customer

Item = dict[str, Any]


def moment(day: dt.date, zone: str, hour: int = 9) -> dt.datetime:
    """An hour of the morning of ``day`` in the workspace's zone."""
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone)).astimezone(dt.UTC)


def account_items(customer: Customer, owners: Sequence[str], zone: str) -> Iterator[Item]:
    """The account as on its first day, then each dated change, in order of time.

    ``owners`` are the e-mail addresses of the workspace's members, in the world's order.
    """
    life, firm = customer.life, customer.firm
    yield {
        "external_id": firm.external_id,
        "name": firm.name,
        "name_reading": firm.name_reading,
        "segment": firm.segment,
        "tier": firm.tier,
        "industry": firm.industry,
        "country": firm.country,
        "website": f"https://www.{firm.domain}/",
        "stage": life.stages[0][1],
        "owner_email": owners[customer.first_owner],
        "sales_owner_email": owners[0],
        "handover_note": customer.handover_note,
        "seats": firm.seats,
        "goals": customer.goals,
        "fit": life.fit,
        "onboarding_started_on": life.starts_on,
        "onboarding_due_on": life.onboarding_due_on,
        "attributes": {"name_en": firm.name_en},
        "happened_at": moment(life.starts_on, zone),
    }
    changes: list[tuple[dt.date, dict[str, Any]]] = [
        (day, {"stage": stage}) for day, stage in life.stages[1:]
    ]
    if life.onboarding_completed_on is not None:
        day = life.onboarding_completed_on
        changes.append((day, {"onboarding_completed_on": day}))
    seats = firm.seats
    core = (e for contract in life.contracts for e in contract.entries if e.terms.product == "core")
    for entry in core:
        if entry.terms.seats != seats:
            seats = entry.terms.seats
            changes.append((entry.effective_on, {"seats": seats}))
    if customer.handed_over_on is not None:
        changes.append((customer.handed_over_on, {"owner_email": owners[customer.owner]}))
    for day, change in sorted(changes, key=lambda pair: pair[0]):
        yield {
            "external_id": firm.external_id,
            "happened_at": moment(day, zone),
            **change,
        }


def contact_items(customer: Customer, zone: str) -> Iterator[Item]:
    """The people of an account."""
    for person in customer.people:
        yield {
            "external_id": person.external_id,
            "account_external_id": customer.firm.external_id,
            "name": person.name,
            "name_reading": person.name_reading,
            "email": person.email,
            "phones": [person.phone],
            "department": person.department,
            "title": person.title,
            "language": person.language,
            "consent": person.consent,
            "is_champion": person.is_champion,
            "is_decision_maker": person.is_decision_maker,
            "user_ids": [person.user_id],
            "happened_at": moment(customer.life.starts_on, zone),
        }


def contract_items(contract: Contract, account: str) -> Iterator[Item]:
    """The contract as stated when it began, then what each later entry changes of it."""
    identity = {
        "external_id": contract.external_id,
        "account_external_id": account,
        "product": contract.entries[0].terms.product,
    }
    for number, entry in enumerate(contract.entries):
        yield {**identity, "effective_on": entry.effective_on, **_change(entry, number == 0)}


def _change(entry: Entry, is_first: bool) -> Item:
    terms = entry.terms
    term = {"term_ends_on": terms.term_ends_on, "notice_deadline_on": terms.notice_deadline_on}
    money = {"plan": terms.plan, "seats": terms.seats, "unit_price": terms.unit_price}
    if is_first:
        return {
            **money,
            **term,
            "starts_on": entry.effective_on,
            "plan_rank": catalogue.offer(terms.product, terms.plan).rank,
            "currency": terms.currency,
            "billing_months": terms.billing_months,
            "term_months": terms.term_months,
            "auto_renew": terms.auto_renew,
        }
    if entry.kind == "renewal":
        return term
    if entry.kind in ("notice", "notice_withdrawn"):
        return {"notice_given_on": entry.effective_on if entry.kind == "notice" else None}
    if entry.kind == "churn":
        return {
            "ended_on": entry.last_paid_on,
            "reason": entry.reason,
            "competitor": entry.competitor,
            "note": entry.note,
        }
    return money


def interaction_items(customer: Customer, owners: Sequence[str]) -> Iterator[Item]:
    """What was said, by whom of us to whom of them."""
    for talk in customer.talks:
        yield {
            "external_id": talk.external_id,
            "account_external_id": customer.firm.external_id,
            "contact_external_id": talk.person.external_id if talk.person else None,
            "author_email": owners[customer.owner_on(talk.happened_at.date())],
            "kind": talk.kind,
            "happened_at": talk.happened_at,
            "duration_minutes": talk.duration_minutes,
            "participants": talk.person.name if talk.person else "",
            "sentiment": talk.sentiment,
            "summary": talk.summary,
            "customer_words": talk.customer_words,
            "next_step": talk.next_step,
            "next_step_on": talk.next_step_on,
        }
