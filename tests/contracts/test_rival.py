"""A rival on the same installation, with one of everything: nothing of theirs is seen or touched.

Every page and every call of the API is asked for with the ids of their rows, by the mightiest of
our members and our mightiest key. Whatever belongs to them bears the word ``Nebelhorn`` or their
members' addresses, neither of which may occur in an answer.
"""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.test import Client

from accounts.actions.accounts import create_account
from accounts.actions.catalogue import create_plan, create_product, set_rate
from accounts.actions.contacts import create_contact
from accounts.actions.contracts import start_subscription
from accounts.actions.interactions import log_interaction
from accounts.actions.keys import create_key
from accounts.actors import Actor
from accounts.models import (
    Account,
    ContractEvent,
    Membership,
    SavedView,
    Task,
    Workspace,
)
from cs_platform import pipeline
from cs_platform.core import clock, tenancy
from cs_platform.core.tenancy import TenantModel
from cs_platform.documents import facts
from health.actions import flag_risk
from health.renewals.actions.forecasts import set_forecast
from health.renewals.actions.refresh import refresh_renewals
from health.renewals.actions.steps import move_step
from health.renewals.models import Renewal
from metrics.kpis.actions.as_of import request_as_of
from metrics.kpis.actions.goals import set_goal
from metrics.kpis.actions.reviews import review_churn
from metrics.kpis.actions.schedule import refresh_current
from metrics.kpis.actions.settings import change_settings
from metrics.reports.actions.reports import Rendered, make_report, request_report
from metrics.reports.actions.reviews import (
    make_review_file,
    request_review_file,
    save_review_sheet,
)
from metrics.reports.actions.schedules import create_schedule
from metrics.reports.models import MonthEnd
from metrics.usage.models import Event
from tests.api.test_gate import api_views
from tests.contracts.rival_surveys import fill_surveys
from tests.contracts.test_urls import WORKSPACE_PAGES

MARK = "Nebelhorn"
EXTERNAL_ID = "r/1"
# Queues: what is in them is on its way to a row of the other models.
QUEUES = {"ResultMark", "DirtyAccount", "DirtyDay", "IdentityMark", "Receipt"}


@dataclass(frozen=True)
class Rival:
    """Their workspace, the ids of their rows by URL parameter, and words that betray them."""

    workspace: Workspace
    ids: dict[str, int]
    usage_event: int
    words: tuple[str, ...]

    def address(self, route: str, of: Workspace) -> str:
        """A route of ours with their ids."""
        path = route.replace("<slug:workspace_slug>", of.slug).replace(
            "<slug:list_name>", "accounts"
        )
        path = path.replace("<slug:verb>", "snooze").replace("<slug:kpi>", "grr")
        ids = {**self.ids, "event_id": self.usage_event} if "/data/" in path else self.ids
        return "/" + re.sub(r"<int:([a-z_]+)>", lambda found: str(ids[found[1]]), path)

    def rows(self) -> dict[str, Any]:
        """Everything they have, by model."""
        with tenancy.scope(self.workspace.pk):
            return {
                model.__name__: sorted(map(_said, model.objects.values())) for model in tenants()
            }

    def betrayed_by(self, answer: Any) -> list[str]:
        """Their words in the body or the headers of an answer."""
        body = b"".join(answer) if answer.streaming else answer.content
        text = body.decode(errors="replace") + str(answer.headers)
        return [word for word in self.words if word in text]


def _said(row: dict[str, Any]) -> str:
    """A row in words; a file by what is in it, not by where it lies in memory."""
    whole = {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}
    return repr(whole)


