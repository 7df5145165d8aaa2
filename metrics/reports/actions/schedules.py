"""Make, change and take away schedules, and ask for what they say is due."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.models import Membership
from accounts.queries.workspaces import current_workspace
from cs_platform.core.errors import Conflict, DomainError, NotFound
from cs_platform.core.tenancy import current_workspace_id
from metrics.reports.calendar import last_due
from metrics.reports.models import (
    Report,
    ReportDelivery,
    ReportRecipient,
    ReportSchedule,
    Section,
)


def create_schedule(
    *, actor: Actor, now: dt.datetime, recipients: Iterable[Membership], **fields: Any
) -> ReportSchedule:
    """A schedule; its first report is the next one to fall due after ``now``.

    Fields: name, day_of_month, hour, language, sections, is_active. Raises ``DomainError`` for a
    recipient who is no active member, and ``Conflict`` where the name is taken.
    """
    with transaction.atomic():
        _refuse_taken(fields["name"])
        schedule = ReportSchedule(active_from=now, created_at=now, updated_at=now, **fields)
        schedule.sections = ordered(fields["sections"])
        schedule.save()
        _set_recipients(schedule, recipients)
        audit.record(actor=actor, action="report_schedule_created", obj=schedule, now=now)
    return schedule


def update_schedule(
    *,
    actor: Actor,
    now: dt.datetime,
    schedule: ReportSchedule,
    recipients: Iterable[Membership],
    **fields: Any,
) -> ReportSchedule:
    """Change a schedule. Taken up again, or moved to another time, it sends nothing of the past.

    A month that was sent already is not sent again. Errors as for ``create_schedule``.
    """
    with transaction.atomic():
        kept = ReportSchedule.objects.select_for_update().get(pk=schedule.pk)
        _refuse_taken(fields["name"], but=kept)
        before = (kept.is_active, kept.day_of_month, kept.hour)
        for name, value in fields.items():
            setattr(kept, name, value)
        kept.sections = ordered(fields["sections"])
        if kept.is_active and before != (True, kept.day_of_month, kept.hour):
            kept.active_from = now
        kept.updated_at = now
        kept.save()
        _set_recipients(kept, recipients)
        audit.record(actor=actor, action="report_schedule_changed", obj=kept, now=now)
    return kept


def delete_schedule(*, actor: Actor, now: dt.datetime, schedule_id: int) -> None:
    """Take a schedule away; its reports stay in the archive. Raises ``NotFound``."""
    with transaction.atomic():
        schedule = ReportSchedule.objects.select_for_update().filter(pk=schedule_id).first()
        if schedule is None:
            raise NotFound(_("There is no such schedule."))
        audit.record(actor=actor, action="report_schedule_deleted", obj=schedule, now=now)
        schedule.delete()


def open_due_reports(*, now: dt.datetime) -> list[Report]:
    """Ask for every report that has fallen due in the open scope and was not asked for yet.

    Idempotent: there is one report per schedule and month. After an outage only the latest month
    is made up for. Recipients are the members who are active at this moment; without any, the
    report is made for the archive alone.
    """
    zone = current_workspace().timezone
    opened = []
    for schedule in ReportSchedule.objects.filter(is_active=True).order_by("id"):
        month, since = last_due(
            now, day_of_month=schedule.day_of_month, hour=schedule.hour, zone=zone
        )
        if since < schedule.active_from:
            continue
        if Report.objects.filter(schedule=schedule, month=month).exists():
            continue
        with transaction.atomic():
            # Whoever holds the row asks; the other then finds the report.
            locked = ReportSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
            if locked is None or Report.objects.filter(schedule=locked, month=month).exists():
                continue
            report = Report.objects.create(
                schedule=locked,
                month=month,
                language=locked.language,
                sections=locked.sections,
                requested_at=now,
                next_attempt_at=now,
            )
            members = Membership.objects.filter(
                workspace_id=current_workspace_id(),
                is_active=True,
                user__is_active=True,
                pk__in=ReportRecipient.objects.filter(schedule=locked).values("member_id"),
            )
            ReportDelivery.objects.bulk_create(
                ReportDelivery(report=report, member=member, created_at=now)
                for member in members.order_by("id")
            )
        opened.append(report)
    return opened


def ordered(sections: Iterable[str]) -> list[str]:
    """Sections in the order of the report. Raises ``DomainError`` for none, or an unknown one."""
    asked = set(sections)
    if unknown := asked - set(Section.values):
        raise DomainError(
            _("There is no section “%(name)s”.") % {"name": sorted(unknown)[0][:40]},
            code="unknown_section",
            field="sections",
        )
    if not asked:
        raise DomainError(
            _("A report needs at least one section."), code="no_section", field="sections"
        )
    return [value for value in Section.values if value in asked]


def _refuse_taken(name: str, but: ReportSchedule | None = None) -> None:
    taken = ReportSchedule.objects.filter(name=name)
    if but is not None:
        taken = taken.exclude(pk=but.pk)
    if taken.exists():
        raise Conflict(_("There is a schedule of this name."), code="taken", field="name")


def _set_recipients(schedule: ReportSchedule, members: Iterable[Membership]) -> None:
    wanted: Sequence[Membership] = list({member.pk: member for member in members}.values())
    if any(m.workspace_id != current_workspace_id() or not m.is_active for m in wanted):
        raise DomainError(
            _("Only active members can get the report."),
            code="not_a_member",
            field="recipients",
        )
    if not wanted:
        raise DomainError(
            _("Choose at least one recipient."), code="no_recipient", field="recipients"
        )
    kept = {row.member_id: row for row in ReportRecipient.objects.filter(schedule=schedule)}
    ids = {member.pk for member in wanted}
    ReportRecipient.objects.filter(schedule=schedule).exclude(member_id__in=ids).delete()
    ReportRecipient.objects.bulk_create(
        ReportRecipient(schedule=schedule, member=member)
        for member in wanted
        if member.pk not in kept
    )
