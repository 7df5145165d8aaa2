"""The contract ledger: read, and appended to by kind of event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.actions import contracts, corrections
from accounts.actions.catalogue import ensure_plans
from accounts.actions.subscriptions import TERMS
from accounts.api.base import WorkspaceView, asked_account
from accounts.api.bodies import input_schema, read_fields
from accounts.api.resources import CONTRACT_EVENT
from accounts.api.views import ACCOUNT_FILTER
from accounts.fields import REQUIRED, Choice, Currency, Day, Number, Rule, Text, Whole, YesNo
from accounts.models import Account, ContractEvent, Subscription
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation, read_object
from cs_platform.core.listing import Listing
from cs_platform.core.openapi import component
from cs_platform.core.problems import ApiProblem, FieldError

_SUBSCRIPTION: dict[str, Rule] = {"subscription_external_id": Text(200, empty=REQUIRED)}
_NOTE: dict[str, Rule] = {"note": Text(), "is_historical": YesNo()}
_DAY: dict[str, Rule] = {"effective_on": Day(empty=REQUIRED)}
_REASON: dict[str, Rule] = {"reason": Choice(ContractEvent.Reason.values)}
_PLAIN = {**_SUBSCRIPTION, **_DAY, **_NOTE}
_TERMS = {name: rule for name, rule in TERMS.items() if name != "plan_rank"}


@dataclass(frozen=True)
class Kind:
    """An event that may be posted: its fields, and the action that carries it out."""

    rules: Mapping[str, Rule]
    act: Callable[..., Any]
    description: str
    required: tuple[str, ...] = ()

    def example(self, name: str) -> dict[str, Any]:
        """A body of this kind."""
        return {"kind": name, **{field: EXAMPLES[field] for field in self.required}}


EXAMPLES = {
    "subscription_external_id": "contract-1",
    "account_external_id": "acme-1",
    "effective_on": "2025-10-01",
    "given_on": "2025-10-01",
    "last_paid_on": "2026-03-31",
    "reason": "price",
    "amount": "50000",
    "event": 1,
}
_BOTH = ("subscription_external_id", "effective_on")
KINDS = {
    "renewal": Kind(
        {**_SUBSCRIPTION, "effective_on": Day(), **_TERMS, **_NOTE},
        contracts.renew_subscription,
        "Renewed, from the day after the term unless `effective_on` says otherwise.",
        ("subscription_external_id",),
    ),
    "change": Kind(
        {**_PLAIN, **_TERMS},
        contracts.change_subscription,
        "New terms; upsell, contraction, price rise or other follows from them.",
        _BOTH,
    ),
    "notice": Kind(
        {**_SUBSCRIPTION, "given_on": Day(empty=REQUIRED), **_REASON, **_NOTE},
        contracts.give_notice,
        "The customer gave notice.",
        ("subscription_external_id", "given_on"),
    ),
    "notice_withdrawn": Kind(_PLAIN, contracts.withdraw_notice, "The customer stays.", _BOTH),
    "pause": Kind(_PLAIN, contracts.pause_subscription, "Paused.", _BOTH),
    "resume": Kind(_PLAIN, contracts.resume_subscription, "In use again.", _BOTH),
    "churn": Kind(
        {
            **_SUBSCRIPTION,
            "last_paid_on": Day(empty=REQUIRED),
            "reason": Choice(ContractEvent.Reason.values, empty=REQUIRED),
            "competitor": Text(200),
            **_NOTE,
        },
        contracts.end_subscription,
        "Ended; `last_paid_on` is the last day paid for.",
        ("subscription_external_id", "last_paid_on", "reason"),
    ),
    "reactivation": Kind(
        {**_PLAIN, **_TERMS},
        contracts.reactivate_subscription,
        "Begins again after its end; terms not given are as they were.",
        _BOTH,
    ),
    "one_off": Kind(
        {
            "account_external_id": Text(200, empty=REQUIRED),
            "subscription_external_id": Text(200, empty=None),
            "external_id": Text(200, empty=None),
            "amount": Number(4, empty=REQUIRED),
            "currency": Currency(),
            **_DAY,
            **_NOTE,
        },
        corrections.record_one_off,
        "A purchase outside the recurring revenue.",
        ("account_external_id", "amount", "effective_on"),
    ),
    "void": Kind(
        {"event": Whole(1, 2**62, empty=REQUIRED), "note": Text()},
        corrections.void_event,
        "Takes a mistaken entry, the last of its contract, out of account.",
        ("event",),
    ),
}


def _input(name: str, kind: Kind) -> dict[str, Any]:
    return input_schema(
        f"ContractEvent{name.title().replace('_', '')}Input",
        {"kind": Choice((name,), empty=REQUIRED), **kind.rules},
        required=("kind", *kind.required),
        description=kind.description,
    )


EVENT_INPUT = component(
    "ContractEventInput", {"oneOf": [_input(name, kind) for name, kind in KINDS.items()]}
)
APPENDED = component(
    "ContractEvents",
    {
        "type": "object",
        "description": "The entries that were appended; a renewal on new terms makes two.",
        "properties": {"items": {"type": "array", "items": CONTRACT_EVENT.schema}},
        "required": ["items"],
        "additionalProperties": False,
    },
)


class ContractEvents(WorkspaceView):
    """The ledger."""

    tag = "contract-events"

    @operation(
        "read",
        "List the contract ledger",
        answers={200: CONTRACT_EVENT.page_schema},
        parameters=(
            *CONTRACT_EVENT.list_parameters,
            ACCOUNT_FILTER,
            parameters.text("subscription", "External id of a contract.", example="contract-1"),
            parameters.choice("kind", "Only this kind.", ContractEvent.Kind.values),
            parameters.day("effective_from", "Only entries effective on or after this day."),
            parameters.day("effective_before", "Only entries effective before this day."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {}
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        if "subscription" in query:
            found = Subscription.objects.filter(external_id=query["subscription"]).first()
            if found is None:
                raise _unknown_subscription(400, parameter="subscription")
            wanted["subscription_id"] = found.pk
        for name, condition in (
            ("kind", "kind"),
            ("effective_from", "effective_on__gte"),
            ("effective_before", "effective_on__lt"),
        ):
            if name in query:
                wanted[condition] = query[name]
        return Answer(CONTRACT_EVENT.page(Listing(ContractEvent, wanted), query))

    @operation(
        "write",
        "Append to the contract ledger",
        description="Entries are never changed; a mistake is taken out of account by `void`. "
        "A contract is begun by `PUT /api/v1/subscriptions/{external_id}`.",
        answers={201: APPENDED},
        body=EVENT_INPUT,
        example=KINDS["change"].example("change") | {"seats": 50},
    )
    def post(self, request: Any) -> Answer:
        body = read_object(self.body)
        name = body.get("kind")
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            detail = f"Must be one of: {', '.join(KINDS)}."
            raise ApiProblem(
                422,
                "unknown_choice",
                detail,
                errors=[FieldError("unknown_choice", detail, "/kind")],
            )
        given = {field: value for field, value in body.items() if field != "kind"}
        values = _resolved(read_fields(given, kind.rules, required=kind.required))
        done = kind.act(actor=self.actor, now=clock.now(), **values)
        events = done if isinstance(done, list) else [done]
        rows = [CONTRACT_EVENT.one(ContractEvent.objects.filter(pk=event.pk)) for event in events]
        return Answer({"items": rows}, status=201)


def _resolved(values: dict[str, Any]) -> dict[str, Any]:
    """Objects in the place of ids and codes, and without the terms that are not given."""
    subscription = None
    if "account_external_id" in values:
        values["account"] = Account.objects.filter(
            external_id=values.pop("account_external_id")
        ).first()
        if values["account"] is None:
            raise _unknown(
                "unknown_account", "There is no account with this id.", "account_external_id"
            )
    if values.get("subscription_external_id"):
        subscription = (
            Subscription.objects.select_related("account")
            .filter(external_id=values["subscription_external_id"])
            .first()
        )
        if subscription is None:
            raise _unknown_subscription(422)
        values["subscription"] = subscription
    values.pop("subscription_external_id", None)
    if "event" in values:
        found = ContractEvent.objects.select_related("account").filter(pk=values["event"]).first()
        if found is None:
            raise _unknown("unknown_event", "There is no entry with this id.", "event")
        values["event"] = found
    if values.get("plan") and subscription is not None:
        key = (subscription.product_id, values["plan"])
        values["plan"] = ensure_plans({key: None})[key]
    for name in ("mrr", "unit_price", "currency", "effective_on", "term_months"):
        if name in values and values[name] in {None, ""}:
            del values[name]
    return values


def _unknown(code: str, detail: str, field: str) -> ApiProblem:
    return ApiProblem(422, code, detail, errors=[FieldError(code, detail, f"/{field}")])


def _unknown_subscription(status: int, parameter: str | None = None) -> ApiProblem:
    code, detail = "unknown_subscription", "There is no contract with this id."
    where = None if parameter else "/subscription_external_id"
    return ApiProblem(
        status, code, detail, errors=[FieldError(code, detail, where, parameter=parameter)]
    )