def tenants() -> list[type[TenantModel]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


@pytest.fixture
def rival(rival_workspace: Workspace, client_as: Callable[..., Client]) -> Rival:
    now = clock.now()
    with tenancy.scope(rival_workspace.pk):
        ids, secret = _fill(rival_workspace, now)
    post = Client().post
    events = [
        {"type": "track", "event": MARK, "userId": MARK, "context": {"groupId": EXTERNAL_ID}},
        {"type": "alias", "previousId": f"{MARK}-0", "userId": MARK},
        {"type": "group", "groupId": EXTERNAL_ID, "userId": f"{MARK}-2"},
        {"type": "track", "userId": MARK},
    ]
    answer = post(
        "/v1/batch", {"batch": events}, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    rival_workspace.unknown_accounts = Workspace.UnknownAccounts.HOLD
    rival_workspace.save()
    for days in range(2):
        pipeline.refresh_workspace(rival_workspace.pk, now + dt.timedelta(days=days))
    refresh_renewals(rival_workspace.pk, now)
    with tenancy.scope(rival_workspace.pk):
        usage_event = Event.objects.order_by("id").first().pk
        ids["renewal_id"] = _renewal(Actor.of(Membership.objects.get(pk=ids["member_id"])), now)
        ids |= _reports(ids, now)
        _kpis(Actor.of(Membership.objects.get(pk=ids["member_id"])), now)
        ids |= fill_surveys(
            actor=Actor.of(Membership.objects.get(pk=ids["member_id"])),
            now=now,
            account=Account.objects.get(pk=ids["account_id"]),
            mark=MARK,
        )
    return Rival(rival_workspace, ids, usage_event, (MARK, f"@{rival_workspace.slug}.example"))


def _fill(workspace: Workspace, now: dt.datetime) -> tuple[dict[str, int], str]:
    member = Membership.objects.get(workspace=workspace, role="csm")
    actor = Actor.of(member)
    account = create_account(
        actor=actor, now=now, external_id=EXTERNAL_ID, name=f"{MARK} GmbH", name_reading=MARK,
        owner=member, goals=MARK, handover_note=MARK, seats=3,
    )  # fmt: skip
    contact = create_contact(
        actor=actor, now=now, account=account, external_id=EXTERNAL_ID, name=f"Herr {MARK}"
    )
    product = create_product(actor=actor, code="p", name=f"{MARK} Suite", now=now)
    plan = create_plan(actor=actor, product=product, code="p", name=MARK, rank=1, now=now)
    today = clock.local_date(now, workspace.timezone)
    rate = set_rate(actor=actor, now=now, currency="CHF", valid_from=today, rate=Decimal("1.05"))
    subscription = start_subscription(
        actor=actor, now=now, account=account, external_id=EXTERNAL_ID, product=product, plan=plan,
        starts_on=today - dt.timedelta(days=9), term_months=12, seats=3, unit_price=Decimal(10),
        note=MARK,
    )  # fmt: skip
    log_interaction(
        actor=actor, now=now, account=account, kind="call_out", summary=MARK, happened_at=now,
        next_step=f"Call {MARK}", next_step_on=today,
    )  # fmt: skip
    flag_risk(actor=actor, now=now, account=account, reason=MARK)
    key, secret = create_key(
        actor=actor, workspace=workspace, name=MARK, scopes=["ingest", "read"], now=now
    )
    goal = set_goal(
        actor=actor, now=now, today=today, kpi="grr", period_kind="year", direction="at_least",
        target=Decimal("0.9"), due_on=today + dt.timedelta(days=90), baseline=None, note=MARK,
    )  # fmt: skip
    review_churn(
        actor=actor, now=now, account=account, ended_on=today, mrr_lost=Decimal(30),
        reason="competitor", avoidable="yes", competitor=MARK, lesson=MARK,
    )  # fmt: skip
    view = SavedView.objects.create(page="accounts", name=MARK, member=member, is_shared=True)
    return {
        "account_id": account.pk,
        "contact_id": contact.pk,
        "subscription_id": subscription.pk,
        "event_id": ContractEvent.objects.get().pk,
        "task_id": Task.objects.get().pk,
        "member_id": member.pk,
        "key_id": key.pk,
        "rate_id": rate.pk,
        "view_id": view.pk,
        "product_id": product.pk,
        "plan_id": plan.pk,
        "goal_id": goal.pk,
    }, secret


def _renewal(actor: Actor, now: dt.datetime) -> int:
    """Work on their renewal; its id."""
    renewal: Renewal = Renewal.objects.get()
    who = {"actor": actor, "now": now, "renewal_id": renewal.pk, "version": None}
    move_step(**who, step="quoted", next_step=f"Call {MARK}", note=MARK)
    set_forecast(**who, forecaster="csm", category="risk", note=MARK)
    return renewal.pk


def _kpis(actor: Actor, now: dt.datetime) -> None:
    """Their figures, as the workers keep them, and a past day they asked for."""
    refresh_current(now)
    change_settings(
        actor=actor, now=now, today=now.date(), gross_margin=Decimal("0.8"),
        onboarding_target_days=60, first_day="period",
    )  # fmt: skip
    request_as_of(actor=actor, now=now, as_of=now.date() - dt.timedelta(days=3))


def _reports(ids: dict[str, int], now: dt.datetime) -> dict[str, int]:
    """Their report, its schedule and their review sheet; the ids of the former two."""
    member = Membership.objects.select_related("user").get(pk=ids["member_id"])
    actor, shared = Actor.of(member), {"language": "en", "sections": ["goals"], "now": now}
    schedule = create_schedule(
        actor=actor, name=MARK, day_of_month=1, hour=1, is_active=True, recipients=[member],
        **shared,
    )  # fmt: skip
    month = now.date().replace(day=1) - dt.timedelta(days=45)
    report = request_report(member=member, month=month, send=True, **shared)
    made = Rendered(pdf=MARK.encode(), pages=1, subject=MARK, text=MARK, html=MARK)
    make_report(report_id=report.pk, now=now, render=lambda _report: made)
    save_review_sheet(
        actor=actor, account=Account.objects.get(pk=ids["account_id"]), first_month=report.month,
        last_month=report.month, note=MARK, tasks=[ids["task_id"]], **shared,
    )  # fmt: skip
    file = request_review_file(
        now=now, account=Account.objects.get(pk=ids["account_id"]), first_month=report.month,
        last_month=report.month, language="en",
    )  # fmt: skip
    make_review_file(file_id=file.pk, now=now, render=lambda _file: (MARK, MARK.encode()))
    due = facts.Renewal(
        MARK, Decimal(1), month, month, auto_renew=True, has_notice=False, band=MARK
    )
    kept = facts.MonthFacts(moves=[], risks=[], renewal_months=[], renewals=[due])
    MonthEnd.objects.create(
        month=report.month, facts=msgspec.to_builtins(kept), scored_days=0, made_at=now
    )
    return {"report_id": report.pk, "schedule_id": schedule.pk}


@pytest.fixture
def ours(workspace: Workspace) -> Account:
    """An account of ours, for what is done to it with their ids."""
    with tenancy.scope(workspace.pk):
        actor, now = Actor.system("tests"), clock.now()
        account = create_account(
            actor=actor, now=now, external_id="o/1", name="Ours", stage="adoption"
        )
        create_product(actor=actor, code="o", name="Our suite", now=now)
    pipeline.refresh_workspace(workspace.pk, clock.now())
    return account


def test_the_rival_has_one_of_everything(rival: Rival) -> None:
    empty = {name for name, rows in rival.rows().items() if not rows}
    assert empty <= QUEUES | {
        # made by commands, by keys with a header of their own, or with held events
        "ImportRun", "ImportIssue", "KeptAnswer", "UnknownAccount", "PercentileBound",
        # of quarters that are over
        "CalibrationBin",
    }  # fmt: skip


def test_pages_of_ours_with_their_ids_do_not_exist(
    rival: Rival, workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client, before = client_as("owner"), rival.rows()
    refused = 0
    for route, pattern in WORKSPACE_PAGES:
        address = rival.address(route, workspace)
        for method in pattern.callback.methods:
            for headers in ({}, {"HX-Request": "true", "HX-Target": "list"}):
                answer = client.generic(
                    method, address, f"reason=x&until=2999-01-01&name={MARK[:3]}",
                    content_type="application/x-www-form-urlencoded", headers=headers,
                )  # fmt: skip
                if "<int:" in route:
                    assert answer.status_code == 404, (method, address)
                    refused += 1
                assert answer.status_code < 500, (method, address)
                assert rival.betrayed_by(answer) == [], (method, address)
    assert refused >= 98
    assert rival.rows() == before


def test_their_workspace_is_not_there(
    rival: Rival, workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client, before = client_as("owner"), rival.rows()
    for route, pattern in WORKSPACE_PAGES:
        address = rival.address(route, rival.workspace)
        for method in pattern.callback.methods:
            for headers in ({}, {"HX-Request": "true"}):
                answer = client.generic(method, address, headers=headers)
                assert answer.status_code == 404, (method, address)
                assert rival.betrayed_by(answer) == [], address
    assert rival.rows() == before


def test_queries_that_name_theirs_find_nothing(
    rival: Rival, workspace: Workspace, ours: Account, client_as: Callable[..., Client]
) -> None:
    client, ids = client_as("owner"), rival.ids
    owner = f"owner={ids['member_id']}"
    half = MARK[:5].lower()
    for path in (
        f"search/?q={half}", f"accounts/?{owner}", f"accounts/?owner=all&q={half}",
        f"at-risk/?{owner}", f"at-risk/?{owner}&view=board", "at-risk/?owner=all&snoozed=1",
        f"accounts/export/?{owner}", f"accounts/export/?owner=all&q={half}",
        "accounts/export/?owner=all", f"data/events/?account={EXTERNAL_ID}",
        f"data/events/?user={half}", f"tasks/new/?account={ids['account_id']}",
        "tasks/?whose=all", "today/?scope=team", "overview/", "settings/audit/",
        f"accounts/{ours.pk}/timeline/?kind=contact", "data/rejected/", "data/catalogue/",
        f"renewals/?{owner}", "renewals/?owner=all", "renewals/export/?owner=all",
        "renewals/calendar/?owner=all", "renewals/forecast/", "renewals/calibration/",
    ):  # fmt: skip
        for headers in ({}, {"HX-Request": "true", "HX-Target": "list"}):
            answer = client.get(f"/w/{workspace.slug}/{path}", headers=headers)
            assert answer.status_code in {200, 302, 404}, path
            assert rival.betrayed_by(answer) == [], path


def test_forms_of_ours_do_not_take_their_ids(
    rival: Rival, workspace: Workspace, ours: Account, client_as: Callable[..., Client]
) -> None:
    client, ids, before = client_as("owner"), rival.ids, rival.rows()
    today = str(clock.local_date(clock.now(), workspace.timezone))
    terms = {"starts_on": today, "currency": "JPY", "unit_price": "1", "seats": "1"}
    moment = f"{today}T00:01"
    for path, form in (
        ("accounts/assign/", {"ids": [ids["account_id"]], "owner": "none"}),
        ("accounts/assign/", {"ids": [ours.pk], "owner": ids["member_id"]}),
        (f"accounts/{ours.pk}/assign/", {"owner": ids["member_id"]}),
        (f"accounts/{ours.pk}/edit/", {"name": "Ours", "sales_owner": ids["member_id"]}),
        (f"accounts/{ours.pk}/edit/", {"name": "Ours", "parent_external_id": EXTERNAL_ID}),
        (f"accounts/{ours.pk}/contracts/new/", {**terms, "product": ids["product_id"]}),
        (
            f"accounts/{ours.pk}/one-off/",
            {"effective_on": today, "amount": 1, "currency": "JPY",
             "subscription": ids["subscription_id"]},
        ),
        (
            f"accounts/{ours.pk}/log/",
            {"kind": "call_out", "summary": "x", "happened_at": moment,
             "contact": ids["contact_id"]},
        ),
        ("tasks/new/", {"title": "x", "owner": ids["member_id"]}),
        (
            "settings/catalogue/",
            {"form": "plan", "plan-product": ids["product_id"], "plan-code": "x",
             "plan-name": "x", "plan-rank": 1},
        ),
    ):  # fmt: skip
        with tenancy.scope(workspace.pk):
            counted = {model: model.objects.count() for model in tenants()}
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.post(f"/w/{workspace.slug}/{path}", form, headers=headers)
            assert answer.status_code < 500, path
            assert rival.betrayed_by(answer) == [], path
        with tenancy.scope(workspace.pk):
            assert counted == {model: model.objects.count() for model in tenants()}, path
    with tenancy.scope(workspace.pk):
        ours.refresh_from_db()
        assert (ours.owner_id, ours.sales_owner_id, ours.parent_id) == (None, None, None)
    assert rival.rows() == before


def test_the_api_does_not_know_them(rival: Rival, workspace: Workspace, ours: Account) -> None:
    with tenancy.scope(workspace.pk):
        _key, secret = create_key(
            actor=Actor.system("tests"), workspace=workspace, name="k", scopes=["read", "write"],
            now=clock.now(),
        )  # fmt: skip
    before = rival.rows()
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    bodies = (
        {},
        {"items": [{"external_id": EXTERNAL_ID, "account_external_id": EXTERNAL_ID}]},
        {"account_external_id": EXTERNAL_ID, "contact_external_id": EXTERNAL_ID, "kind": "note",
         "summary": "x", "title": "x", "subscription_external_id": EXTERNAL_ID},
        {"external_id": "o/1", "owner": f"csm@{rival.workspace.slug}.example"},
    )  # fmt: skip
    asked = 0
    for address, view in api_views().items():
        is_one = "<" in address
        path = address.replace("<path:external_id>", EXTERNAL_ID)
        path = "/" + path.replace("<int:id>", str(rival.ids["task_id"]))
        for method in view.scopes:
            for body in bodies if method != "GET" else ({},):
                answer = client.generic(
                    method, path, "" if method == "GET" else json.dumps(body),
                    content_type="application/json",
                )  # fmt: skip
                asked += 1
                if is_one and method != "PUT":
                    assert answer.status_code == 404, (method, path)
                if method == "PUT":
                    # no account of this id is ours: a contact or contract cannot be made for it
                    assert answer.status_code in {201, 400, 404, 422}, (method, path)
                assert answer.status_code < 500, (method, path)
                betrayed = [word for word in rival.betrayed_by(answer) if word not in str(body)]
                assert betrayed == [] or body is bodies[3], (method, path)
                assert MARK not in answer.content.decode(), (method, path)
    assert asked > 40
    for query in (f"q={MARK[:5]}", f"owner=csm@{rival.workspace.slug}.example", ""):
        for path in ("accounts", "contacts", "subscriptions", "health", "at-risk"):
            answer = client.get(f"/api/v1/{path}?{query}")
            assert answer.status_code in {200, 400, 422}, (path, query)
            assert MARK not in answer.content.decode()
    assert rival.rows() == before
