"""What a schedule sends, to whom, and that it does so once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.actions.mail import queue_mail
from accounts.actors import Actor
from accounts.models import AuditEntry, MailAttachment, Membership, OutgoingMail, User, Workspace
from cs_platform.core import tenancy
from cs_platform.core.errors import Conflict, DomainError, NotFound
from metrics.reports.actions.reports import (
    BACK_OFF,
    MOST_WAITING,
    make_report,
    request_report,
    retry_report,
    waiting_report_ids,
)
from metrics.reports.actions.schedules import (
    create_schedule,
    delete_schedule,
    open_due_reports,
    update_schedule,
)
from metrics.reports.models import Report, ReportDelivery, ReportRecipient, ReportSchedule
from tests.cast import Cast
from tests.reports.conftest import NOW, at, rendered

Make = Callable[..., ReportSchedule]
DUE = at("2026-10-02 23:00")  # 3 October, 8:00 in Tokyo


def make_all(now: dt.datetime, render: Any = rendered) -> list[Report | None]:
    return [make_report(report_id=pk, now=now, render=render) for pk in waiting_report_ids(now=now)]


def test_a_report_falls_due_once_and_goes_to_every_recipient(schedule: Make, cast: Cast) -> None:
    made = schedule()
    assert open_due_reports(now=DUE - dt.timedelta(seconds=1)) == []
    (report,) = open_due_reports(now=DUE)
    assert (report.month, report.schedule_id) == (dt.date(2026, 9, 1), made.pk)
    assert open_due_reports(now=DUE) == []
    make_all(DUE)
    report.refresh_from_db()
    assert (report.state, report.pages, report.size) == ("ready", 3, len(bytes(report.pdf)))
    letters = OutgoingMail.objects.order_by("to_address")
    assert [letter.to_address for letter in letters] == [
        cast["manager"].user.email,
        cast["owner"].user.email,
    ]
    assert {letter.kind for letter in letters} == {"report"}
    (first, second) = MailAttachment.objects.all()
    assert bytes(first.content) == bytes(second.content) == bytes(report.pdf)
    assert first.file_name == "cs-report-2026-09-en.pdf"
    assert first.content_type == "application/pdf"
    assert {d.mail_id for d in ReportDelivery.objects.all()} == {m.pk for m in letters}


def test_making_it_twice_sends_nothing_twice(schedule: Make) -> None:
    schedule()
    open_due_reports(now=DUE)
    make_all(DUE)
    Report.objects.update(state="queued")
    make_all(DUE)
    assert OutgoingMail.objects.count() == 2
    # and the next sweep finds nothing to do
    assert open_due_reports(now=DUE + dt.timedelta(hours=5)) == []
    assert waiting_report_ids(now=DUE + dt.timedelta(days=9)) == []


def test_there_cannot_be_two_reports_of_a_schedule_and_a_month(schedule: Make) -> None:
    schedule()
    (report,) = open_due_reports(now=DUE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(
            schedule=report.schedule, month=report.month, language="ja", sections=["kpis"],
            requested_at=DUE, next_attempt_at=DUE,
        )  # fmt: skip


def test_killed_while_it_is_made_it_is_made_anew(schedule: Make) -> None:
    """A worker that dies takes its transaction with it: nothing of the report remains."""
    schedule()
    (report,) = open_due_reports(now=DUE)

    class Killed(BaseException):
        pass

    def die(_report: Report) -> Any:
        queue_mail(now=DUE, kind="report", to="a@b.example", subject="s", text="t", dedupe_key="k")
        raise Killed

    with pytest.raises(Killed), transaction.atomic():
        make_report(report_id=report.pk, now=DUE, render=die)
    report.refresh_from_db()
    assert (report.state, report.attempts) == ("queued", 0)
    assert not OutgoingMail.objects.exists()
    make_all(DUE)
    assert OutgoingMail.objects.count() == 2


def test_what_cannot_be_made_is_tried_again_later_and_then_fails(schedule: Make) -> None:
    schedule()
    (report,) = open_due_reports(now=DUE)
    now = DUE

    def fail(_report: Report) -> Any:
        queue_mail(now=DUE, kind="report", to="a@b.example", subject="s", text="t", dedupe_key="k")
        raise DomainError("Pango is missing.\x00")

    for minutes in BACK_OFF:
        make_all(now, fail)
        report.refresh_from_db()
        assert (report.state, report.error) == ("queued", "Pango is missing.")
        assert report.next_attempt_at == now + dt.timedelta(minutes=minutes)
        assert make_all(report.next_attempt_at - dt.timedelta(seconds=1), fail) == []
        now = report.next_attempt_at
    make_all(now, fail)
    report.refresh_from_db()
    assert report.state == "failed"
    # half a report's letters are no letters
    assert not OutgoingMail.objects.exists()
    retry_report(now=now, report_id=report.pk)
    make_all(now)
    report.refresh_from_db()
    assert (report.state, report.error) == ("ready", "")
    assert OutgoingMail.objects.count() == 2


def test_nothing_of_the_past_is_sent(schedule: Make, cast: Cast, actor: Actor) -> None:
    made = schedule(day_of_month=1, hour=0)  # that moment was twelve hours ago
    assert open_due_reports(now=NOW) == []
    november = at("2026-10-31 15:00")
    update = {
        "name": "Leaders", "language": "ja", "day_of_month": 1, "hour": 0,
        "sections": ["kpis"], "recipients": [cast["owner"]],
    }  # fmt: skip
    update_schedule(actor=actor, now=NOW, schedule=made, is_active=False, **update)
    assert open_due_reports(now=november) == []
    # taken up again in the middle of November, it waits for December
    again = at("2026-11-15 00:00")
    update_schedule(actor=actor, now=again, schedule=made, is_active=True, **update)
    assert open_due_reports(now=again) == []
    (report,) = open_due_reports(now=at("2026-11-30 15:00"))
    assert (report.month, report.language, report.sections) == (
        dt.date(2026, 11, 1), "ja", ["kpis"],
    )  # fmt: skip


def test_after_an_outage_the_latest_month_alone_is_made_up_for(schedule: Make) -> None:
    schedule()
    (report,) = open_due_reports(now=at("2027-03-20 00:00"))
    assert report.month == dt.date(2027, 2, 1)


def test_a_day_moved_within_the_month_sends_no_second_report(
    schedule: Make, cast: Cast, actor: Actor
) -> None:
    made = schedule()
    open_due_reports(now=DUE)
    update_schedule(
        actor=actor, now=DUE, schedule=made, name="Leaders", language="en", day_of_month=20,
        hour=8, sections=["kpis"], is_active=True, recipients=[cast["owner"]],
    )  # fmt: skip
    assert open_due_reports(now=at("2026-10-25 00:00")) == []


def test_who_has_left_gets_nothing(
    schedule: Make, cast: Cast, deactivate: Callable[[Membership], None]
) -> None:
    schedule()
    deactivate(cast["manager"])
    (report,) = open_due_reports(now=DUE)
    assert [d.member_id for d in ReportDelivery.objects.filter(report=report)] == [cast["owner"].pk]
    # neither does who leaves between
    deactivate(cast["owner"])
    make_all(DUE)
    assert not OutgoingMail.objects.exists()
    assert Report.objects.get().state == "ready"


def test_an_address_that_is_none_stops_no_other(schedule: Make, cast: Cast) -> None:
    User.objects.filter(pk=cast["manager"].user_id).update(email="nobody at all")
    schedule()
    open_due_reports(now=DUE)
    make_all(DUE)
    bad, good = ReportDelivery.objects.order_by("member__role")
    assert bad.member_id == cast["manager"].pk
    assert bad.error
    assert bad.mail is None
    assert good.mail.to_address == cast["owner"].user.email


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sections": []}, "no_section"),
        ({"sections": ["kpis", "secrets"]}, "unknown_section"),
        ({"recipients": []}, "no_recipient"),
    ],
)
def test_bad_schedules_are_refused(schedule: Make, change: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as error:
        schedule(**change)
    assert error.value.code == code
    assert not ReportSchedule.objects.exists()


def test_names_are_taken_once(schedule: Make) -> None:
    schedule()
    with pytest.raises(Conflict):
        schedule()


def test_nobody_of_another_workspace_gets_a_report(
    schedule: Make, cast: Cast, rival_workspace: Workspace
) -> None:
    with pytest.raises(DomainError) as error:
        schedule(recipients=[cast["owner"], Cast(rival_workspace)["owner"]])
    assert error.value.code == "not_a_member"
    assert not ReportRecipient.objects.exists()


def test_a_schedule_is_of_its_workspace_alone(
    schedule: Make, actor: Actor, rival_workspace: Workspace
) -> None:
    made = schedule()
    with tenancy.scope(rival_workspace.pk):
        assert open_due_reports(now=DUE) == []
        with pytest.raises(NotFound):
            delete_schedule(actor=actor, now=NOW, schedule_id=made.pk)
    assert ReportSchedule.objects.get() == made


def test_removed_schedules_leave_their_reports(schedule: Make, actor: Actor) -> None:
    made = schedule()
    open_due_reports(now=DUE)
    make_all(DUE)
    delete_schedule(actor=actor, now=DUE, schedule_id=made.pk)
    assert Report.objects.get().schedule is None
    assert ReportDelivery.objects.count() == 2
    actions = AuditEntry.objects.filter(action__startswith="report_schedule")
    assert [entry.action for entry in actions.order_by("id")] == [
        "report_schedule_created", "report_schedule_deleted",
    ]  # fmt: skip


# --- asked for by hand -----------------------------------------------------------------------
def test_a_report_by_hand_goes_to_who_asks(scoped: Workspace, cast: Cast) -> None:
    viewer = cast["viewer"]
    wanted = {"now": NOW, "member": viewer, "language": "ja", "sections": ["health", "kpis"]}
    report = request_report(month=dt.date(2026, 8, 15), send=True, **wanted)
    assert (report.month, report.sections) == (dt.date(2026, 8, 1), ["kpis", "health"])
    again = request_report(month=dt.date(2026, 8, 1), send=True, **wanted)
    assert again.pk == report.pk
    only_made = request_report(month=dt.date(2026, 8, 1), **wanted)
    assert only_made.pk != report.pk
    make_all(NOW)
    (letter,) = OutgoingMail.objects.all()
    assert letter.to_address == viewer.user.email
    # once made, asking again makes it anew: more may be known
    assert request_report(month=dt.date(2026, 8, 1), **wanted).pk not in {report.pk, only_made.pk}


def test_nobody_has_more_than_a_few_reports_made_at_a_time(scoped: Workspace, cast: Cast) -> None:
    def ask(member: str, month: int) -> None:
        request_report(
            now=NOW, member=cast[member], month=dt.date(2026, month, 1), language="en",
            sections=["kpis"],
        )  # fmt: skip

    for month in range(1, 1 + MOST_WAITING):
        ask("viewer", month)
    # one that waits is that request; another member has a few of their own
    ask("viewer", 1)
    ask("csm", 9)
    with pytest.raises(DomainError) as error:
        ask("viewer", 9)
    assert (error.value.code, error.value.status) == ("too_many_reports", 429)
    make_all(NOW)
    ask("viewer", 9)


@pytest.mark.parametrize(
    ("month", "code"),
    [
        (dt.date(2026, 10, 1), "not_over"),
        (dt.date(2027, 1, 1), "not_over"),
        (dt.date(2016, 9, 1), "too_old"),
    ],
)
def test_months_that_cannot_be_reported_on(
    scoped: Workspace, cast: Cast, month: dt.date, code: str
) -> None:
    with pytest.raises(DomainError) as error:
        request_report(
            now=NOW, member=cast["viewer"], month=month, language="en", sections=["kpis"]
        )
    assert error.value.code == code


def test_the_month_that_is_over_is_the_workspaces(cast: Cast, scoped: Workspace) -> None:
    """On 31 October, 16:00 in UTC, October is over in Tokyo."""
    report = request_report(
        now=at("2026-10-31 16:00"), member=cast["viewer"], month=dt.date(2026, 10, 1),
        language="en", sections=["kpis"],
    )  # fmt: skip
    assert report.month == dt.date(2026, 10, 1)


def test_create_needs_a_name_of_its_own_per_workspace(
    schedule: Make, rival_workspace: Workspace
) -> None:
    schedule()
    rivals = Cast(rival_workspace)
    with tenancy.scope(rival_workspace.pk):
        create_schedule(
            actor=Actor.of(rivals["manager"]), now=NOW, recipients=[rivals["owner"]],
            name="Leaders", day_of_month=1, hour=1, language="en", sections=["kpis"],
            is_active=True,
        )  # fmt: skip
        assert ReportSchedule.objects.count() == 1
