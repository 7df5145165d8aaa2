"""Renewals of 100,000 contracts: what a worker takes to build them, and what a page takes."""

import datetime as dt
import re
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin

from bench import world
from bench.harness import Result, percentile, seconds, told
from bench.pages import _Browser, _session
from bench.people import workspace_with_key
from bench.stack import Stack

_MEMBERS = 20
_ANALYZED = (
    "accounts_account",
    "accounts_contractevent",
    "accounts_subscription",
    "health_accountcurrent",
    "renewals_renewal",
    "renewals_renewalforecast",
)
_LISTS = (
    "?owner=all",
    "?owner={member}",
    "?owner=none",
    "?owner=all&segment=startup",
    "?owner=all&band=red",
    "?owner=all&step=quoted",
    "?owner=all&step=closed",
    "?owner=all&window=next-quarter",
    "?owner=all&window=overdue",
    "?owner=all&deadline=30",
    "?owner=all&forecast=missing",
    "?owner={member}&segment=startup&step=quoted&window=180",
    "?owner=all&q=customer+77",
    "?owner=all&q=no+such+firm",
    "?owner=all&sort=-arr",
    "?owner=all&sort=notice_deadline_on",
    "?owner=all&sort=due_on",
    "?owner=all&sort=model_probability",
    "?owner=all&sort=-arr&segment=startup",
    "calendar/?owner=all",
    "calendar/?owner={member}",
    "forecast/",
    "forecast/?by=segment",
    "calibration/",
)
_API = ("?limit=50", "?limit=200&sort=-arr", "?step=quoted", "?ends_since=2030-01-01")


def run(stack: Stack, scale: str) -> list[Result]:
    """The rounds of the workers, and every page of renewals with its filters and sorts."""
    contracts = 5_000 if scale == "small" else 100_000
    workspace, key = workspace_with_key("bench-renewals", ["read"])
    with told(f"filling and scoring {contracts:,} contracts"):
        _fill(workspace, contracts)
    results = _rounds(workspace, contracts)
    person = _Browser(stack, {"Cookie": _session(workspace)})
    results += _pages(person, workspace, contracts)
    api = _Browser(stack, {"Authorization": f"Bearer {key}"})
    return [*results, *(_waited(api, f"/api/v1/renewals{path}", contracts) for path in _API)]


def _fill(workspace: Any, contracts: int) -> None:
    from accounts.actions.ledger import derive
    from accounts.actions.members import add_member
    from accounts.actors import Actor
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scoring import score_accounts

    if world.is_filled(workspace):
        return
    world.fill(workspace, accounts=contracts, days=2, share=1)
    actor = Actor.system("benchmark")
    with scope(workspace.pk):
        for number in range(_MEMBERS):
            add_member(
                actor=actor, workspace=workspace, now=clock.now(), role="csm",
                email=f"csm{number}@{workspace.slug}.example",
            )  # fmt: skip
    with world.as_owner() as cursor:
        cursor.execute(world.text("fill_renewals"), {"workspace_id": workspace.pk})
    with scope(workspace.pk):
        derive(clock.now())
        score_accounts(now=clock.now())
    _analyze()


def _analyze() -> None:
    with world.as_owner() as cursor:
        for table in _ANALYZED:
            cursor.execute(f"ANALYZE {table}")


def _rounds(workspace: Any, contracts: int) -> list[Result]:
    """Seconds of the first round of all, of a day's first, and of one after ten entries."""
    from cs_platform.core import clock
    from health.renewals.actions.refresh import refresh_renewals

    results = []

    def told_of(name: str, spent: float, floor: float, goal: float) -> None:
        results.append(
            Result(
                f"renewals: {name}, {contracts:,} contracts", "absolute, until figures are stored",
                spent, "s", floor, goal, more_is_better=False,
            )
        )  # fmt: skip

    def round_of(*, everything: bool = False, now: dt.datetime | None = None) -> float:
        moment = now or clock.now()
        return seconds(lambda: refresh_renewals(workspace.pk, moment, everything=everything))

    with told("building all renewals"):
        spent = round_of(everything=True)
    share = contracts / 100_000
    told_of("the first round of all", spent, max(1, 120 * share), max(1, 60 * share))
    with world.as_owner() as cursor:
        cursor.execute(world.text("work_on_renewals"), {"workspace_id": workspace.pk})
    _analyze()
    with told("the first round of the next day, everybody's probability moved"):
        with world.as_owner() as cursor:
            cursor.execute(world.text("move_churn"), {"workspace_id": workspace.pk})
        spent = round_of(everything=True, now=clock.now() + dt.timedelta(days=1))
    told_of("a day's first round", spent, max(1, 120 * share), max(1, 60 * share))
    _analyze()
    with told("a round after ten entries of the ledger"):
        _ten_entries(workspace)
        spent = round_of()
    told_of("a round after ten entries", spent, max(1, 30 * share), max(1, 10 * share))
    return results


def _ten_entries(workspace: Any) -> None:
    from accounts.actions.contracts import give_notice
    from accounts.actors import Actor
    from accounts.models import Subscription
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope

    now = clock.now()
    with scope(workspace.pk):
        running = Subscription.objects.filter(status="active", notice_given_on=None)
        for subscription in running.order_by("?")[:10]:
            give_notice(
                actor=Actor.system("benchmark"), now=now, subscription=subscription,
                given_on=clock.local_date(now, workspace.timezone),
            )  # fmt: skip


def _pages(person: _Browser, workspace: Any, contracts: int) -> list[Result]:
    from accounts.models import Membership
    from cs_platform.core.tenancy import scope
    from health.renewals.models import Renewal

    home = f"/w/{workspace.slug}/renewals/"
    with scope(workspace.pk):
        member = Membership.objects.filter(workspace=workspace, role="csm").earliest("id")
        renewals = Renewal.objects.filter(is_open=True).order_by("id")
        one = renewals[renewals.count() // 2].pk
    paths = [path.format(member=member.pk) for path in _LISTS]
    with told("lists, calendar, outlook, one renewal"):
        return [
            *(_waited(person, f"{home}{path}", contracts) for path in paths),
            _waited(person, _deep(person, f"{home}?owner=all"), contracts),
            _waited(person, _deep(person, f"{home}?owner=all&sort=-arr"), contracts),
            _waited(person, f"{home}{one}/", contracts),
        ]


def _deep(person: _Browser, path: str) -> str:
    """The address of the twentieth page of a list."""
    for _ in range(20):
        found = re.search(r'rel="next" href="([^"]+)"', person.get(path).decode())
        if found is None:
            raise RuntimeError(f"{path} has no next page")
        path = urljoin(path, unescape(found[1]))
    return path


def _waited(browser: _Browser, path: str, contracts: int) -> Result:
    times = browser.times(quote(path, safe="/?&=%+"), 30)
    name = re.sub(r"cursor=.*", "cursor=…", path.partition("/renewals")[2])
    name = re.sub(r"\d+(?=/|&|$)", "…", name) if "days" not in name else name
    return Result(
        f"{'API' if path.startswith('/api') else 'page'}: renewals{name}, p95",
        f"absolute, {contracts:,} contracts", percentile(times, 0.95), "ms", 200, 80,
        more_is_better=False, rounds=times,
    )  # fmt: skip
