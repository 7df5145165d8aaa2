"""Accounts, contacts, contracts, interactions and tasks as the API shows them."""

from accounts.models import Account, Contact, ContractEvent, Interaction, Subscription
from cs_platform.core.resources import (
    BOOLEAN,
    DAY,
    DAY_OR_NULL,
    MOMENT,
    MOMENT_OR_NULL,
    MONEY,
    MONEY_OR_NULL,
    Column,
    Resource,
    number_type,
    text_type,
)

TEXT = text_type()
TEXT_OR_NULL = text_type(nullable=True)
WHOLE = number_type("integer")
WHOLE_OR_NULL = number_type("integer", nullable=True)


def _same(**schemas: dict[str, object]) -> dict[str, Column]:
    return {name: Column(name, schema) for name, schema in schemas.items()}


def _codes(codes: list[str], *, blank: bool = False) -> dict[str, object]:
    return {"type": "string", "enum": [code for code in codes if code] + [""] * blank}


def _texts(description: str) -> dict[str, object]:
    return {"type": "array", "items": TEXT, "description": description}


ACCOUNT = Resource(
    name="Account",
    description="A customer firm.",
    columns={
        **_same(
            external_id=TEXT,
            name=TEXT,
            name_reading=TEXT,
            segment=_codes(Account.Segment.values, blank=True),
            tier=TEXT,
            industry=TEXT,
            country=TEXT,
            website=TEXT,
            stage=_codes(Account.Stage.values),
        ),
        "owner_email": Column("owner__user__email", TEXT_OR_NULL),
        "sales_owner_email": Column("sales_owner__user__email", TEXT_OR_NULL),
        "parent_external_id": Column("parent__external_id", TEXT_OR_NULL),
        "referrer_external_id": Column("referrer__external_id", TEXT_OR_NULL),
        **_same(
            handover_note=TEXT,
            seats=WHOLE_OR_NULL,
            goals=TEXT,
            fit=_codes(Account.Fit.values, blank=True),
            onboarding_started_on=DAY_OR_NULL,
            onboarding_due_on=DAY_OR_NULL,
            onboarding_completed_on=DAY_OR_NULL,
            attributes={"type": "object", "additionalProperties": True},
            is_unconfirmed={
                **BOOLEAN,
                "description": "Made by a usage event that named an unknown account.",
            },
            created_at=MOMENT,
            updated_at=MOMENT,
        ),
    },
    example={
        "external_id": "acme-1",
        "name": "株式会社アクメ",
        "name_reading": "アクメ",
        "segment": "mid_market",
        "stage": "adoption",
        "owner_email": None,
        "seats": 40,
    },
    sorts={"name": "name", "external_id": "external_id", "created": "pk"},
)

CONTACT = Resource(
    name="Contact",
    description="A person at an account.",
    columns={
        **_same(external_id=TEXT),
        "account_external_id": Column("account__external_id", TEXT),
        **_same(
            name=TEXT,
            name_reading=TEXT,
            email=TEXT,
            phones=_texts("As they were given."),
            department=TEXT,
            title=TEXT,
            language=_codes(["en", "ja"], blank=True),
            timezone=TEXT,
            consent=_codes(Contact.Consent.values),
            consent_at=MOMENT_OR_NULL,
            consent_source=TEXT,
            is_champion=BOOLEAN,
            is_decision_maker=BOOLEAN,
            user_ids=_texts("Ids under which this person's usage events arrive."),
            left_on=DAY_OR_NULL,
            created_at=MOMENT,
            updated_at=MOMENT,
        ),
    },
    example={
        "external_id": "person-1",
        "account_external_id": "acme-1",
        "name": "佐藤 花子",
        "email": "hanako@acme.example",
        "is_champion": True,
    },
    sorts={"created": "pk", "external_id": "external_id"},
)

_TERMS = _same(
    seats=WHOLE_OR_NULL,
    unit_price=MONEY,
    mrr={**MONEY, "description": "Monthly recurring revenue, in `currency`."},
    currency=TEXT,
    billing_months=WHOLE,
)

