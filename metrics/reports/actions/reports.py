"""A report's way from being asked for to being sent."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.mail import Attachment, queue_mail
from accounts.models import Membership
from accounts.queries.workspaces import current_workspace
from cs_platform.core.clock import local_date
from cs_platform.core.errors import DomainError, NotFound
from cs_platform.core.tenancy import current_workspace_id
from metrics.kpis.periods import month_start
from metrics.reports.actions.schedules import ordered
from metrics.reports.models import Report, ReportDelivery, ReviewFile

# Minutes until a report that could not be made is tried again; after the last it has failed.
BACK_OFF = (1, 5, 30, 120)
OLDEST_MONTHS = 120
# So many reports of one member wait at a time: nobody has the workers busy for hours.
MOST_WAITING = 5


@dataclass(frozen=True)
class Rendered:
    """A report made: the file, its number of pages, and the letter that takes it along."""

    pdf: bytes
    pages: int
    subject: str
    text: str
    html: str


def request_report(
    *,
    now: dt.datetime,
    member: Membership,
    month: dt.date,
    language: str,
    sections: Iterable[str],
    send: bool = False,
) -> Report:
    """Ask for a month's report by hand; ``send`` mails it to the member who asks.

    The same request that still waits is that request. Raises ``DomainError`` for a month that is
    not over, or too long ago, for sections that do not exist, and where ``MOST_WAITING`` wait.
    """
    this = month_start(local_date(now, current_workspace().timezone))
    month = month_start(month)
    if month >= this:
        raise DomainError(
            _("A month can be reported on once it is over."), code="not_over", field="month"
        )
    if month < month_start(this, -OLDEST_MONTHS):
        raise DomainError(_("That month is too long ago."), code="too_old", field="month")
    wanted = ordered(sections)
    with transaction.atomic():
        # Two clicks ask once: the second waits here, and finds the first one's request.
        Membership.objects.select_for_update().get(pk=member.pk)
        report = Report.objects.filter(
            schedule=None,
            requested_by=member,
            month=month,
            language=language,
            sections=wanted,
            state=Report.State.QUEUED,
            deliveries__isnull=not send,
        ).first()
        if report is None:
            waiting = Report.objects.filter(requested_by=member, state=Report.State.QUEUED)
            if waiting.count() >= MOST_WAITING:
                raise DomainError(
                    _(
                        "%(count)d of your reports are still being made. Ask again when they are "
                        "done."
                    )
                    % {"count": MOST_WAITING},
                    code="too_many_reports",
                    status=429,
                )
            report = Report.objects.create(
                requested_by=member,
                month=month,
                language=language,
                sections=wanted,
                requested_at=now,
                next_attempt_at=now,
            )
            if send:
                ReportDelivery.objects.create(report=report, member=member, created_at=now)
    return report


def retry_report(*, now: dt.datetime, report_id: int) -> Report:
    """Have a failed report made anew. Raises ``NotFound``; one that did not fail is left alone."""
    with transaction.atomic():
        found = Report.objects.defer("pdf").select_for_update().filter(pk=report_id).first()
        if found is None:
            raise NotFound(_("There is no such report."))
        if found.state == Report.State.FAILED:
            found.state, found.attempts, found.next_attempt_at = Report.State.QUEUED, 0, now
            found.save(update_fields=["state", "attempts", "next_attempt_at"])
    return found


def waiting_report_ids(*, now: dt.datetime) -> list[int]:
    """Reports of the open scope that a worker should make by now."""
    return list(
        Report.objects.filter(state=Report.State.QUEUED, next_attempt_at__lte=now)
        .order_by("next_attempt_at", "id")
        .values_list("id", flat=True)
    )


def make_report(
    *, report_id: int, now: dt.datetime, render: Callable[[Report], Rendered]
) -> Report | None:
    """Make one report and put its letters into the outbox, all or nothing.

    None where another worker has it, or it needs no making: killed anywhere, it is either done or
    still waiting. A letter is one per report and recipient, however often this runs. Where
    ``render`` fails the report is tried again later, and fails for good after the last attempt;
    the reason is kept.
    """
    with transaction.atomic():
        report = (
            Report.objects.select_for_update(skip_locked=True)
            .filter(pk=report_id, state=Report.State.QUEUED)
            .first()
        )
        if report is None:
            return None
        try:
            with transaction.atomic():
                made = render(report)
                report.pdf, report.pages, report.size = made.pdf, made.pages, len(made.pdf)
                report.state, report.made_at, report.error = Report.State.READY, now, ""
                report.save()
                _queue_letters(report, made, now)
        except Exception as error:  # whatever went wrong is said on the page, and tried again
            report.pdf = report.pages = report.size = report.made_at = None
            put_off(report, error, now)
    return report


def put_off(report: Report | ReviewFile, error: Exception, now: dt.datetime) -> None:
    """Have it tried again later; after the last attempt it has failed. The reason is kept."""
    reason = str(error.message) if isinstance(error, DomainError) else repr(error)
    report.error = reason.replace("\x00", "")[:500]
    if report.attempts < len(BACK_OFF):
        report.state = "queued"
        report.next_attempt_at = now + dt.timedelta(minutes=BACK_OFF[report.attempts])
        report.attempts += 1
    else:
        report.state = "failed"
    report.save()


def _queue_letters(report: Report, made: Rendered, now: dt.datetime) -> None:
    """One letter per recipient who is still a member; an address that is none stops no other."""
    deliveries = ReportDelivery.objects.filter(
        report=report,
        mail=None,
        member__workspace_id=current_workspace_id(),
        member__is_active=True,
        member__user__is_active=True,
    ).select_related("member__user")
    file = Attachment(report.file_name, "application/pdf", made.pdf)
    for delivery in deliveries.order_by("id"):
        try:
            delivery.mail = queue_mail(
                now=now,
                kind="report",
                to=delivery.member.user.email,
                membership=delivery.member,
                subject=made.subject,
                text=made.text,
                html=made.html,
                dedupe_key=f"report:{report.pk}:{delivery.member_id}",
                attachments=[file],
            )
        except DomainError as error:
            delivery.error = str(error.message)[:500]
        delivery.save(update_fields=["mail", "error"])
