"""The small firm the journeys take place in: known accounts, known people, known usage."""

import base64
import datetime as dt
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.actions.accounts import create_account
from accounts.actions.catalogue import create_product
from accounts.actions.contacts import create_contact
from accounts.actions.contracts import start_subscription
from accounts.actions.interactions import log_interaction
from accounts.actions.keys import create_key
from accounts.actions.members import add_member
from accounts.actions.workspace import create_workspace
from accounts.actors import Actor
from accounts.models import Account, Membership, Product, Workspace
from cs_platform.core import clock, tenancy

PASSWORD = "horse-battery-7-staple"
SYSTEM = Actor.system("journeys")
USAGE_DAYS = 42


@dataclass(frozen=True)
class Firm:
    """A customer as the journeys know it; ``silent_for`` days nobody there has used anything."""

    external_id: str
    name: str
    reading: str = ""
    owner: str = "csm"
    silent_for: int = 0
    spoke_days_ago: int | None = None


FIRMS = (
    Firm("polaris", "北極星商事株式会社", "ホッキョクセイショウジ", silent_for=30),
    Firm("bluebird", "Bluebird Logistics", spoke_days_ago=3),
    Firm("cedar", "Cedar Works", silent_for=25),
    Firm("dune", "Dune Media", owner="manager", silent_for=35),
    Firm("ember", "Ember Studio", owner="manager", silent_for=28),
    Firm("minato", "株式会社みなと", "カブシキガイシャミナト", spoke_days_ago=5),
)


@dataclass(frozen=True)
class World:
    """The workspace, the key that posts its events, and its accounts by external id."""

    workspace: Workspace
    write_key: str
    accounts: dict[str, Account]

    def email(self, role: str) -> str:
        """The log-in of the member of that role."""
        return f"{role}@{self.workspace.slug}.example"


def make_world(slug: str) -> World:
    """Write the firm's people, customers and contracts through the product's own actions."""
    now = clock.now()
    workspace = create_workspace(
        slug=slug,
        name="Kitano Software",
        timezone="Asia/Tokyo",
        currency="JPY",
        owner_email=f"owner@{slug}.example",
        owner_password=None,
        now=now,
    )
    with tenancy.scope(workspace.pk):
        members = {"owner": Membership.objects.get(workspace=workspace)}
        for role in ("admin", "manager", "csm", "agent", "viewer"):
            members[role], _is_new = add_member(
                actor=SYSTEM,
                workspace=workspace,
                now=now,
                email=f"{role}@{slug}.example",
                role=role,
                name=f"{role.title()} Kitano",
                # only who logs in by hand needs one: they are slow to make, as they ought to be
                password=PASSWORD if role == "csm" else None,
            )
        product = create_product(actor=SYSTEM, code="suite", name="Suite", now=now)
        accounts = {
            firm.external_id: _customer(firm, members[firm.owner], product, now) for firm in FIRMS
        }
        _key, secret = create_key(
            actor=SYSTEM, workspace=workspace, name="Backend", scopes=["ingest"], now=now
        )
    return World(workspace, secret, accounts)


def _customer(firm: Firm, owner: Membership, product: Product, now: dt.datetime) -> Account:
    today = clock.local_date(now, "Asia/Tokyo")
    account = create_account(
        actor=SYSTEM,
        now=now,
        external_id=firm.external_id,
        name=firm.name,
        name_reading=firm.reading,
        owner=owner,
        segment="mid_market",
        country="JP",
        seats=5,
        stage="adoption",
    )
    create_contact(
        actor=SYSTEM,
        now=now,
        account=account,
        external_id=f"{firm.external_id}-1",
        name=f"Sato of {firm.name}",
        email=f"sato@{firm.external_id}.example",
    )
    start_subscription(
        actor=SYSTEM,
        now=now,
        account=account,
        external_id=f"{firm.external_id}-c",
        product=product,
        starts_on=today - dt.timedelta(days=300),
        term_months=12,
        seats=5,
        unit_price=Decimal(20_000),
    )
    if firm.spoke_days_ago is not None:
        log_interaction(
            actor=Actor.of(owner),
            now=now,
            account=account,
            kind="call_out",
            summary="All is well",
            happened_at=now - dt.timedelta(days=firm.spoke_days_ago),
        )
    return account


def usage() -> Iterator[dict[str, Any]]:
    """Six weeks of the firms' events: five people, three features a day each, and log-ins."""
    now = clock.now()
    for firm in FIRMS:
        for days in range(firm.silent_for, USAGE_DAYS):
            for person in range(5):
                at = now - dt.timedelta(days=days, minutes=7 * person + 1)
                for name in ("Logged In", "Report Opened", "Export Made", "Board Shared"):
                    yield {
                        "type": "track",
                        "event": name,
                        "userId": f"{firm.external_id}-{person}",
                        "timestamp": at.isoformat(),
                        "messageId": f"{firm.external_id}-{days}-{person}-{name}",
                        "context": {"groupId": firm.external_id},
                    }


def post(url: str, key: str, call: str, messages: list[dict[str, Any]]) -> int:
    """Post messages by HTTP with a write key, as a Segment client does; the status."""
    request = urllib.request.Request(
        f"{url}/v1/{call}",
        json.dumps({"batch": messages}).encode(),
        {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)