SUBSCRIPTION = Resource(
    name="Subscription",
    description="A contract as its ledger leaves it now.",
    columns={
        **_same(external_id=TEXT),
        "account_external_id": Column("account__external_id", TEXT),
        "product": Column("product__code", TEXT),
        "plan": Column("plan__code", TEXT_OR_NULL),
        **_TERMS,
        **_same(
            starts_on=DAY,
            term_ends_on={**DAY_OR_NULL, "description": "Last paid day of the term."},
            term_months=WHOLE_OR_NULL,
            auto_renew=BOOLEAN,
            notice_deadline_on=DAY_OR_NULL,
            notice_given_on=DAY_OR_NULL,
            ended_on={**DAY_OR_NULL, "description": "Last paid day of the contract."},
            status=_codes(Subscription.Status.values),
            updated_at=MOMENT,
        ),
    },
    example={
        "external_id": "contract-1",
        "account_external_id": "acme-1",
        "product": "suite",
        "plan": "standard",
        "seats": 40,
        "mrr": "120000.0000",
        "currency": "JPY",
    },
    sorts={"created": "pk", "external_id": "external_id"},
)

CONTRACT_EVENT = Resource(
    name="ContractEvent",
    description="One entry of the contract ledger, with the state after it.",
    columns={
        **_same(id=WHOLE, external_id=TEXT_OR_NULL, kind=_codes(ContractEvent.Kind.values)),
        "account_external_id": Column("account__external_id", TEXT),
        "subscription_external_id": Column("subscription__external_id", TEXT_OR_NULL),
        **_same(
            effective_on=DAY,
            last_paid_on=DAY_OR_NULL,
            known_at=MOMENT,
            is_historical=BOOLEAN,
        ),
        "plan": Column("plan__code", TEXT_OR_NULL),
        **_TERMS,
        **_same(
            starts_on=DAY_OR_NULL,
            term_ends_on=DAY_OR_NULL,
            term_months=WHOLE_OR_NULL,
            auto_renew=BOOLEAN,
            notice_deadline_on=DAY_OR_NULL,
            notice_given_on=DAY_OR_NULL,
            is_paused=BOOLEAN,
            amount={**MONEY_OR_NULL, "description": "Of a one-off purchase."},
            reason=_codes(ContractEvent.Reason.values, blank=True),
            competitor=TEXT,
            note=TEXT,
        ),
        "voids": Column("voids_id", {**WHOLE_OR_NULL, "description": "The entry this one voids."}),
    },
    example={"id": 1, "kind": "new", "subscription_external_id": "contract-1"},
    sorts={"recorded": "pk", "effective_on": "effective_on"},
)

INTERACTION = Resource(
    name="Interaction",
    description="One contact with a customer.",
    columns={
        **_same(id=WHOLE, external_id=TEXT_OR_NULL),
        "account_external_id": Column("account__external_id", TEXT),
        "contact_external_id": Column("contact__external_id", TEXT_OR_NULL),
        "author_email": Column("author__user__email", TEXT_OR_NULL),
        **_same(
            kind=_codes(Interaction.Kind.values),
            happened_at=MOMENT,
            known_at=MOMENT,
            duration_minutes=WHOLE_OR_NULL,
            participants=TEXT,
            sentiment=_codes(Interaction.Sentiment.values, blank=True),
            summary=TEXT,
            customer_words=TEXT,
            need=TEXT,
            is_read_back=BOOLEAN,
            next_step=TEXT,
            next_step_on=DAY_OR_NULL,
        ),
    },
    example={"id": 1, "account_external_id": "acme-1", "kind": "call_out", "summary": "…"},
    sorts={"recorded": "pk"},
)

TASK = Resource(
    name="Task",
    description="Something a member has promised to do by a day.",
    columns={
        **_same(id=WHOLE, title=TEXT),
        "account_external_id": Column("account__external_id", TEXT_OR_NULL),
        "owner_email": Column("owner__user__email", TEXT_OR_NULL),
        "interaction": Column("interaction_id", WHOLE_OR_NULL),
        **_same(due_on=DAY_OR_NULL, done_at=MOMENT_OR_NULL, created_at=MOMENT),
    },
    example={"id": 1, "title": "Send the agenda", "due_on": "2025-04-10"},
    sorts={"created": "pk", "due_on": "due_on"},
)
