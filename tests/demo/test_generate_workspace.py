"""A small world enters through import and ingest, and nothing of it is lost on the way."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from accounts.models import (
    Account,
    AttributeChange,
    Contact,
    ContractEvent,
    Interaction,
    Membership,
    Subscription,
    Task,
    User,
    Workspace,
)
from accounts.queries.keys import find_key
from cs_platform.core import tenancy
from cs_platform.demo import oddities
from cs_platform.demo.load import Loader
from cs_platform.demo.world import Settings, World
from health.models import AccountCurrent, ScoreDay
from metrics.usage.models import AccountDay, Event, RejectedEvent, UserDay

TODAY = dt.date(2026, 3, 18)
SIZE = {"accounts": 10, "events": 2_000, "months": 3, "seed": 5, "csms": 2}
WORLD = World(Settings(**{**SIZE, "events": 2_000 - oddities.COUNT}, today=TODAY))

pytestmark = pytest.mark.django_db


def _generate(slug: str, **more: Any) -> Workspace:
    call_command("generate_workspace", workspace=slug, today=TODAY, verbosity=0, **SIZE, **more)
    return Workspace.objects.get(slug=slug)


@pytest.fixture
def made() -> Iterator[Workspace]:
    workspace = _generate("made", no_scores=True)
    with tenancy.scope(workspace.pk):
        yield workspace


def test_every_record_arrives(made: Workspace) -> None:
    customers = list(WORLD.customers())
    confirmed = Account.objects.filter(is_unconfirmed=False)
    assert set(confirmed.values_list("external_id", "name", "name_reading")) == {
        (c.firm.external_id, c.firm.name, c.firm.name_reading) for c in customers
    }
    assert set(Contact.objects.values_list("external_id", flat=True)) == {
        person.external_id for c in customers for person in c.people
    }
    assert set(Interaction.objects.values_list("external_id", flat=True)) == {
        talk.external_id for c in customers for talk in c.talks
    }
    for customer in customers:
        stages = AttributeChange.objects.filter(
            account__external_id=customer.firm.external_id, attribute="stage"
        ).order_by("happened_at", "id")
        assert list(stages.values_list("new_value", flat=True)) == [
            stage for _day, stage in customer.life.stages
        ]


def test_the_ledger_says_what_the_lives_say(made: Workspace) -> None:
    wanted = Counter(
        (contract.external_id, entry.kind, entry.effective_on)
        for customer in WORLD.customers()
        for contract in customer.life.contracts
        for entry in contract.entries
    )
    found = Counter(
        ContractEvent.objects.values_list("subscription__external_id", "kind", "effective_on")
    )
    assert found == wanted


def test_recurring_revenue_is_that_of_the_lives(made: Workspace) -> None:
    day = TODAY - dt.timedelta(days=40)
    rates = {"JPY": 1}
    for rate in WORLD.rates:
        if rate.valid_from <= day:
            rates[rate.currency] = rate.rate
    wanted = sum(
        states[-1].terms.mrr * rates[states[-1].terms.currency]
        for customer in WORLD.customers()
        for contract in customer.life.contracts
        if (states := [e for e in contract.entries if e.effective_on <= day])
        and states[-1].kind != "churn"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(mrr) FROM recurring_revenue(%s, %s, now())", [made.pk, day])
        (found,) = cursor.fetchone()
    assert wanted > 0
    assert found == pytest.approx(wanted, abs=1)


def test_every_event_is_counted_once(made: Workspace) -> None:
    events = Event.objects.all()
    refused = RejectedEvent.objects.count()
    assert refused > 3
    assert events.count() + refused == 2_000
    attributed = events.filter(account_id__isnull=False)
    assert AccountDay.objects.aggregate(n=Sum("events"))["n"] == attributed.count()
    shares = WORLD.shares().tolist()
    users = {
        (event.account, event.user_id)
        for number, share in enumerate(shares)
        for event in WORLD.events(number, share)
    }
    ids = dict(Account.objects.values_list("pk", "external_id"))
    found = {
        (ids[account], user)
        for account, user in UserDay.objects.values_list("account_id", "user_id")
    }
    assert users <= found


def test_there_is_something_odd_to_look_at(made: Workspace) -> None:
    assert Account.objects.filter(is_unconfirmed=True).count() == 3
    assert Event.objects.filter(account_id__isnull=True).exists()
    assert Event.objects.filter(is_clamped=True).exists()


def test_every_account_has_an_owner_and_a_history_of_scores() -> None:
    workspace = _generate("scored")
    with tenancy.scope(workspace.pk):
        _check_scores()


def _check_scores() -> None:
    assert not Account.objects.filter(is_unconfirmed=False, owner__isnull=True).exists()
    scored = AccountCurrent.objects.filter(score__isnull=False)
    assert scored.count() >= 5
    assert ScoreDay.objects.values("day").distinct().count() >= 85


def test_running_it_again_changes_nothing(made: Workspace) -> None:
    def size() -> list[int]:
        models = (
            Account, AttributeChange, Contact, ContractEvent, Interaction, Subscription, Task,
            Event, AccountDay, UserDay, ScoreDay,
        )  # fmt: skip
        return [model.objects.count() for model in models]

    before = size()
    _generate("made", no_scores=True)
    assert size() == before
    assert Membership.objects.filter(workspace=made).count() == 5


def test_a_killed_run_is_finished_by_the_next() -> None:
    class Killed(RuntimeError):
        pass

    def kill(_done: int) -> None:
        raise Killed

    whole = _generate("whole", no_scores=True)
    half = Workspace.objects.create(slug="half", name="Half")
    user = User.objects.create_user("boss@half.example", "a-long-pass-phrase")
    Membership.objects.create(workspace=half, user=user, role="owner")
    now = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
    loader = Loader(half, WORLD, [user.email] * len(WORLD.members), now)
    loader.catalogue()
    with pytest.raises(Killed):
        loader.customers(kill)
    with pytest.raises(Killed):
        loader.usage(kill)
    _generate("half", no_scores=True)
    counts = []
    for workspace in (whole, half):
        with tenancy.scope(workspace.pk):
            counts.append(
                (
                    Account.objects.count(),
                    ContractEvent.objects.count(),
                    Event.objects.count(),
                    AccountDay.objects.aggregate(n=Sum("events"))["n"],
                )
            )
    assert counts[0] == counts[1]


def test_credentials_are_for_their_reader_alone(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    workspace = _generate(
        "shown", no_scores=True, credentials_file=path, password="a-long-pass-phrase"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    content = json.loads(path.read_text(encoding="utf-8"))
    key = find_key(content["write_key"])
    assert key is not None
    assert key.workspace_id == workspace.pk
    csm = User.objects.get(email=content["members"][0])
    assert csm.check_password(content["password"])


def test_another_world_is_not_mixed_into_a_workspace(made: Workspace) -> None:
    with pytest.raises(CommandError, match="was generated with"):
        call_command(
            "generate_workspace", workspace="made", today=TODAY, verbosity=0, **{**SIZE, "seed": 6}
        )
