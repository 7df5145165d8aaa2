"""The archive of reports and the pages of schedules."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from metrics.reports.actions.reports import make_report, request_report
from metrics.reports.models import Report, ReportSchedule
from tests.cast import Cast
from tests.reports.conftest import rendered


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def report(workspace: Workspace, cast: Cast) -> Report:
    """Last month's, asked for by the viewer and sent to them."""
    now = clock.now()
    month = clock.local_date(now, workspace.timezone).replace(day=1) - dt.timedelta(days=1)
    with tenancy.scope(workspace.pk):
        return request_report(
            now=now, member=cast["viewer"], month=month, language="ja", sections=["kpis"],
            send=True,
        )  # fmt: skip


def make(workspace: Workspace, report: Report, render: Any = rendered) -> None:
    with tenancy.scope(workspace.pk):
        make_report(report_id=report.pk, now=clock.now(), render=render)


def test_a_report_appears_while_it_is_made_and_stays(
    workspace: Workspace, report: Report, url: Any, client_as: Any
) -> None:
    client = client_as("viewer")
    page = client.get(url("report_archive")).content.decode()
    row = url("report_row", report.pk)
    assert f'hx-get="{row}"' in page
    assert client.get(url("report_file", report.pk)).status_code == 404
    make(workspace, report)
    answer = client.get(row).content.decode()
    assert "hx-get" not in answer
    assert "3 pages" in answer
    assert "Viewer of" in answer
    assert "Waiting" in answer
    file = client.get(url("report_file", report.pk))
    assert file["Content-Type"] == "application/pdf"
    assert file["Cache-Control"] == "private, no-store"
    assert file.content.startswith(b"%PDF")


def test_a_failed_report_says_why_and_can_be_tried_again(
    workspace: Workspace, report: Report, url: Any, client_as: Any
) -> None:
    def fail(_report: Report) -> Any:
        raise RuntimeError("<b>the disk</b>")

    with tenancy.scope(workspace.pk):
        for _attempt in range(5):
            Report.objects.update(next_attempt_at=clock.now())
            make_report(report_id=report.pk, now=clock.now(), render=fail)
        assert Report.objects.get().state == "failed"
    page = client_as("manager").get(url("report_archive")).content.decode()
    assert "RuntimeError" in page
    assert "<b>the disk" not in page
    retry = url("report_retry", report.pk)
    assert retry in page
    assert retry not in client_as("viewer").get(url("report_archive")).content.decode()
    assert client_as("csm").post(retry).status_code == 403
    assert client_as("manager").post(retry).status_code == 303
    with tenancy.scope(workspace.pk):
        assert Report.objects.get().state == "queued"


def test_another_workspace_sees_nothing_of_it(
    workspace: Workspace, report: Report, rival_workspace: Workspace, client_as: Any
) -> None:
    make(workspace, report)
    rival = client_as("owner", of=rival_workspace)
    for name in ("report_file", "report_row"):
        address = reverse(name, args=[rival_workspace.slug, report.pk])
        assert rival.get(address).status_code == 404
    page = rival.get(reverse("report_archive", args=[rival_workspace.slug]))
    assert "No report yet" in page.content.decode()


def _posted(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "name": "月次 <b>", "language": "ja", "day_of_month": "31", "hour": "7",
        "sections": ["kpis", "goals"], "is_active": "on", "recipients": [cast["csm"].pk],
        **changes,
    }  # fmt: skip


def test_a_schedule_is_made_changed_and_removed(
    workspace: Workspace, cast: Cast, url: Any, client_as: Any
) -> None:
    client = client_as("manager")
    assert client.get(url("report_schedule_new")).status_code == 200
    assert client.post(url("report_schedule_new"), _posted(cast)).status_code == 303
    with tenancy.scope(workspace.pk):
        made = ReportSchedule.objects.get()
        assert (made.name, made.day_of_month, made.hour) == ("月次 <b>", 31, 7)
        assert made.sections == ["kpis", "goals"]
    page = client.get(url("report_schedules")).content.decode()
    assert "月次 &lt;b&gt;" in page
    assert "day 31, 07:00" in page
    edit = url("report_schedule_edit", made.pk)
    form = client.get(edit).content.decode()
    assert 'value="31"' in form
    assert f'value="{cast["csm"].pk}" aria' in form or "checked" in form
    assert client.post(edit, _posted(cast, is_active="", hour="0")).status_code == 303
    assert "Paused" in client.get(url("report_schedules")).content.decode()
    assert client.post(url("report_schedule_delete", made.pk)).status_code == 303
    with tenancy.scope(workspace.pk):
        assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day_of_month": "32"}, "31"),
        ({"day_of_month": "0"}, "1"),
        ({"hour": "24"}, "24"),
        ({"language": "xx"}, "xx"),
        ({"sections": []}, "required"),
        ({"recipients": []}, "required"),
        ({"recipients": ["999999999"]}, "999999999"),
        ({"name": ""}, "required"),
        ({"name": "x\x00y"}, "ull character"),
    ],
)
def test_bad_schedules_are_answered_with_the_reason(
    workspace: Workspace, cast: Cast, url: Any, client_as: Any, changes: Any, words: str
) -> None:
    answer = client_as("manager").post(url("report_schedule_new"), _posted(cast, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    with tenancy.scope(workspace.pk):
        assert not ReportSchedule.objects.exists()


def test_a_rival_cannot_be_made_a_recipient(
    workspace: Workspace, rival_workspace: Workspace, cast: Cast, url: Any, client_as: Any
) -> None:
    rival = Cast(rival_workspace)["owner"]
    answer = client_as("manager").post(
        url("report_schedule_new"), _posted(cast, recipients=[rival.pk])
    )
    assert answer.status_code == 200
    assert rival.user.email not in answer.content.decode()


def test_the_archive_takes_few_queries(
    workspace: Workspace, cast: Cast, url: Any, client_as: Any, django_assert_max_num_queries: Any
) -> None:
    now = clock.now()
    with tenancy.scope(workspace.pk):
        for number in range(40):
            request_report(
                now=now, member=cast["viewer"], month=dt.date(2026, 1 + number % 9, 1),
                language="en", sections=["kpis"], send=bool(number % 2),
            )  # fmt: skip
            Report.objects.update(state="ready")
    client = client_as("viewer")
    client.get(url("report_archive"))
    with django_assert_max_num_queries(14):
        client.get(url("report_archive"))
