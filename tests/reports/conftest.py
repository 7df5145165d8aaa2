"""A scene of reports: a scheduler's clock, and a stand-in for what composes them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from accounts.actors import Actor
from accounts.models import Membership, Workspace
from metrics.reports.actions.reports import Rendered
from metrics.reports.actions.schedules import create_schedule
from metrics.reports.models import Report, ReportSchedule, Section
from tests.cast import Cast

# 1 October 2026, noon in Tokyo
NOW = dt.datetime(2026, 10, 1, 3, tzinfo=dt.UTC)


def at(text: str) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def rendered(report: Report) -> Rendered:
    """A report made, without anything that makes one."""
    return Rendered(
        pdf=b"%PDF-1.7 " + str(report.pk).encode(),
        pages=3,
        subject=f"Report {report.month:%Y-%m}",
        text="text",
        html="<p>html</p>",
    )


@pytest.fixture
def actor(cast: Cast) -> Actor:
    return Actor.of(cast["manager"])


@pytest.fixture
def schedule(scoped: Workspace, cast: Cast, actor: Actor) -> Callable[..., ReportSchedule]:
    """``schedule(day_of_month=5)``: one that was made at ``NOW``, for the manager and the owner."""

    def make(**fields: Any) -> ReportSchedule:
        chosen: dict[str, Any] = {
            "name": "Leaders",
            "day_of_month": 3,
            "hour": 8,
            "language": "en",
            "sections": list(Section.values),
            "is_active": True,
            "now": NOW,
            "recipients": [cast["manager"], cast["owner"]],
            **fields,
        }
        return create_schedule(actor=actor, **chosen)

    return make


@pytest.fixture
def deactivate() -> Callable[[Membership], None]:
    """Shut a member out."""

    def shut(member: Membership) -> None:
        Membership.objects.filter(pk=member.pk).update(is_active=False)

    return shut
