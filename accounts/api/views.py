"""Accounts, contacts and contracts: read, written by external id, one or many at a time."""

from typing import Any

from accounts.actions import accounts as account_actions
from accounts.actions import contacts as contact_actions
from accounts.actions import subscriptions as subscription_actions
from accounts.api.base import WorkspaceView, asked_account, asked_member
from accounts.api.bodies import input_schema
from accounts.api.resources import ACCOUNT, CONTACT, SUBSCRIPTION
from accounts.api.upserts import BULK_ANSWER, UpsertView, bulk_schema, write_many
from accounts.models import Account, Contact, Subscription
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.listing import Listing
from cs_platform.core.resources import text_type

ACCOUNT_FILTER = parameters.text(
    "account", "External id of an account: only what belongs to it.", example="acme-1"
)
OWNER_FILTER = parameters.text("owner", "E-mail address of the owner (CSM).")
_STAY = "Creates it, or brings it up to the body; fields not given stay as they are."
_BULK = (
    "Up to 1,000 items, each with its own result: a bad one leaves the others alone. Items with "
    "the same id take effect one after the other."
)


def _path(name: str, example: str) -> dict[str, Any]:
    return {
        "external_id": {
            "description": f"The {name}'s external id.",
            "schema": text_type(200, minLength=1),
            "example": example,
        }
    }


ACCOUNT_INPUT = input_schema(
    "AccountInput",
    account_actions.RULES,
    description="`name` is required for a new account. Custom `attributes` are merged by name, "
    "null removes one. `happened_at` dates the change of stage, owner, segment, tier, seats and "
    "onboarding days; without it they change now.",
)
CONTACT_INPUT = input_schema(
    "ContactInput",
    contact_actions.RULES,
    description="`name` and `account_external_id` are required for a new contact.",
)
SUBSCRIPTION_INPUT = input_schema(
    "SubscriptionInput",
    subscription_actions.RULES,
    description="The contract as it is: what differs from the ledger is appended to it, dated "
    "`effective_on` (today without it). A new contract needs `account_external_id`, `product` "
    "and `starts_on`. `ended_on` is the last paid day.",
)


