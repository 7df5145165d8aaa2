"""The closed loop: whoever answers badly is contacted, and what came of it is kept."""

import datetime as dt

from django.db import transaction
from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.tasks import create_task, finish_task
from accounts.actors import Actor
from accounts.models import Membership, Role
from accounts.queries.workspaces import current_workspace
from accounts.wordings import Worded
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys import scales
from metrics.surveys.models import FollowUp, Response

# Working days until somebody is to have spoken with the customer.
DUE_DAYS = 2
_SATURDAY = 5


def open_follow_up(
    *, now: dt.datetime, response: Response, actor: Actor | None = None
) -> FollowUp | None:
    """Make sure that somebody contacts whoever gave this answer.

    Opens a follow-up with a task of the account's owner, else of whoever made the survey, else of
    the workspace's first manager, due in ``DUE_DAYS`` working days. Nothing for an answer that
    calls for none, that is historical, or that is suspected to be a robot's: None then. Idempotent:
    one follow-up per response.
    """
    if (
        not scales.needs_follow_up(response.kind, response.scale, response.score)
        or response.is_historical
        or response.is_suspected_robot
    ):
        return None
    with transaction.atomic():
        # the answer's row is the lock: two openings at once make one task
        Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
        found: FollowUp | None = FollowUp.objects.filter(response=response).first()
        if found is not None:
            return found
        owner = _owner_of(response)
        due_on = working_day(clock.local_date(now, current_workspace().timezone), DUE_DAYS)
        task = create_task(
            actor=actor or Actor.system("survey"),
            now=now,
            account=response.account,
            title=_title(response),
            owner=owner,
            due_on=due_on,
        )
        return FollowUp.objects.create(
            response=response,
            survey_id=response.survey_id,
            task=task,
            owner=owner,
            due_on=due_on,
            opened_at=now,
        )


def mark_contacted(*, actor: Actor, now: dt.datetime, follow_up: FollowUp) -> FollowUp:
    """Note that the customer has been contacted; the first moment stays.

    Error: ``already_resolved``.
    """
    with transaction.atomic():
        locked = _locked(follow_up)
        if locked.state == FollowUp.State.RESOLVED:
            raise DomainError(_("This has been resolved already."), code="already_resolved")
        if locked.state == FollowUp.State.OPEN:
            locked.state, locked.contacted_at = FollowUp.State.CONTACTED, now
            _keep(locked, actor, now, "follow_up_contacted")
        return locked


def resolve(*, actor: Actor, now: dt.datetime, follow_up: FollowUp, note: str) -> FollowUp:
    """Close the loop with what was done for the customer; finishes its task.

    Errors: ``note_required``, ``already_resolved``.
    """
    note = note.replace("\x00", "").strip()
    if not note:
        raise DomainError(
            _("Say what was done for the customer."), code="note_required", field="note"
        )
    with transaction.atomic():
        locked = _locked(follow_up)
        if locked.state == FollowUp.State.RESOLVED:
            raise DomainError(_("This has been resolved already."), code="already_resolved")
        locked.state, locked.note, locked.resolved_at = FollowUp.State.RESOLVED, note, now
        locked.contacted_at = locked.contacted_at or now
        if locked.task is not None:
            finish_task(actor=actor, now=now, task=locked.task)
        _keep(locked, actor, now, "follow_up_resolved")
        return locked


def reopen(*, actor: Actor, now: dt.datetime, follow_up: FollowUp) -> FollowUp:
    """Open a resolved follow-up again; its note stays. Harmless for one that is open."""
    with transaction.atomic():
        locked = _locked(follow_up)
        if locked.state == FollowUp.State.RESOLVED:
            locked.state, locked.resolved_at = FollowUp.State.CONTACTED, None
            _keep(locked, actor, now, "follow_up_reopened")
        return locked


def working_day(day: dt.date, after: int) -> dt.date:
    """The day ``after`` working days later, Monday to Friday."""
    while after > 0:
        day += dt.timedelta(days=1)
        after -= day.weekday() < _SATURDAY
    return day


def _locked(follow_up: FollowUp) -> FollowUp:
    return (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("task", "response")
        .get(pk=follow_up.pk)
    )


def _keep(follow_up: FollowUp, actor: Actor, now: dt.datetime, action: str) -> None:
    follow_up.save(update_fields=["state", "note", "contacted_at", "resolved_at"])
    audit.record(
        actor=actor, action=action, obj=follow_up, detail={"note": follow_up.note}, now=now
    )


def _owner_of(response: Response) -> Membership | None:
    account_owner = response.account.owner if response.account is not None else None
    for member in (account_owner, response.survey.created_by):
        if member is not None and member.is_active:
            return member
    by_rank = {Role.MANAGER: 0, Role.ADMIN: 1, Role.OWNER: 2}
    return (
        Membership.objects.filter(
            workspace=current_workspace(), is_active=True, role__in=list(by_rank)
        )
        .order_by(
            Case(
                *(When(role=role, then=Value(rank)) for role, rank in by_rank.items()),
                output_field=IntegerField(),
            ),
            "id",
        )
        .first()
    )


def _title(response: Response) -> Worded:
    """What the task says: the grade, and who gave it."""
    who = response.contact or response.account
    grade = {
        "kind": response.get_kind_display(),
        "score": response.score,
        "best": response.scale,
    }
    if who is None:
        return Worded("anonymous_follow_up", grade)
    return Worded("follow_up", {**grade, "name": str(who)})
