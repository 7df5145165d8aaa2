"""Who belongs to a workspace, and as what."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.workspace import person
from accounts.actors import Actor
from accounts.models import Membership, Role, Workspace
from accounts.permissions import GRANTABLE
from cs_platform.core.errors import Conflict, DomainError, NotAllowed, NotFound


def grantable(actor: Actor) -> tuple[Role, ...]:
    """The roles this actor may give and take. A command may give every role."""
    if actor.membership is None:
        return tuple(Role)
    return GRANTABLE.get(Role(actor.membership.role), ())


@transaction.atomic
def add_member(
    *,
    actor: Actor,
    workspace: Workspace,
    now: dt.datetime,
    email: str,
    role: str,
    name: str = "",
    password: str | None = None,
) -> tuple[Membership, bool]:
    """Add a person by address; the second value tells whether a log-in was made for it.

    A member who had left comes back with the new role. Errors: ``role_not_grantable``,
    ``already_member``, ``not_an_email``, ``weak_password``.
    """
    _check_grantable(actor, role)
    user, is_new = person(email, name=name, password=password)
    member = Membership.objects.select_for_update().filter(workspace=workspace, user=user).first()
    if member is None:
        member = Membership(workspace=workspace, user=user)
    elif member.is_active:
        raise Conflict(
            _("%(email)s is a member already.") % {"email": user.email},
            code="already_member",
            field="email",
        )
    member.role, member.is_active = role, True
    member.save()
    audit.record(actor=actor, action="member_added", obj=member, detail={"role": role}, now=now)
    return member, is_new


@transaction.atomic
def change_role(
    *, actor: Actor, workspace: Workspace, member_id: int, role: str, now: dt.datetime
) -> Membership:
    """Give a member another role. Errors: ``not_found``, ``role_not_grantable``, ``last_owner``."""
    member = _locked(actor, workspace, member_id)
    _check_grantable(actor, role)
    if member.role == role:
        return member
    if role != Role.OWNER:
        _keep_an_owner(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    audit.record(
        actor=actor,
        action="role_changed",
        obj=member,
        detail={"before": before, "after": role},
        now=now,
    )
    return member


@transaction.atomic
def deactivate_member(
    *, actor: Actor, workspace: Workspace, member_id: int, now: dt.datetime
) -> Membership:
    """Shut a member out at once; what it did and owns stays. Errors as for `change_role`."""
    member = _locked(actor, workspace, member_id)
    if member.is_active:
        _keep_an_owner(member)
        member.is_active = False
        member.save(update_fields=["is_active"])
        audit.record(actor=actor, action="member_deactivated", obj=member, now=now)
    return member


def _locked(actor: Actor, workspace: Workspace, member_id: int) -> Membership:
    # All rows of owners are locked together, so that two cannot leave at the same moment.
    list(Membership.objects.select_for_update().filter(workspace=workspace).order_by("pk"))
    member = (
        Membership.objects.select_related("user").filter(workspace=workspace, pk=member_id).first()
    )
    if member is None:
        raise NotFound(_("There is no such member."))
    _check_grantable(actor, member.role)
    return member


def _check_grantable(actor: Actor, role: str) -> None:
    if role not in Role.values:
        raise DomainError(_("There is no such role."), code="unknown_role", field="role")
    if role not in grantable(actor):
        raise NotAllowed(
            _("Your role does not let you give or change the role %(role)s.")
            % {"role": Role(role).label},
            code="role_not_grantable",
            field="role",
        )


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(
        workspace_id=member.workspace_id, role=Role.OWNER, is_active=True
    ).exclude(pk=member.pk)
    if member.role == Role.OWNER and member.is_active and not others.exists():
        raise Conflict(
            _("A workspace needs an owner: make somebody else one first."), code="last_owner"
        )
