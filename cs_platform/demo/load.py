"""The generated world enters a workspace as a customer's own data would: by import and ingest.

Every step goes by external ids and message ids and commits as it goes, so a run that was killed
is finished by running it again.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import msgspec

from accounts.actions.accounts import upsert_accounts
from accounts.actions.catalogue import create_plan, create_product, upsert_rates
from accounts.actions.contacts import upsert_contacts
from accounts.actions.interactions import upsert_interactions
from accounts.actions.subscriptions import upsert_subscriptions
from accounts.actions.upsert import Result
from accounts.actors import Actor
from accounts.models import Account, Plan, Product, Workspace
from cs_platform.core import tenancy
from cs_platform.demo import catalogue
from cs_platform.demo.items import (
    account_items,
    contact_items,
    contract_items,
    interaction_items,
)
from cs_platform.demo.usage import Event
from cs_platform.demo.world import Customer, World
from metrics.usage.ingest.load import Sender, load_events
from metrics.usage.ingest.parse import Reading, parse_body
from metrics.usage.rollup import roll_up_usage

CUSTOMERS_AT_ONCE = 200
EVENTS_AT_ONCE = 5_000
EVENTS_PER_ROLLUP = 500_000

Progress = Callable[[int], object]
Thing = TypeVar("Thing")


class Refused(RuntimeError):
    """The product did not take something that was generated: the generator is wrong."""


@dataclass
class Loader:
    """Writes ``world`` into ``workspace``; ``owners`` are the addresses of its members in order."""

    workspace: Workspace
    world: World
    owners: Sequence[str]
    now: dt.datetime
    actor: Actor = field(default_factory=lambda: Actor.system("generate_workspace"))

    def customers(self, progress: Progress) -> None:
        """Accounts, contacts, contracts and conversations."""
        zone = self.workspace.timezone
        for batch in _in_batches(self.world.customers(), CUSTOMERS_AT_ONCE):
            with tenancy.scope(self.workspace.pk):
                chunk = self._missing(batch)
                taken(
                    upsert_accounts(
                        items=[i for c in chunk for i in account_items(c, self.owners, zone)],
                        is_historical=True,
                        actor=self.actor,
                        now=self.now,
                    )
                )
                taken(
                    upsert_contacts(
                        items=[item for c in chunk for item in contact_items(c, zone)],
                        actor=self.actor,
                        now=self.now,
                    )
                )
                # those who came back last: whether a contract is a return is seen from the others
                for is_return in (False, True):
                    items = [
                        item
                        for customer in chunk
                        for contract in customer.life.contracts
                        if (contract.entries[0].kind == "reactivation") == is_return
                        for item in contract_items(contract, customer.firm.external_id)
                    ]
                    taken(
                        upsert_subscriptions(
                            items=items, is_historical=True, actor=self.actor, now=self.now
                        )
                    )
                taken(
                    upsert_interactions(
                        items=[i for c in chunk for i in interaction_items(c, self.owners)],
                        is_historical=True,
                        actor=self.actor,
                        now=self.now,
                    )
                )
            progress(len(batch))

    def _missing(self, customers: Sequence[Customer]) -> list[Customer]:
        # a batch is written in one transaction: an account that is there is there with everything
        ids = [customer.firm.external_id for customer in customers]
        known = set(
            Account.objects.filter(external_id__in=ids).values_list("external_id", flat=True)
        )
        return [customer for customer in customers if customer.firm.external_id not in known]

    def catalogue(self) -> None:
        """Products, plans and exchange rates."""
        with tenancy.scope(self.workspace.pk):
            products = {product.code: product for product in Product.objects.all()}
            for code, name in catalogue.PRODUCTS.items():
                if code not in products:
                    products[code] = create_product(
                        actor=self.actor, code=code, name=name, now=self.now
                    )
            plans = set(Plan.objects.values_list("product__code", "code"))
            for plan in catalogue.PLANS:
                if (plan.product, plan.code) not in plans:
                    create_plan(
                        actor=self.actor,
                        product=products[plan.product],
                        code=plan.code,
                        name=plan.name,
                        rank=plan.rank,
                        now=self.now,
                    )
            rates = [
                vars(rate) for rate in self.world.rates if rate.currency != self.workspace.currency
            ]
            taken(upsert_rates(actor=self.actor, now=self.now, items=rates))

    def usage(self, progress: Progress) -> None:
        """Usage events through the parser and the ingest statement, rolled up as they come."""
        waiting = 0
        for batch in _in_batches(self._events(), EVENTS_AT_ONCE):
            self.ingest([_message(event) for event in batch], is_historical=True)
            waiting += len(batch)
            if waiting >= EVENTS_PER_ROLLUP:
                self.roll_up()
                waiting = 0
            progress(len(batch))
        self.roll_up()

    def _events(self) -> Iterator[Event]:
        for number, share in enumerate(self.world.shares().tolist()):
            yield from self.world.events(number, share)

    def ingest(self, messages: Iterable[dict[str, Any]], *, is_historical: bool) -> None:
        """Take in messages of the Segment specification, as the collection endpoints do."""
        received_at = self.now
        parsed = parse_body(
            msgspec.json.encode({"batch": list(messages)}),
            Reading(self.workspace.pk, received_at, is_historical=is_historical),
        )
        sender = Sender(
            workspace_id=self.workspace.pk,
            timezone=self.workspace.timezone,
            unknown_accounts=self.workspace.unknown_accounts,
            name="generate_workspace",
        )
        load_events(parsed, sender=sender, endpoint="import", received_at=received_at)

    def roll_up(self) -> None:
        """Bring the daily figures up to the events loaded so far."""
        with tenancy.scope(self.workspace.pk):
            roll_up_usage(self.now)


def _message(event: Event) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event.name,
        "userId": event.user_id,
        "messageId": event.message_id,
        "timestamp": event.happened_at,
        "context": {"groupId": event.account},
        "properties": event.properties,
    }


def _in_batches(items: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def taken(results: Iterable[Result]) -> None:
    """Raise at the first item that was rejected."""
    for result in islice((r for r in results if r.is_rejected), 1):
        raise Refused(f"{result.external_id}: {result.problems}")
