"""Every page once, as a browser has it: readable by everybody, whole, and within its width."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.actions.catalogue import create_plan
from accounts.actors import Actor
from accounts.models import Contact, ContractEvent, Membership, Plan, Subscription
from cs_platform.core import clock, tenancy
from health.renewals.actions.derive import derive_renewals
from health.renewals.models import Renewal
from metrics.reports.actions.schedules import create_schedule
from metrics.reports.models import ReportSchedule
from metrics.usage.models import Event
from tests.browser import accessibility_problems, page_problems, settle, shoot
from tests.contracts.test_urls import WORKSPACE_PAGES
from tests.journeys.conftest import Running
from tests.journeys.surveys import survey_ids

pytestmark = [pytest.mark.browser, pytest.mark.live]

MAIN = ("today/", "accounts/?owner=all", "account", "at-risk/?owner=all", "overview/")
# Answers that are no page: a file, a redirect to one, or a part of a page.
NO_PAGES = {
    "accounts_export", "metric_export", "renewals_export", "survey_comments_export",
    "survey_results_export", "report_file", "report_row", "review_sheet_file", "review_sheet_pdf",
    "survey_audience_preview",
}  # fmt: skip
OUTSIDE = ("/", "/accounts/password/change/", "/accounts/logout/")
ANONYMOUS = ("/accounts/login/", "/accounts/password/reset/", "/no/such/page/")


def _ids(running: Running) -> dict[str, Any]:
    """An id of everything the addresses of pages ask for, by the name of their parameter."""
    world = running.world
    account = world.accounts["polaris"]
    with tenancy.scope(world.workspace.pk):
        subscription = Subscription.objects.get(account=account)
        member = Membership.objects.select_related("user").get(
            workspace=world.workspace, role="manager"
        )
        schedule = ReportSchedule.objects.first() or create_schedule(
            actor=Actor.of(member), now=clock.now(), name="Monthly report", day_of_month=3, hour=8,
            language="en", sections=["kpis", "health"], is_active=True, recipients=[member],
        )  # fmt: skip
        derive_renewals(now=clock.now(), subscription_ids=[subscription.pk])
        plan = Plan.objects.first() or create_plan(
            actor=Actor.of(member), product=subscription.product, code="gold", name="Gold", rank=1,
            now=clock.now(),
        )  # fmt: skip
        return {
            "renewal_id": Renewal.objects.filter(subscription=subscription).first().pk,
            "schedule_id": schedule.pk,
            "account_id": account.pk,
            "contact_id": Contact.objects.get(account=account).pk,
            "subscription_id": subscription.pk,
            "product_id": subscription.product_id,
            "plan_id": plan.pk,
            "event_id": ContractEvent.objects.filter(subscription=subscription).first().pk,
            **survey_ids(Actor.of(member), Contact.objects.get(account=account)),
        }


def _addresses(running: Running) -> Iterator[str]:
    """The address of every page that answers GET, relative to the workspace."""
    ids = _ids(running)
    with tenancy.scope(running.world.workspace.pk):
        usage_event = Event.objects.order_by("id").first().pk
    for route, pattern in WORKSPACE_PAGES:
        if "GET" not in pattern.callback.methods or pattern.name in NO_PAGES:
            continue
        path = route.removeprefix("w/<slug:workspace_slug>/")
        chosen = {**ids, "event_id": usage_event} if path.startswith("data/") else ids
        for name, value in chosen.items():
            path = path.replace(f"<int:{name}>", str(value))
        path = path.replace("<slug:kpi>", "customer-churn")
        assert "<" not in path, f"no id for {route}"
        yield path


def _width(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def _too_wide(page: Any, width: int) -> list[str]:
    """What sticks out of the window, where the page can be scrolled sideways."""
    # charts follow the window a moment later
    for _attempt in range(20):
        if _width(page) <= width:
            return []
        page.wait_for_timeout(100)
    culprits = page.evaluate(
        """(width) => [...document.querySelectorAll("main *")]
            .filter((e) => e.getBoundingClientRect().right > width + 1)
            .slice(0, 12).map((e) => e.outerHTML.slice(0, 80))""",
        width,
    )
    return [f"{_width(page)} px wide: {culprits}"]


def _show(page: Any, address: str) -> int:
    """Open an address; the status."""
    status = page.goto(address).status
    settle(page)
    return int(status)


def _faults(page: Any, path: str, *, width: int = 0) -> list[str]:
    found = [*accessibility_problems(page), *page_problems(page)]
    if width:
        found += _too_wide(page, width)
    return [f"{path}: {' '.join(fault.split())}" for fault in found]


@pytest.mark.timeout(300)
def test_every_page_is_accessible_quiet_and_fits_a_phone(
    open_page: Callable[..., Any], running: Running, live_app: Any
) -> None:
    page = open_page("today/", role="owner")
    faults: list[str] = []
    seen = []
    past = clock.local_date(clock.now(), running.world.workspace.timezone) - dt.timedelta(days=1)
    paths = [*_addresses(running), "accounts/?owner=all&q=nothing-of-this-name", "search/?q=sato",
             "at-risk/?owner=all&view=board", f"accounts/?owner=all&as_of={past}",
             f"at-risk/?owner=all&as_of={past}"]  # fmt: skip
    for path in [*paths, *OUTSIDE]:
        status = _show(page, live_app.address(path))
        if status != 200:
            faults.append(f"{path}: {status}")
        seen.append(page.url)
        faults += _faults(page, path)
        page.set_viewport_size({"width": 375, "height": 740})
        faults += [f"{path}: {fault}" for fault in _too_wide(page, 375)]
        shoot(page, "phone-" + path.strip("/").replace("/", "-").partition("?")[0])
        page.set_viewport_size({"width": 1440, "height": 900})
    assert not faults, "\n".join(faults)
    assert len(seen) > 40


def test_pages_before_the_log_in_are_accessible(
    open_page: Callable[..., Any], live_app: Any
) -> None:
    page = open_page("/accounts/login/", role=None, width=375)
    faults: list[str] = []
    for path in ANONYMOUS:
        page.goto(live_app.address(path))
        faults += [f for f in _faults(page, path, width=375) if "404 (Not Found)" not in f]
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_main_pages_in_every_theme_and_language(
    open_page: Callable[..., Any], running: Running, live_app: Any, theme: str, language: str
) -> None:
    # the light theme at a desk, the dark one on a phone
    width = {"light": 1440, "dark": 375}[theme]
    page = open_page("today/", role="manager", theme=theme, language=language, width=width)
    faults: list[str] = []
    for name in MAIN:
        path = f"accounts/{running.world.accounts['polaris'].pk}/" if name == "account" else name
        _show(page, live_app.address(path))
        faults += _faults(page, path, width=width)
        shoot(page, f"{name.partition('/')[0]}-{theme}-{language}")
    assert not faults, "\n".join(faults)
