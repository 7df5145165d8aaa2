"""A renewal as the API shows it."""

from typing import Any

from accounts.models import Account
from cs_platform.core.resources import (
    BOOLEAN,
    DAY,
    DAY_OR_NULL,
    MOMENT,
    MONEY_OR_NULL,
    Column,
    Resource,
    number_type,
    text_type,
)
from health.models import Band
from health.renewals.models import Forecast, Step

TEXT = text_type()
_CATEGORY: dict[str, Any] = {
    "type": "string",
    "enum": [*Forecast.values, ""],
    "description": "Empty: no forecast.",
}
_PROBABILITY = number_type(nullable=True, minimum=0, maximum=1)

RENEWAL = Resource(
    name="Renewal",
    description="One end of a contract's term. Money is per year, in the workspace's currency.",
    columns={
        "id": Column("id", number_type("integer")),
        "subscription_external_id": Column("subscription__external_id", TEXT),
        "account_external_id": Column("account__external_id", TEXT),
        "account_name": Column("account__name", TEXT),
        "owner_email": Column("owner__user__email", text_type(nullable=True)),
        "segment": Column("segment", {"type": "string", "enum": [*Account.Segment.values, ""]}),
        "term_ends_on": Column("term_ends_on", {**DAY, "description": "Last paid day."}),
        "notice_deadline_on": Column("notice_deadline_on", DAY_OR_NULL),
        "notice_given_on": Column("notice_given_on", DAY_OR_NULL),
        "auto_renew": Column("auto_renew", BOOLEAN),
        "arr": Column("arr", MONEY_OR_NULL),
        "band": Column("band", {"type": "string", "enum": Band.values}),
        "score": Column("score", number_type(nullable=True)),
        "step": Column("step", {"type": "string", "enum": Step.values}),
        "is_open": Column("is_open", BOOLEAN),
        "closed_on": Column(
            "closed_on",
            {**DAY_OR_NULL, "description": "First day of the new term, or last paid day."},
        ),
        "closed_arr": Column("closed_arr", MONEY_OR_NULL),
        "next_step": Column("next_step", TEXT),
        "due_on": Column("due_on", DAY_OR_NULL),
        "model_probability": Column("model_probability", _PROBABILITY),
        "model_on": Column("model_on", DAY_OR_NULL),
        "csm_category": Column("csm_category", _CATEGORY),
        "csm_amount": Column("csm_amount", MONEY_OR_NULL),
        "final_category": Column("final_category", _CATEGORY),
        "final_amount": Column("final_amount", MONEY_OR_NULL),
        "version": Column("version", number_type("integer")),
        "updated_at": Column("updated_at", MOMENT),
    },
    example={"id": 1, "account_external_id": "acme-1", "step": "quoted", "csm_category": "likely"},
    sorts={
        name: name
        for name in ("term_ends_on", "notice_deadline_on", "arr", "due_on", "model_probability")
    },
)