class Accounts(WorkspaceView):
    """The list of accounts."""

    tag = "accounts"

    @operation(
        "read",
        "List accounts",
        answers={200: ACCOUNT.page_schema},
        parameters=(
            *ACCOUNT.list_parameters,
            parameters.choice("segment", "Only this segment.", Account.Segment.values),
            parameters.choice("stage", "Only this lifecycle stage.", Account.Stage.values),
            parameters.text("tier", "Only this tier."),
            parameters.text("country", "Only this country, by its two letters.", longest=2),
            parameters.flag("is_unconfirmed", "Only accounts made by a usage event, or none."),
            OWNER_FILTER,
            parameters.moment("updated_since", "Only accounts changed at or after this moment."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        plain = ("segment", "stage", "tier", "country", "is_unconfirmed")
        wanted: dict[str, Any] = {name: query[name] for name in plain if name in query}
        if "owner" in query:
            wanted["owner_id"] = asked_member(query["owner"]).pk
        if "updated_since" in query:
            wanted["updated_at__gte"] = query["updated_since"]
        return Answer(ACCOUNT.page(Listing(Account, wanted), query))


class AccountItem(UpsertView):
    """One account."""

    tag = "accounts"
    model = Account
    resource = ACCOUNT
    rules = account_actions.RULES
    upsert = staticmethod(account_actions.upsert_accounts)
    path_parameters = _path("account", "acme-1")

    @operation(
        "read",
        "Read an account",
        answers={200: ACCOUNT.schema},
        parameters=(ACCOUNT.fields,),
        has_etag=True,
    )
    def get(self, request: Any, external_id: str) -> Answer:
        return self.read_one(external_id)

    @operation(
        "write",
        "Create or change an account",
        description=_STAY,
        answers={200: ACCOUNT.schema, 201: ACCOUNT.schema},
        body=ACCOUNT_INPUT,
        example={"name": "株式会社アクメ", "segment": "mid_market", "seats": 40},
        has_etag=True,
    )
    def put(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=True)

    @operation(
        "write",
        "Change an account that exists",
        answers={200: ACCOUNT.schema},
        body=ACCOUNT_INPUT,
        example={"seats": 50},
        has_etag=True,
    )
    def patch(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=False)


class AccountBulk(WorkspaceView):
    """Many accounts at once."""

    tag = "accounts"
    body_bytes = 5 * 1024 * 1024

    @operation(
        "write",
        "Create or change many accounts",
        description=_BULK,
        answers={200: BULK_ANSWER},
        body=bulk_schema("AccountBulk", ACCOUNT_INPUT),
        example={"items": [{"external_id": "acme-1", "name": "株式会社アクメ"}]},
    )
    def post(self, request: Any) -> Answer:
        upsert = account_actions.upsert_accounts
        return write_many(
            self.body, account_actions.RULES, upsert, actor=self.actor, now=clock.now()
        )


class Contacts(WorkspaceView):
    """The list of contacts."""

    tag = "contacts"

    @operation(
        "read",
        "List contacts",
        answers={200: CONTACT.page_schema},
        parameters=(
            *CONTACT.list_parameters,
            ACCOUNT_FILTER,
            parameters.text("email", "Only this address, without regard to case.", longest=254),
            parameters.text("user_id", "Only the person whose events arrive under this id."),
            parameters.flag("is_champion", "Only champions, or only others."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {}
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        if "email" in query:
            wanted["email__iexact"] = query["email"]
        if "user_id" in query:
            wanted["user_ids__contains"] = [query["user_id"]]
        if "is_champion" in query:
            wanted["is_champion"] = query["is_champion"]
        return Answer(CONTACT.page(Listing(Contact, wanted), query))


class ContactItem(UpsertView):
    """One contact."""

    tag = "contacts"
    model = Contact
    resource = CONTACT
    rules = contact_actions.RULES
    upsert = staticmethod(contact_actions.upsert_contacts)
    path_parameters = _path("contact", "person-1")

    @operation(
        "read",
        "Read a contact",
        answers={200: CONTACT.schema},
        parameters=(CONTACT.fields,),
        has_etag=True,
    )
    def get(self, request: Any, external_id: str) -> Answer:
        return self.read_one(external_id)

    @operation(
        "write",
        "Create or change a contact",
        description=_STAY,
        answers={200: CONTACT.schema, 201: CONTACT.schema},
        body=CONTACT_INPUT,
        example={"name": "佐藤 花子", "account_external_id": "acme-1", "is_champion": True},
        has_etag=True,
    )
    def put(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=True)

    @operation(
        "write",
        "Change a contact that exists",
        answers={200: CONTACT.schema},
        body=CONTACT_INPUT,
        example={"title": "部長"},
        has_etag=True,
    )
    def patch(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=False)


class ContactBulk(WorkspaceView):
    """Many contacts at once."""

    tag = "contacts"
    body_bytes = 5 * 1024 * 1024

    @operation(
        "write",
        "Create or change many contacts",
        description=_BULK,
        answers={200: BULK_ANSWER},
        body=bulk_schema("ContactBulk", CONTACT_INPUT, is_dated=False),
        example={
            "items": [
                {"external_id": "person-1", "account_external_id": "acme-1", "name": "佐藤 花子"}
            ]
        },
    )
    def post(self, request: Any) -> Answer:
        upsert = contact_actions.upsert_contacts
        return write_many(
            self.body,
            contact_actions.RULES,
            upsert,
            is_dated=False,
            actor=self.actor,
            now=clock.now(),
        )


class Subscriptions(WorkspaceView):
    """The list of contracts."""

    tag = "subscriptions"

    @operation(
        "read",
        "List contracts",
        answers={200: SUBSCRIPTION.page_schema},
        parameters=(
            *SUBSCRIPTION.list_parameters,
            ACCOUNT_FILTER,
            parameters.choice("status", "Only this status.", Subscription.Status.values),
            parameters.text("product", "Only this product, by its code.", longest=100),
            parameters.day("term_ends_before", "Only terms that end before this day."),
            parameters.day("term_ends_from", "Only terms that end on or after this day."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {}
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        for name, condition in (
            ("status", "status"),
            ("product", "product__code"),
            ("term_ends_before", "term_ends_on__lt"),
            ("term_ends_from", "term_ends_on__gte"),
        ):
            if name in query:
                wanted[condition] = query[name]
        return Answer(SUBSCRIPTION.page(Listing(Subscription, wanted), query))


class SubscriptionItem(UpsertView):
    """One contract."""

    tag = "subscriptions"
    model = Subscription
    resource = SUBSCRIPTION
    rules = subscription_actions.RULES
    upsert = staticmethod(subscription_actions.upsert_subscriptions)
    path_parameters = _path("contract", "contract-1")

    @operation(
        "read",
        "Read a contract",
        answers={200: SUBSCRIPTION.schema},
        parameters=(SUBSCRIPTION.fields,),
        has_etag=True,
    )
    def get(self, request: Any, external_id: str) -> Answer:
        return self.read_one(external_id)

    @operation(
        "write",
        "Create a contract, or state what it is now",
        description="What differs from the ledger is appended to it; stating the same again "
        "changes nothing.",
        answers={200: SUBSCRIPTION.schema, 201: SUBSCRIPTION.schema},
        body=SUBSCRIPTION_INPUT,
        example={
            "account_external_id": "acme-1",
            "product": "suite",
            "plan": "standard",
            "starts_on": "2025-04-01",
            "term_months": 12,
            "seats": 40,
            "unit_price": "3000",
        },
        has_etag=True,
    )
    def put(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=True)

    @operation(
        "write",
        "State what has changed about a contract that exists",
        answers={200: SUBSCRIPTION.schema},
        body=SUBSCRIPTION_INPUT,
        example={"seats": 50},
        has_etag=True,
    )
    def patch(self, request: Any, external_id: str) -> Answer:
        return self.write_one(external_id, may_create=False)


class SubscriptionBulk(WorkspaceView):
    """Many contracts at once."""

    tag = "subscriptions"
    body_bytes = 5 * 1024 * 1024

    @operation(
        "write",
        "Create or restate many contracts",
        description=_BULK,
        answers={200: BULK_ANSWER},
        body=bulk_schema("SubscriptionBulk", SUBSCRIPTION_INPUT),
        example={
            "items": [
                {
                    "external_id": "contract-1",
                    "account_external_id": "acme-1",
                    "product": "suite",
                    "starts_on": "2025-04-01",
                    "mrr": "120000",
                }
            ]
        },
    )
    def post(self, request: Any) -> Answer:
        upsert = subscription_actions.upsert_subscriptions
        return write_many(
            self.body, subscription_actions.RULES, upsert, actor=self.actor, now=clock.now()
        )
